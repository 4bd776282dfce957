"""containerd.services.tasks.v1: the processes of containers.

Wrong-state calls come back as UNKNOWN with the runtime's text: ask `get().status`, never the text.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from google.protobuf.message import Message

from aiocontainerd import convert
from aiocontainerd.channel import UNARY_DEADLINE, Channel
from aiocontainerd.metrics import Usage, usage_of
from aiocontainerd.models import Task
from aiocontainerd.pb import process_pb2, tasks_pb2_grpc, typeurl
from aiocontainerd.pb import tasks_pb2 as pb
from aiocontainerd.safe import safe
from aiocontainerd.slices import sliced

if TYPE_CHECKING:
    from aiocontainerd.services.snapshots import MountSpec

# Making or deleting a task waits for a shim and runc; a healthy one needs well under a second,
# a loaded host many (containerd#9309). The daemon rolls back a Create that we gave up.
SHIM_DEADLINE = 120.0


class Stdio(NamedTuple):
    """Where the input and output of a process lead, as it was asked for: paths or URIs."""

    stdin: str
    stdout: str
    terminal: bool


class Tasks:
    """Create, start, signal, watch and delete tasks."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(tasks_pb2_grpc.TasksStub)

    async def list(self, *, namespace: str) -> list[Task]:
        """Every task; one stuck shim delays the whole answer (nerdctl#4720)."""
        answer = await self._channel.unary(
            self._stub.List, pb.ListTasksRequest(), subject=namespace, namespace=namespace
        )
        return [convert.task(message, namespace) async for message in sliced(answer.tasks)]

    async def get(self, id: str, *, namespace: str, timeout: float = 10.0) -> Task:
        """Raises NotFound when the container has no task."""
        return convert.task(
            await self.get_process(id, namespace=namespace, timeout=timeout), namespace
        )

    async def get_process(
        self, id: str, *, namespace: str, timeout: float = 10.0
    ) -> process_pb2.Process:
        """The task as the daemon sends it. Raises NotFound."""
        request = pb.GetRequest(container_id=id)
        answer = await self._channel.unary(
            self._stub.Get, request, subject=id, namespace=namespace, timeout=timeout
        )
        return answer.process

    async def stdio(self, id: str, *, namespace: str) -> Stdio:
        """Where the task's input and output lead. Raises NotFound."""
        process = await self.get_process(id, namespace=namespace)
        return Stdio(str(process.stdin), str(process.stdout), process.terminal)

    async def exec(
        self,
        id: str,
        exec_id: str,
        process: Mapping[str, Any],
        *,
        namespace: str,
        stdin: str,
        stdout: str,
    ) -> None:
        """Make one more process with a terminal in the container; `start` lets it run.

        `process` is an OCI process. Raises AlreadyExists for an `exec_id` that is taken.
        """
        request = pb.ExecProcessRequest(
            container_id=id,
            exec_id=exec_id,
            spec=typeurl.pack_json(typeurl.PROCESS_URL, process),
            stdin=stdin,
            stdout=stdout,
            terminal=True,
        )
        await self._channel.unary(
            self._stub.Exec, request, subject=id, namespace=namespace, timeout=SHIM_DEADLINE
        )

    async def delete_process(
        self, id: str, exec_id: str, *, namespace: str, timeout: float = SHIM_DEADLINE
    ) -> None:
        """Remove what `exec` made: one that has ended, or that never started."""
        request = pb.DeleteProcessRequest(container_id=id, exec_id=exec_id)
        await self._channel.unary(
            self._stub.DeleteProcess,
            request,
            subject=id,
            namespace=namespace,
            timeout=timeout,
        )

    async def resize(
        self, id: str, columns: int, rows: int, *, namespace: str, exec_id: str = ""
    ) -> None:
        """Tell a running process the size of its terminal."""
        request = pb.ResizePtyRequest(container_id=id, exec_id=exec_id, width=columns, height=rows)
        await self._channel.unary(self._stub.ResizePty, request, subject=id, namespace=namespace)

    async def create(
        self,
        id: str,
        rootfs: "Iterable[MountSpec]",
        *,
        namespace: str,
        stdin: str = "",
        stdout: str = "",
        stderr: str = "",
        terminal: bool = False,
        options: Message | None = None,
        lease: str = "",
    ) -> int:
        """Make the task, not yet running; returns its pid.

        Raises DaemonError with runc's text when the runtime refuses: the task is gone then.
        """
        request = pb.CreateTaskRequest(
            container_id=id,
            rootfs=[mount.to_pb() for mount in rootfs],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            terminal=terminal,
        )
        if options is not None:
            request.options.CopyFrom(typeurl.pack(options))
        answer = await self._channel.unary(
            self._stub.Create,
            request,
            subject=id,
            namespace=namespace,
            lease=lease,
            timeout=SHIM_DEADLINE,
        )
        return answer.pid

    async def start(self, id: str, *, namespace: str, exec_id: str = "") -> int:
        """Let a created task, or what `exec` made, run; returns its pid."""
        answer = await self._channel.unary(
            self._stub.Start,
            pb.StartRequest(container_id=id, exec_id=exec_id),
            subject=id,
            namespace=namespace,
            timeout=SHIM_DEADLINE,
        )
        return answer.pid

    async def kill(
        self,
        id: str,
        signal: int,
        *,
        namespace: str,
        all: bool = False,
        exec_id: str = "",
        timeout: float = UNARY_DEADLINE,
    ) -> None:
        """Send a signal to the task's first process, or to all, or to what `exec` made.

        Raises NotFound if it is dead.
        """
        request = pb.KillRequest(container_id=id, signal=signal, all=all, exec_id=exec_id)
        await self._channel.unary(
            self._stub.Kill, request, subject=id, namespace=namespace, timeout=timeout
        )

    async def delete(self, id: str, *, namespace: str) -> int:
        """Remove a stopped or created task; returns its exit status."""
        answer = await self._channel.unary(
            self._stub.Delete,
            pb.DeleteTaskRequest(container_id=id),
            subject=id,
            namespace=namespace,
            timeout=SHIM_DEADLINE,
        )
        return answer.exit_status

    async def pause(self, id: str, *, namespace: str) -> None:
        """Freeze the task."""
        request = pb.PauseTaskRequest(container_id=id)
        await self._channel.unary(self._stub.Pause, request, subject=id, namespace=namespace)

    async def resume(self, id: str, *, namespace: str) -> None:
        """Thaw the task."""
        request = pb.ResumeTaskRequest(container_id=id)
        await self._channel.unary(self._stub.Resume, request, subject=id, namespace=namespace)

    async def wait(
        self, id: str, *, namespace: str, exec_id: str = ""
    ) -> tuple[int, datetime | None]:
        """(exit status, when), as soon as the task, or what `exec` made, has ended; no deadline."""
        answer = await self._channel.unary(
            self._stub.Wait,
            pb.WaitRequest(container_id=id, exec_id=exec_id),
            subject=id,
            namespace=namespace,
            timeout=None,
        )
        return answer.exit_status, convert.time_of(answer.exited_at)

    async def pids(self, id: str, *, namespace: str) -> tuple[int, ...]:
        """The host's process ids of all its processes."""
        answer = await self._channel.unary(
            self._stub.ListPids,
            pb.ListPidsRequest(container_id=id),
            subject=id,
            namespace=namespace,
        )
        return tuple(process.pid for process in answer.processes)

    async def metrics(
        self, ids: Iterable[str], *, namespace: str, timeout: float = 10.0
    ) -> dict[str, Usage]:
        """What these tasks use, by id, in one call; an id without a task is left out.

        The daemon asks one shim after the other: a stuck one holds the whole answer back, until
        DeadlineExceeded is raised.
        """
        answer = await self._channel.unary(
            self._stub.Metrics,
            # Without a filter it would be all tasks of the namespace.
            pb.MetricsRequest(filters=[f'id=="{id}"' for id in ids] or ['id==""']),
            subject=namespace,
            namespace=namespace,
            timeout=timeout,
        )
        found = {safe(metric.id): usage_of(metric) async for metric in sliced(answer.metrics)}
        return {id: usage for id, usage in found.items() if usage is not None}
