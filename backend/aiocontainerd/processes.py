"""What /proc of this host tells of the processes of tasks: Linux only, nothing is changed.

Their pids are the daemon's: they are looked up only where its pid namespace is ours
(`HostView.shares_pids`). A process is hostile: its words are made safe here, and bounded; and one
whose memory never answers can hold a reader of its command line for ever, so the reading is done
in a thread of its own, which is left behind after a while.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from aiocontainerd.metrics import Usage
from aiocontainerd.procfs import boot_time
from aiocontainerd.safe import safe

MOST = 500  # processes of one task that are read
LONGEST = 4096  # bytes of a command line that are read
PATIENCE = 2.0  # s for one reading
_LEFT_BEHIND = 4  # threads; with as many nothing is read any more

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Process:
    """One process. `state` is the kernel's letter (R runs, S sleeps, D waits for a disk, Z ended).

    `cpu` is seconds that it has had of one core, `memory` its resident set in bytes, `user` its
    number on this host. `args` are safe to show but hold whatever was on its command line; empty
    for one that has none, of which `name` is all that is known.
    """

    pid: int
    name: str
    state: str = "?"
    parent: int = 0
    cpu: float = 0.0
    memory: int = 0
    user: int | None = None
    began: datetime | None = None
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes through a network namespace since it was made, without its loopback.

    `of_host`: it is that of the host, which is not counted.
    """

    received: int = 0
    sent: int = 0
    of_host: bool = False


class Proc(Protocol):
    """What tells of processes: /proc of this host, or what stands for it (the demo's)."""

    @property
    def host_memory(self) -> int | None:
        """Bytes of memory of the host."""

    async def traffic(self, pids: Sequence[int]) -> dict[int, Traffic]:
        """Of these processes' network namespaces; those that are not known are left out."""

    async def processes(self, pids: Sequence[int]) -> list[Process]:
        """Those of these that are still there, at most MOST. Raises TimeoutError."""


class LocalProc:
    """/proc of this host."""

    def __init__(self, root: Path = Path("/proc")) -> None:
        self._root = root
        self._left_behind = 0
        self._shy: set[int] = set()  # pids that held who read their command line

    @property
    def host_memory(self) -> int | None:
        """MemTotal."""
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")

    async def traffic(self, pids: Sequence[int]) -> dict[int, Traffic]:
        """Of these processes' network namespaces."""
        return await self._aside(lambda: self._traffic(pids))

    async def processes(self, pids: Sequence[int]) -> list[Process]:
        """Those of these that are still there."""
        found: list[Process] = []
        at = 0

        def read() -> list[Process]:
            nonlocal at
            for at in pids[:MOST]:
                process = self._process(at)
                found.extend([process] if process else [])
            return found

        try:
            return await self._aside(read)
        except TimeoutError:
            self._shy.add(at)
            raise

    def _traffic(self, pids: Sequence[int]) -> dict[int, Traffic]:
        found: dict[int, Traffic] = {}
        host = _namespace(self._root / "self" / "ns" / "net")
        for pid in pids:
            folder = self._root / str(pid)
            with suppress(OSError, ValueError, IndexError):
                if _namespace(folder / "ns" / "net") == host:
                    found[pid] = Traffic(of_host=True)
                else:
                    found[pid] = traffic_in((folder / "net" / "dev").read_bytes())
        return found

    def _process(self, pid: int) -> Process | None:
        folder = self._root / str(pid)
        try:
            process = process_in(pid, (folder / "stat").read_bytes())
            user = folder.stat().st_uid
            args = () if pid in self._shy else args_in(_beginning(folder / "cmdline"))
        except (OSError, ValueError, IndexError):
            return None  # it has ended
        return replace(process, user=user, args=args)

    async def _aside(self, read: Callable[[], T]) -> T:
        """In a thread that nobody waits for: not at the end of ctdeck, either."""
        if self._left_behind >= _LEFT_BEHIND:
            raise TimeoutError("processes of this host hold those who read of them")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def settle(found: T | None, error: Exception | None) -> None:
            if answer.done():  # nobody waits any more
                self._left_behind -= 1
            elif error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(found)  # type: ignore[arg-type]

        def work() -> None:
            found, failure = None, None
            try:
                found = read()
            except Exception as error:
                failure = error
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle, found, failure)

        threading.Thread(target=work, name="proc", daemon=True).start()
        try:
            async with asyncio.timeout(PATIENCE):
                return await answer
        except TimeoutError:
            raise TimeoutError("a process does not let itself be looked at") from None
        finally:
            self._left_behind += answer.cancelled()


def process_in(pid: int, stat: bytes) -> Process:
    """What /proc/PID/stat says. Raises ValueError, IndexError for what is none."""
    # The name may hold blanks and brackets: count the fields after the last one.
    head, _, rest = stat.rpartition(b")")
    fields = rest.split()
    tick = os.sysconf("SC_CLK_TCK")
    began = boot_time() + int(fields[19]) / tick
    return Process(
        pid,
        name=safe(head.partition(b"(")[2]),
        state=safe(fields[0])[:1],
        parent=int(fields[1]),
        cpu=(int(fields[11]) + int(fields[12])) / tick,
        memory=max(0, int(fields[21])) * os.sysconf("SC_PAGE_SIZE"),
        began=datetime.fromtimestamp(began, UTC),
    )


def args_in(cmdline: bytes) -> tuple[str, ...]:
    """The words of /proc/PID/cmdline, which a process can write anything into."""
    words = cmdline.rstrip(b"\0").split(b"\0")
    if len(cmdline) >= LONGEST:
        words[-1] += "…".encode()
    return tuple(map(safe, words)) if any(words) else ()


def traffic_in(net_dev: bytes) -> Traffic:
    """The sums of /proc/PID/net/dev. Raises ValueError, IndexError for what is none."""
    received = sent = 0
    for line in net_dev.splitlines()[2:]:
        name, _, numbers = line.rpartition(b":")
        fields = numbers.split()
        if name.strip() != b"lo":
            received += int(fields[0])
            sent += int(fields[8])
    return Traffic(received, sent)


def with_traffic(usage: Usage, traffic: Traffic | None) -> Usage:
    """The counters of a task with those of its network."""
    if traffic is None or traffic.of_host:
        return replace(usage, of_host=traffic is not None)
    return replace(usage, received=traffic.received, sent=traffic.sent)


def _beginning(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        return file.read(LONGEST) or b""


def _namespace(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
