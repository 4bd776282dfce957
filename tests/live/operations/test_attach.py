"""A container's own terminal: attached, left, flooded meanwhile, attached again, by several."""

import asyncio
import os

import pytest

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.operations import Line, Size, attached, restart, start

from ...terminal.terminal import Terminal
from .conftest import Stage, written
from .test_exec import said, type_in

SIZE = Size(91, 33)
# A shell that says what it is told, once for each line.
ECHO = 'while read line; do echo "heard <$line>"; done; exit 5'


async def rest(line: Line) -> bytes:
    """What it has shown and shows within a moment."""
    shown = b""
    for _ in range(20):
        try:
            shown += os.read(line.stdout, 65536)
        except BlockingIOError:
            await asyncio.sleep(0.01)
    return shown


async def test_attached_left_and_attached_again(stage: Stage) -> None:
    await stage.run("c", ECHO, terminal=True)
    container = await stage.container("c")
    async with attached(stage.client, container, SIZE) as line:
        assert line.kept
        type_in(line, "one\r")
        await said(line, "heard <one>")
    await asyncio.sleep(0.1)
    async with attached(stage.client, container, SIZE) as line:
        await said(line, "heard <one>")  # the past is shown
        type_in(line, "two\r")
        await said(line, "heard <two>")
        async with attached(stage.client, container, SIZE) as other:  # both see all
            await said(other, "heard <two>")
            type_in(other, "three\r")
            await said(other, "heard <three>")
            await said(line, "heard <three>")
        type_in(line, "\x04")
        assert await line.ended() == 5


async def test_the_size(stage: Stage) -> None:
    script = "trap 'stty size' WINCH; echo ready; while sleep 0.1; do :; done"
    result = await stage.run("c", script, terminal=True)
    await written(result.log, "ready")
    async with attached(stage.client, await stage.container("c"), SIZE) as line:
        await line.resize(Size(70, 20))
        await said(line, "20 70")


async def test_a_flood_that_nobody_sees(stage: Stage) -> None:
    """1 MB while nobody is attached: the container goes on, and its end is there to be seen."""
    flood = "read x; dd if=/dev/zero bs=1024 count=1024 2>/dev/null | tr '\\0' 'x'; echo; echo done"
    result = await stage.run("c", f"{flood}; read y; exit 6", terminal=True)
    container = await stage.container("c")
    async with attached(stage.client, container, SIZE) as line:
        type_in(line, "\r")
    await written(result.log, "done")
    assert result.log.stat().st_size > 1 << 20
    async with attached(stage.client, container, SIZE) as line:
        await said(line, "done")
        type_in(line, "\r")
        assert await line.ended() == 6


async def test_the_daemon_restarts(stage: Stage) -> None:
    """Shared with other tests: only what they survive, too, is done to it."""
    await stage.run("c", ECHO, terminal=True)
    async with attached(stage.client, await stage.container("c"), SIZE) as line:
        await asyncio.to_thread(stage.daemon.restart)
        type_in(line, "one\r")
        await said(line, "heard <one>")
        type_in(line, "\x04")
        assert await line.ended() == 5


async def test_after_a_start_and_a_restart(stage: Stage) -> None:
    await stage.run("c", ECHO, terminal=True)
    container = await stage.container("c")
    await restart(stage.client, container, state=stage.state, grace=0)
    async with attached(stage.client, container, SIZE) as line:
        type_in(line, "one\r")
        await said(line, "heard <one>")
        type_in(line, "\x04")
        await line.ended()
    await start(stage.client, container, state=stage.state)
    async with attached(stage.client, container, SIZE) as line:
        type_in(line, "two\r")
        await said(line, "heard <two>")


async def test_questions_of_the_past_are_not_put_again(stage: Stage) -> None:
    script = "printf 'a\\033[6nb\\033]0;title\\007c\\033[1;31md\\n'; sleep 1000"
    result = await stage.run("c", script, terminal=True)
    await written(result.log, "d")
    async with attached(stage.client, await stage.container("c"), SIZE) as line:
        await said(line, "a\x1b\\b\x1b\\c\x1b[1;31md")


async def test_of_ctr(stage: Stage) -> None:
    """As ctr leaves it: nobody keeps its output, so that it is read from its FIFO."""
    fifos = ("--fifo-dir", str(stage.daemon.folder / "tmp"))
    words = ("run", *fifos, "-d", "-t", stage.image, "c", "/bin/sh", "-c", ECHO)
    argv = stage.daemon._ctr(*words, namespace=stage.namespace)
    with Terminal(argv, stage.daemon._env) as terminal:  # ctr wants one itself
        assert await asyncio.to_thread(terminal.wait_end) == 0
    async with attached(stage.client, await stage.container("c"), SIZE) as line:
        assert not line.kept
        type_in(line, "one\r")
        await said(line, "heard <one>")
        type_in(line, "\x04")
        assert await line.ended() == 5


@pytest.mark.parametrize("flags", [("--detach",), ("--detach", "--null-io")])
async def test_without_a_terminal(stage: Stage, flags: tuple[str, ...]) -> None:
    stage.daemon.run(stage.image, "c", "sleep", "1000", namespace=stage.namespace, flags=flags)
    with pytest.raises(FailedPrecondition, match="without a terminal"):
        async with attached(stage.client, await stage.container("c"), SIZE):
            pass
