"""From `:run` to the first act of the container's process, beside `ctr run -d`."""

import asyncio
import itertools
import os
import select
import shlex
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiocontainerd.mounts import BindMount
from aiocontainerd.operations import run
from aiocontainerd.run_options import RunOptions

from .figures import Measure
from .ground import IMAGE, KEEP_RUNNING, Ground
from .pace import Pace
from .terminal import Terminal

PATIENCE = 30.0  # seconds


class Sign:
    """A FIFO that containers mount: what they write into it is their first act.

    It wakes us at once, without a look every so often that would cost the other side.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.mount = BindMount(str(folder), "/signs")
        os.mkfifo(folder / "sign")
        self._file = os.open(folder / "sign", os.O_RDWR | os.O_NONBLOCK)

    def command(self, name: str) -> tuple[str, ...]:
        """A command whose first act is to write its container's name."""
        return ("/bin/sh", "-c", f"echo {name} >/signs/sign; {KEEP_RUNNING}")

    def wait(self, name: str) -> float:
        """Block until that container acts; the moment, on the clock of time.perf_counter."""
        seen = b""
        while f"{name}\n".encode() not in seen:
            if not select.select([self._file], [], [], PATIENCE)[0]:
                raise AssertionError(f"{name} has not done anything")
            seen += os.read(self._file, 4096)
        return time.perf_counter()

    async def seconds(self, name: str, start: Callable[[], Awaitable[object]]) -> float:
        """Await `start` and return the time from before it to the container's first act."""
        acting = asyncio.get_running_loop().run_in_executor(None, self.wait, name)
        begun = time.perf_counter()
        await start()
        return await acting - begun


async def measure(ground: Ground, pace: Pace) -> list[Measure]:
    """`operations.run` in a connected process and `ctr run -d`, of equal containers."""
    sign = Sign(ground.folder / "signs")
    numbers = itertools.count()

    async def ours() -> float:
        name = f"ours-{next(numbers)}"
        options = RunOptions(image=IMAGE, id=name, command=sign.command(name), mounts=(sign.mount,))
        seconds = await sign.seconds(
            name,
            lambda: run(ground.client, options, namespace=ground.namespace, state=ground.state),
        )
        await ground.remove(name)
        return seconds

    async def ctr() -> float:
        name = f"ctr-{next(numbers)}"
        args = ("run", "--detach", "--mount", sign.mount.ctr_argument(), IMAGE, name)
        fifos = ("--fifo-dir", str(ground.folder))
        words = (*args[:1], *fifos, *args[1:], *sign.command(name))
        seconds = await sign.seconds(name, lambda: ground.ctr(*words))
        await ground.remove(name)
        return seconds

    with Terminal(ground.ctdeck, env=ground.env) as terminal:
        await asyncio.to_thread(terminal.until, b"ontainers")
        await asyncio.to_thread(terminal.settle)

        async def typed() -> float:
            name = f"typed-{next(numbers)}"
            script = shlex.quote(sign.command(name)[-1])
            volume = sign.mount.format()
            terminal.press(":")
            await asyncio.to_thread(terminal.settle)
            terminal.press(f"run --name {name} -v {volume} {IMAGE} /bin/sh -c {script}")
            await asyncio.to_thread(terminal.settle)

            async def enter() -> None:
                terminal.press("\r")

            seconds = await sign.seconds(name, enter)
            await ground.remove(name)
            await asyncio.to_thread(terminal.settle)
            return seconds

        ours_times, ctr_times, typed_times = await pace.rounds(ours, ctr, typed)
    return [
        Measure(":run to the first act", ours_times, ctr_times, "ctr run -d", goal=1.0),
        Measure("    typed into the running app", typed_times, ctr_times, "ctr run -d"),
    ]
