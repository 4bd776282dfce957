"""A terminal on a slow line, and a made-up daemon for it."""

import asyncio
import fcntl
import os
import select
import struct
import termios
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiocontainerd.simulator.server import Simulator
from aiocontainerd.simulator.world import World

from .terminal import PATIENCE, Terminal

MODEM = 2000  # bytes a second, as over a bad one
_TURN = 0.02  # s


class SlowLine(Terminal):
    """Reads as fast as it can until `slow` is set, and then `rate` bytes a second.

    `answers`: as a terminal does, when asked.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        *,
        answers: bool = True,
        rows: int = 50,
        columns: int = 200,
    ) -> None:
        super().__init__(argv, environment, rows, columns)
        self.slow = False
        self.rate = MODEM
        if answers:
            setattr(self._screen, "write_process_input", self.type)  # noqa: B010

    def let_go(self, condition: Callable[[], bool]) -> None:
        """Wait without reading a byte: a terminal that has stalled."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"it does not come about\n{self.text}"
            select.select([], [], [], _TURN)

    def overwrite(self, text: str) -> None:
        """As when another program writes to the same terminal."""
        self._stream.feed(text.encode())

    def resize(self, rows: int, columns: int) -> None:
        """As when one pulls at the window's corner."""
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def memory(self) -> int:
        """Bytes that the program has in memory now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def _read(self, timeout: float = 0.1) -> bool:
        if not self.slow or not timeout:
            return super()._read(timeout)
        select.select([], [], [], _TURN)
        if not select.select([self._master], [], [], 0)[0]:
            return True
        try:
            data = os.read(self._master, int(self.rate * _TURN))
        except OSError:  # EIO: the program has ended
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)


class Daemon:
    """A simulator in a thread of its own."""

    def __init__(self, address: Path, world: World) -> None:
        self.address = address
        self.world = world
        self._loop = asyncio.new_event_loop()

    def begin(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        """Have this go on beside; cancel what it returns to end it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    @contextmanager
    def serving(self) -> Iterator["Daemon"]:
        """From its start to its end."""
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        simulator = Simulator(self.address, self.world)
        self.begin(simulator.start()).result(PATIENCE)
        try:
            yield self
        finally:
            self.begin(simulator.stop()).result(PATIENCE)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()
