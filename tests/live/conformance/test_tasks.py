"""Tasks: states, what is refused in each, and how they end."""

import asyncio

from aiocontainerd.errors import AlreadyExists, DaemonError, NotFound
from aiocontainerd.models import TaskStatus
from aiocontainerd.pb import tasks_pb2, tasks_pb2_grpc

from .there import KILL, TERM, There


async def test_a_task_from_create_to_delete(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    mounts = await there.container("c", "exit 7")
    pid = await tasks.create("c", mounts, namespace=namespace)
    assert pid > 1
    created = await tasks.get("c", namespace=namespace)
    assert (created.status, created.pid, created.exit_status) == (TaskStatus.CREATED, pid, 0)
    assert created.exited_at is None
    assert await tasks.start("c", namespace=namespace) == pid
    assert await there.wait("c") == 7
    ended = await tasks.get("c", namespace=namespace)
    assert (ended.status, ended.exit_status) == (TaskStatus.STOPPED, 7)
    assert ended.exited_at is not None
    assert [task.id for task in await tasks.list(namespace=namespace)] == ["c"]
    assert await tasks.delete("c", namespace=namespace) == 7
    assert await tasks.list(namespace=namespace) == []


async def test_a_task_that_is_not_there(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    text = f'container "c" in namespace "{namespace}": not found'
    calls = (
        lambda: tasks.get("c", namespace=namespace),
        lambda: tasks.start("c", namespace=namespace),
        lambda: tasks.kill("c", KILL, namespace=namespace),
        lambda: tasks.wait("c", namespace=namespace),
        lambda: tasks.delete("c", namespace=namespace),
        lambda: tasks.pause("c", namespace=namespace),
        lambda: tasks.pids("c", namespace=namespace),
        lambda: tasks.create("c", [], namespace=namespace),
    )
    for call in calls:
        await there.refuses(call(), NotFound, text)
    await there.create("c")
    for call in calls[:-1]:
        await there.refuses(call(), NotFound, "task c not found")


async def test_what_a_created_task_refuses(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    await there.task("c", start=False)
    await there.refuses(
        tasks.create("c", [], namespace=namespace), AlreadyExists, "task c: already exists"
    )
    await there.refuses(
        tasks.pause("c", namespace=namespace), DaemonError, "cannot pause task in created state"
    )
    await there.refuses(
        tasks.resume("c", namespace=namespace), DaemonError, "cannot resume task in created state"
    )
    assert await tasks.delete("c", namespace=namespace) == 0


async def test_what_a_running_task_refuses(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    pid = await there.task("c")
    await there.refuses(
        tasks.start("c", namespace=namespace), DaemonError, "cannot start a running process"
    )
    await there.refuses(
        tasks.delete("c", namespace=namespace),
        DaemonError,
        "failed to delete task: cannot delete a running process",
    )
    await there.refuses(
        tasks.resume("c", namespace=namespace), DaemonError, "cannot resume a running process"
    )
    await there.refuses(
        tasks.create("c", [], namespace=namespace), AlreadyExists, "task c: already exists"
    )
    assert await tasks.pids("c", namespace=namespace) == (pid,)
    await there.refuses(tasks.kill("c", 99, namespace=namespace), DaemonError)


async def test_what_a_stopped_task_refuses(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    await there.task("c")
    assert await there.end("c") == 137
    await there.refuses(
        tasks.start("c", namespace=namespace), DaemonError, "cannot start a stopped process"
    )
    await there.refuses(
        tasks.kill("c", KILL, namespace=namespace), NotFound, "process already finished: not found"
    )
    await there.refuses(
        tasks.pause("c", namespace=namespace), DaemonError, "cannot pause a stopped container"
    )
    await there.refuses(
        tasks.resume("c", namespace=namespace), DaemonError, "cannot resume a stopped container"
    )
    await there.refuses(
        tasks.create("c", [], namespace=namespace), AlreadyExists, "task c: already exists"
    )
    assert await tasks.pids("c", namespace=namespace) == ()


async def test_pause_and_resume(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    await there.task("c")
    await tasks.pause("c", namespace=namespace)
    assert await there.status("c") is TaskStatus.PAUSED
    await there.refuses(
        tasks.pause("c", namespace=namespace), DaemonError, "cannot pause a paused container"
    )
    await there.refuses(
        tasks.start("c", namespace=namespace), DaemonError, "cannot start a paused process"
    )
    await there.refuses(
        tasks.delete("c", namespace=namespace),
        DaemonError,
        "failed to delete task: cannot delete a paused process",
    )
    await tasks.resume("c", namespace=namespace)
    assert await there.status("c") is TaskStatus.RUNNING
    await tasks.pause("c", namespace=namespace)
    assert await there.end("c") == 137


async def test_a_signal_that_is_handled_and_one_that_is_not(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    await there.traps(await there.task("c", "trap 'exit 5' TERM; while :; do sleep 0.05; done"))
    await tasks.kill("c", TERM, namespace=namespace)
    assert await there.wait("c") == 5
    await tasks.delete("c", namespace=namespace)


async def test_a_process_that_exec_would_have_made(there: There) -> None:
    await there.task("c")
    stub = there.client.channel.stub(tasks_pb2_grpc.TasksStub)
    text = "process does not exist x: not found"
    calls = (
        (stub.Get, tasks_pb2.GetRequest(container_id="c", exec_id="x")),
        (stub.Start, tasks_pb2.StartRequest(container_id="c", exec_id="x")),
        (stub.Kill, tasks_pb2.KillRequest(container_id="c", exec_id="x", signal=KILL)),
        (stub.Wait, tasks_pb2.WaitRequest(container_id="c", exec_id="x")),
    )
    for method, request in calls:
        call = there.client.channel.unary(method, request, namespace=there.namespace)  # type: ignore[arg-type]
        await there.refuses(call, NotFound, text)


async def test_a_task_whose_record_was_deleted(there: There) -> None:
    """It is listed and nothing else, until there is a record of that id again."""
    tasks, namespace = there.client.tasks, there.namespace
    pid = await there.task("c")
    await there.client.containers.delete("c", namespace=namespace)
    assert [(task.id, task.pid) for task in await tasks.list(namespace=namespace)] == [("c", pid)]
    text = f'container "c" in namespace "{namespace}": not found'
    await there.refuses(tasks.get("c", namespace=namespace), NotFound, text)
    await there.refuses(tasks.kill("c", KILL, namespace=namespace), NotFound, text)
    await there.create("c", snapshotter=there.snapshotter, snapshot_key="c")
    assert (await tasks.get("c", namespace=namespace)).pid == pid
    assert await there.end("c") == 137


async def test_a_signal_of_zero_and_one_that_ends_a_created_task(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    await there.task("c", start=False)
    await tasks.kill("c", 0, namespace=namespace)
    assert await there.status("c") is TaskStatus.CREATED
    assert await there.end("c") == 137
    text = "cannot start a stopped process"
    await there.refuses(tasks.start("c", namespace=namespace), DaemonError, text)


async def test_what_is_kept_of_the_streams(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    mounts = await there.container("c")
    await tasks.create("c", mounts, namespace=namespace, stdout="/dev/null", stderr="/dev/null")
    stub = there.client.channel.stub(tasks_pb2_grpc.TasksStub)
    request = tasks_pb2.GetRequest(container_id="c")
    answer = await there.client.channel.unary(stub.Get, request, namespace=namespace)
    process = answer.process
    assert (process.id, process.container_id) == ("c", "")
    assert (process.stdin, process.stdout, process.stderr) == ("", "/dev/null", "/dev/null")
    assert not process.terminal
    assert process.exited_at.seconds == -62135596800


async def test_two_that_wait(there: There) -> None:
    await there.task("c")
    waiting = [asyncio.create_task(there.wait("c")) for _ in range(2)]
    await there.client.tasks.get("c", namespace=there.namespace)
    await there.end("c")
    assert await asyncio.gather(*waiting) == [137, 137]
    assert await there.wait("c") == 137
