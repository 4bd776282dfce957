"""A process with a terminal in a container: what it says, its size, its end, and what is left."""

import asyncio
import os

import pytest

from aiocontainerd.errors import ContainerdError, FailedPrecondition, NoProgram
from aiocontainerd.operations import ExecOptions, Line, Size, executed

from .conftest import Stage


async def said(line: Line, text: str) -> str:
    """What it has shown, once that holds `text`."""
    shown = b""
    async with asyncio.timeout(20):
        while text not in shown.decode(errors="replace"):
            try:
                shown += os.read(line.stdout, 4096)
            except BlockingIOError:
                await asyncio.sleep(0.01)
    return shown.decode(errors="replace")


def type_in(line: Line, text: str) -> None:
    assert line.stdin is not None
    os.write(line.stdin, text.encode())


def left(stage: Stage) -> list[str]:
    """What of ours is noted: nothing after an end that was orderly."""
    return [each.name for each in stage.state.root.glob("execs/*/*")]


async def processes(stage: Stage, id: str) -> int:
    return len(await stage.client.tasks.pids(id, namespace=stage.namespace))


async def test_a_shell(stage: Stage) -> None:
    await stage.run("c")
    container = await stage.container("c")
    options = ExecOptions(("sh",), term="xterm-256color", size=Size(91, 33))
    async with executed(stage.client, container, options, state=stage.state) as line:
        type_in(line, 'stty size; echo "[$TERM]"; echo h\u00e9llo | tr h H\n')
        shown = await said(line, "H\u00e9llo")
        assert "33 91" in shown
        assert "[xterm-256color]" in shown
        await line.resize(Size(70, 20))
        type_in(line, "stty size\n")
        await said(line, "20 70")
        type_in(line, "exit 3\n")
        assert await line.ended() == 3
    assert await processes(stage, "c") == 1
    assert left(stage) == []


async def test_the_first_byte_knows_the_size(stage: Stage) -> None:
    await stage.run("c")
    options = ExecOptions(("sh", "-c", "stty size"), size=Size(123, 45))
    container = await stage.container("c")
    async with executed(stage.client, container, options, state=stage.state) as line:
        await said(line, "45 123")


async def test_left_while_it_runs(stage: Stage) -> None:
    await stage.run("c")
    options = ExecOptions(("sh", "-c", "trap '' HUP; sleep 1000"))
    async with executed(stage.client, await stage.container("c"), options, state=stage.state):
        assert await processes(stage, "c") > 1
    assert await processes(stage, "c") <= 2  # the sleep is nobody's: it hears nothing of it
    assert stage.task("c") == "RUNNING"
    assert left(stage) == []


@pytest.mark.parametrize("program", ["bash", "/no/such"])
async def test_a_program_that_is_not_there(stage: Stage, program: str) -> None:
    await stage.run("c")
    container = await stage.container("c")
    with pytest.raises(NoProgram, match=f"no program '{program}'"):
        async with executed(stage.client, container, ExecOptions((program,)), state=stage.state):
            pass
    assert left(stage) == []


async def test_user_and_directory(stage: Stage) -> None:
    await stage.run("c")
    container = await stage.container("c")
    options = ExecOptions(("sh", "-c", "id -u; id -g; pwd"), user="1234:77", cwd="/bin")
    async with executed(stage.client, container, options, state=stage.state) as line:
        shown = await said(line, "/bin")
        assert shown.split() == ["1234", "77", "/bin"]
        assert await line.ended() == 0


async def test_refused_where_nothing_runs(stage: Stage) -> None:
    await stage.run("c")
    container = await stage.container("c")
    stage.ctr("tasks", "pause", "c")
    with pytest.raises(FailedPrecondition, match="paused"):
        async with executed(stage.client, container, ExecOptions(("sh",)), state=stage.state):
            pass
    stage.ctr("tasks", "resume", "c")
    stage.ctr("tasks", "kill", "-s", "KILL", "c")
    await stage.client.tasks.wait("c", namespace=stage.namespace)
    with pytest.raises(ContainerdError, match="does not run"):
        async with executed(stage.client, container, ExecOptions(("sh",)), state=stage.state):
            pass
