"""Tasks: states and what is refused in each, as containerd's tasks service and the runc shim.

No process is run: what a task does by itself stands in `lives`, what is executed in `execs`.
"""

import asyncio

from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.pb import process_pb2, tasks_pb2
from aiocontainerd.simulator import containers
from aiocontainerd.simulator.refusals import Refused, already_exists, not_found
from aiocontainerd.simulator.world import StoredTask, World

CREATED = process_pb2.STATUS_CREATED
RUNNING = process_pb2.STATUS_RUNNING
STOPPED = process_pb2.STATUS_STOPPED
PAUSED = process_pb2.STATUS_PAUSED
KILL = 9
_SIGNALS = 64
YEAR_ONE = -62135596800  # seconds: how the daemon says "not yet" of an exit
_BUNDLES = "/run/containerd/io.containerd.runtime.v2.task"
_BAD_SIGNAL = (
    "unknown error after kill: runc did not terminate successfully: exit status 1: "
    "unable to signal init: invalid argument\n"
)
_WORDS = {CREATED: "created", RUNNING: "running", STOPPED: "stopped", PAUSED: "paused"}


def get(world: World, namespace: str, id: str) -> StoredTask:
    """Raises Refused NOT_FOUND: without a container's record its task cannot be asked for."""
    containers.get(world, namespace, id)
    task = world.look(namespace).tasks.get(id)
    if task is None:
        raise Refused("NOT_FOUND", f"task {id} not found")
    return task


def create(world: World, namespace: str, wanted: tasks_pb2.CreateTaskRequest) -> StoredTask:
    """Publishes /tasks/create. Raises Refused."""
    id = wanted.container_id
    containers.get(world, namespace, id)
    tasks = world.space(namespace).tasks
    if id in tasks:
        raise already_exists(f"task {id}")
    process = process_pb2.Process(
        id=id,
        pid=next(world.pids),
        status=CREATED,
        stdin=wanted.stdin,
        stdout=wanted.stdout,
        stderr=wanted.stderr,
        terminal=wanted.terminal,
    )
    process.exited_at.seconds = YEAR_ONE
    tasks[id] = task = StoredTask(process)
    event = payloads.TaskCreate(
        container_id=id,
        bundle=f"{_BUNDLES}/{namespace}/{id}",
        rootfs=wanted.rootfs,
        io=payloads.TaskIO(
            stdin=wanted.stdin,
            stdout=wanted.stdout,
            stderr=wanted.stderr,
            terminal=wanted.terminal,
        ),
        pid=process.pid,
    )
    world.publish(namespace, "/tasks/create", event)
    return task


def start(world: World, namespace: str, id: str) -> StoredTask:
    """Publishes /tasks/start. Raises Refused."""
    task = get(world, namespace, id)
    if task.process.status != CREATED:
        raise unknown(f"cannot start a {state_of(task)} process")
    task.process.status, task.since = RUNNING, world.now()
    event = payloads.TaskStart(container_id=id, pid=task.process.pid)
    world.publish(namespace, "/tasks/start", event)
    return task


def check_signal(world: World, namespace: str, id: str, signal: int) -> None:
    """Raises Refused when a signal cannot be sent."""
    task = get(world, namespace, id)
    if task.process.status == STOPPED:
        raise not_found("process already finished")
    if signal > _SIGNALS:
        raise unknown(_BAD_SIGNAL)


def exit(world: World, namespace: str, id: str, status: int) -> None:
    """The process ends, if it has not. Publishes /tasks/exit. Needs no container's record."""
    task = world.look(namespace).tasks.get(id)
    if task is None or task.process.status == STOPPED:
        return
    process = task.process
    process.status, process.exit_status = STOPPED, status
    task.rests(world.now())
    process.exited_at.CopyFrom(world.stamp())
    tell_exit(world, namespace, process, status)
    for one in list(task.execs.values()):
        one.end(128 + KILL)
    if task.ended is not None:
        task.ended.set()


def oom(world: World, namespace: str, id: str) -> None:
    """The kernel kills it for want of memory. Publishes /tasks/oom, then /tasks/exit."""
    task = world.look(namespace).tasks.get(id)
    if task is not None and task.process.status != STOPPED:
        world.publish(namespace, "/tasks/oom", payloads.TaskOOM(container_id=id))
        exit(world, namespace, id, 128 + KILL)


def pause(world: World, namespace: str, id: str) -> None:
    """Publishes /tasks/paused. Raises Refused."""
    _turn(world, namespace, id, "pause", RUNNING, PAUSED).rests(world.now())
    world.publish(namespace, "/tasks/paused", payloads.TaskPaused(container_id=id))


def resume(world: World, namespace: str, id: str) -> None:
    """Publishes /tasks/resumed. Raises Refused."""
    _turn(world, namespace, id, "resume", PAUSED, RUNNING).since = world.now()
    world.publish(namespace, "/tasks/resumed", payloads.TaskResumed(container_id=id))


def delete(world: World, namespace: str, id: str) -> process_pb2.Process:
    """Publishes /tasks/delete; returns its last words. Raises Refused while it runs."""
    task = get(world, namespace, id)
    if task.process.status not in {CREATED, STOPPED}:
        raise unknown(f"failed to delete task: cannot delete a {state_of(task)} process")
    del world.space(namespace).tasks[id]
    process = task.process
    event = payloads.TaskDelete(
        container_id=id,
        pid=process.pid,
        exit_status=process.exit_status,
        exited_at=process.exited_at,
    )
    world.publish(namespace, "/tasks/delete", event)
    if process.status == CREATED:  # runc kills it; nobody saw when
        tell_exit(world, namespace, process, 128 + KILL)
    if task.ended is not None:
        task.ended.set()
    return process


async def wait(world: World, namespace: str, id: str) -> process_pb2.Process:
    """Its process, as soon as it has ended. Raises Refused NOT_FOUND."""
    task = get(world, namespace, id)
    if task.process.status != STOPPED:
        task.ended = task.ended or asyncio.Event()
        await task.ended.wait()
    return task.process


def tell_exit(
    world: World, namespace: str, process: process_pb2.Process, status: int, container: str = ""
) -> None:
    """Publishes /tasks/exit, of what is executed in a `container` as well."""
    event = payloads.TaskExit(
        container_id=container or process.id,
        id=process.id,
        pid=process.pid,
        exit_status=status,
        exited_at=process.exited_at,
    )
    world.publish(namespace, "/tasks/exit", event)


def _turn(world: World, namespace: str, id: str, verb: str, old: int, new: int) -> StoredTask:
    task = get(world, namespace, id)
    if task.process.status == CREATED:
        raise unknown(f"cannot {verb} task in created state")
    if task.process.status != old:
        thing = "process" if task.process.status == RUNNING else "container"
        raise unknown(f"cannot {verb} a {state_of(task)} {thing}")
    task.process.status = process_pb2.Status.ValueType(new)
    return task


def state_of(task: StoredTask) -> str:
    """``running``."""
    return _WORDS[task.process.status]


def unknown(text: str) -> Refused:
    """How the daemon hands on what a shim says: it does not classify it."""
    return Refused("UNKNOWN", text)
