"""What is executed in a task: ids, states, what is refused, the exit; on FIFOs of the client."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiocontainerd.errors import AlreadyExists, DaemonError, FailedPrecondition, NotFound

from .there import KILL, There

PROCESS = {
    "terminal": True,
    "user": {"uid": 0, "gid": 0},
    "args": ["sh"],
    "env": ["PATH=/bin", "TERM=xterm"],
    "cwd": "/",
}


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Two FIFOs, as they are given to `exec`; the output's end is open, the input's as well."""
    paths = {"stdin": str(tmp_path / "in"), "stdout": str(tmp_path / "out")}
    for path in paths.values():
        os.mkfifo(path)
    opened = [
        os.open(paths["stdout"], os.O_RDONLY | os.O_NONBLOCK),
        os.open(paths["stdin"], os.O_RDWR | os.O_NONBLOCK),
    ]
    yield paths
    for fd in opened:
        os.close(fd)


async def test_from_exec_to_delete(there: There, ends: dict[str, str]) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    await there.task("c")
    async with there.listening() as heard:
        await tasks.exec("c", "e1", PROCESS, namespace=namespace, **ends)
        await there.refuses(
            tasks.exec("c", "e1", PROCESS, namespace=namespace, **ends),
            AlreadyExists,
            "id e1: already exists",
        )
        assert await tasks.start("c", namespace=namespace, exec_id="e1") > 1
        await there.refuses(
            tasks.delete_process("c", "e1", namespace=namespace),
            DaemonError,
            "cannot delete a running process",
        )
        await tasks.resize("c", 70, 20, namespace=namespace, exec_id="e1")
        await tasks.kill("c", KILL, namespace=namespace, exec_id="e1")
        status, at = await tasks.wait("c", namespace=namespace, exec_id="e1")
        assert (status, at is not None) == (137, True)
        await there.refuses(
            tasks.kill("c", KILL, namespace=namespace, exec_id="e1"),
            NotFound,
            "process already finished: not found",
        )
        await there.refuses(
            tasks.resize("c", 70, 20, namespace=namespace, exec_id="e1"),
            DaemonError,
            "cannot resize a stopped container",
        )
        await tasks.delete_process("c", "e1", namespace=namespace)
        topics = await heard.until("/tasks/exec-added", "/tasks/exec-started", "/tasks/exit")
        assert [each for each in topics if "/tasks/ex" in each] == [
            "/tasks/exec-added",
            "/tasks/exec-started",
            "/tasks/exit",
        ]


async def test_an_exec_that_is_not_there(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    await there.task("c")
    for call in (
        tasks.start("c", namespace=namespace, exec_id="no"),
        tasks.kill("c", KILL, namespace=namespace, exec_id="no"),
        tasks.wait("c", namespace=namespace, exec_id="no"),
        tasks.delete_process("c", "no", namespace=namespace),
        tasks.resize("c", 70, 20, namespace=namespace, exec_id="no"),
    ):
        await there.refuses(call, NotFound, "process does not exist no: not found")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("/no/such", "stat /no/such: no such file or directory"),
        ("no-such", "executable file not found in $PATH"),
    ],
)
async def test_a_program_that_is_not_there(
    there: There, ends: dict[str, str], name: str, why: str
) -> None:
    """It stays, not started, until it is deleted."""
    tasks, namespace = there.client.tasks, there.namespace
    await there.task("c")
    await tasks.exec("c", "e1", {**PROCESS, "args": [name]}, namespace=namespace, **ends)
    text = "OCI runtime exec failed: exec failed: unable to start container process: exec: "
    start = tasks.start("c", namespace=namespace, exec_id="e1")
    await there.refuses(start, DaemonError, f'{text}"{name}": {why}')
    await tasks.delete_process("c", "e1", namespace=namespace)


async def test_where_nothing_runs(there: There, ends: dict[str, str]) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    await there.task("c")
    await tasks.pause("c", namespace=namespace)
    call = tasks.exec("c", "e1", PROCESS, namespace=namespace, **ends)
    await there.refuses(call, DaemonError, "cannot exec in a paused state")
    await tasks.resume("c", namespace=namespace)
    await there.end("c")
    call = tasks.exec("c", "e1", PROCESS, namespace=namespace, **ends)
    await there.refuses(call, DaemonError, "cannot exec in a stopped state")


async def test_one_that_was_not_started_takes_no_signal(there: There, ends: dict[str, str]) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    await there.task("c")
    await tasks.exec("c", "e1", PROCESS, namespace=namespace, **ends)
    call = tasks.kill("c", KILL, namespace=namespace, exec_id="e1")
    await there.refuses(call, FailedPrecondition, "process not created: failed precondition")
