"""containerd.services.tasks.v1, without changes of resources."""

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.pb import process_pb2
from aiocontainerd.pb import tasks_pb2 as pb
from aiocontainerd.simulator import execs, measuring, tasks
from aiocontainerd.simulator.lives import Lives
from aiocontainerd.simulator.wire import Call
from aiocontainerd.simulator.world import World


class TasksServicer:
    """Tasks; `lives` says what they do by themselves."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Tasks"]

    def __init__(self, world: World, lives: Lives) -> None:
        self._world = world
        self._lives = lives

    async def Create(self, request: pb.CreateTaskRequest, call: Call) -> pb.CreateTaskResponse:
        """Make one, not yet running."""
        task = tasks.create(self._world, call.namespace, request)
        return pb.CreateTaskResponse(container_id=request.container_id, pid=task.process.pid)

    async def Start(self, request: pb.StartRequest, call: Call) -> pb.StartResponse:
        """Let it run."""
        namespace, id = call.namespace, request.container_id
        if request.exec_id:
            return pb.StartResponse(pid=execs.start(self._world, namespace, id, request.exec_id))
        task = tasks.start(self._world, namespace, id)
        self._lives.begin(namespace, id)
        execs.attach(self._world, namespace, id)
        return pb.StartResponse(pid=task.process.pid)

    async def Get(self, request: pb.GetRequest, call: Call) -> pb.GetResponse:
        """One."""
        namespace, id = call.namespace, request.container_id
        if request.exec_id:
            one = execs.get(self._world, namespace, id, request.exec_id)
            return pb.GetResponse(process=one.process)
        task = tasks.get(self._world, namespace, id)
        return pb.GetResponse(process=task.process)

    async def List(self, request: pb.ListTasksRequest, call: Call) -> pb.ListTasksResponse:
        """All, those without a container's record as well; its filter is ignored."""
        found = self._world.look(call.namespace).tasks.values()
        return pb.ListTasksResponse(tasks=(task.process for task in found))

    async def Kill(self, request: pb.KillRequest, call: Call) -> Empty:
        """Send a signal."""
        namespace, id = call.namespace, request.container_id
        if request.exec_id:
            execs.kill(self._world, namespace, id, request.exec_id, request.signal)
            return Empty()
        tasks.check_signal(self._world, namespace, id, request.signal)
        self._lives.signal(namespace, id, request.signal)
        return Empty()

    async def Pause(self, request: pb.PauseTaskRequest, call: Call) -> Empty:
        """Freeze it."""
        tasks.pause(self._world, call.namespace, request.container_id)
        return Empty()

    async def Resume(self, request: pb.ResumeTaskRequest, call: Call) -> Empty:
        """Thaw it."""
        tasks.resume(self._world, call.namespace, request.container_id)
        self._lives.resume(call.namespace, request.container_id)
        return Empty()

    async def Wait(self, request: pb.WaitRequest, call: Call) -> pb.WaitResponse:
        """Answer when it has ended."""
        namespace, id = call.namespace, request.container_id
        if request.exec_id:
            process = await execs.wait(self._world, namespace, id, request.exec_id)
        else:
            process = await tasks.wait(self._world, namespace, id)
        return pb.WaitResponse(exit_status=process.exit_status, exited_at=process.exited_at)

    async def Delete(self, request: pb.DeleteTaskRequest, call: Call) -> pb.DeleteResponse:
        """Remove one that has ended, or has not begun."""
        process = tasks.delete(self._world, call.namespace, request.container_id)
        return pb.DeleteResponse(
            pid=process.pid, exit_status=process.exit_status, exited_at=process.exited_at
        )

    async def Exec(self, request: pb.ExecProcessRequest, call: Call) -> Empty:
        """Make one more process in it."""
        execs.add(self._world, call.namespace, request)
        return Empty()

    async def DeleteProcess(
        self, request: pb.DeleteProcessRequest, call: Call
    ) -> pb.DeleteResponse:
        """Remove what was executed."""
        process = execs.delete(self._world, call.namespace, request.container_id, request.exec_id)
        return pb.DeleteResponse(
            id=process.id,
            pid=process.pid,
            exit_status=process.exit_status,
            exited_at=process.exited_at,
        )

    async def ResizePty(self, request: pb.ResizePtyRequest, call: Call) -> Empty:
        """Tell it the size of its terminal."""
        namespace, id, size = call.namespace, request.container_id, (request.width, request.height)
        execs.resize(self._world, namespace, id, request.exec_id, size)
        return Empty()

    async def ListPids(self, request: pb.ListPidsRequest, call: Call) -> pb.ListPidsResponse:
        """Its processes, while there are any."""
        found = measuring.pids(self._world, call.namespace, request.container_id)
        return pb.ListPidsResponse(processes=(process_pb2.ProcessInfo(pid=pid) for pid in found))

    async def Metrics(self, request: pb.MetricsRequest, call: Call) -> pb.MetricsResponse:
        """What they use."""
        found = measuring.metrics(self._world, call.namespace, request.filters)
        return pb.MetricsResponse(metrics=found)
