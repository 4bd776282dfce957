"""Starting, waiting for and ending processes, each held by its own pid."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

T = TypeVar("T")
POLL = 0.01  # seconds between two looks at a condition

# The kernel's parent-death signal follows the *thread* that forked, and threads of a test's event
# loop end with the test. This one lives as long as the interpreter.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


def spawn(
    command: Sequence[str], log: Path, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` with its output appended to `log`; the kernel kills it when we die."""
    guarded = ["setpriv", "--pdeathsig", "KILL", "--", *command]

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                guarded, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env
            )

    return _SPAWNER.submit(start).result()


class Startable:
    """A server of the tests: it runs for the time of its block."""

    def start(self) -> None:
        """Return when it answers."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it, be it half started, and remove what is its own."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def wait_for(condition: Callable[[], T], what: str, timeout: float = 20.0) -> T:
    """Poll until `condition()` is true and return its value; AssertionError after `timeout` s."""
    deadline = time.monotonic() + timeout
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not so after {timeout:g} s: {what}")
        time.sleep(POLL)


def end(process: subprocess.Popen[bytes], grace: float = 5.0) -> None:
    """Ask a child of ours to end, kill it after `grace` seconds, and reap it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def kill(pids: Sequence[int], timeout: float = 10.0) -> None:
    """SIGKILL these processes and wait until they are gone; they need not be our children."""
    handles = []
    try:
        for pid in pids:
            try:
                handles.append(os.pidfd_open(pid))
            except ProcessLookupError:
                continue
            try:
                signal.pidfd_send_signal(handles[-1], signal.SIGKILL)
            except ProcessLookupError:
                continue
        for handle in handles:  # readable once the process has ended
            if not select.select([handle], [], [], timeout)[0]:
                raise AssertionError(f"some of {pids} outlive SIGKILL by {timeout:g} s")
    finally:
        for handle in handles:
            os.close(handle)


def running() -> Iterator[tuple[int, list[str]]]:
    """Yield pid and arguments of each process of this machine."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                raw = (entry / "cmdline").read_bytes()
            except OSError:
                continue  # it ended meanwhile
            yield int(entry.name), os.fsdecode(raw).split("\0")[:-1]


def descendants(pid: int) -> list[int]:
    """Return the pids of all children of `pid`, and of theirs."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except OSError:
        return []
    return [p for child in children for p in (child, *descendants(child))]


def stopped(pid: int) -> bool:
    """Tell whether SIGSTOP has reached all threads; those on another core run on for a while."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    stats = [Path(task, "stat").read_text() for task in tasks]
    return all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)


def birth(pid: int) -> str:
    """Return a token that names this life of `pid`, or "" if it has ended (zombies have)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else f"{pid}:{fields[19]}"  # the start time, in clock ticks
