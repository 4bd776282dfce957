"""Keys while the daemon hangs, is away, or sends a storm of events: they do not wait for it.

What is compared is the CPU time that ctdeck has used when the key shows, with that at rest: who
waits for other work of the process has it in the sum. Time on the clock is the machine's as well.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen

from tests.bench.usage import cpu_time

from .terminal import Terminal
from .test_lost import COMMAND

ROUNDS = 3
PANES = {"1": "[1 Images", "2": "[2 Containers"}
# How many times as much as at rest. A storm's own work goes on in the time that a key takes.
HUNG, STORM = 3, 5


@contextmanager
def serving(*more: str) -> Iterator[tuple[str, Popen[bytes]]]:
    """A simulator in a process of its own: its socket, and the process."""
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:  # short: it has little room
        socket = str(Path(folder, "c.sock"))
        world = ("--images", "5", "--containers", "300", "--running", "100", *more)
        command = [sys.executable, "-m", "aiocontainerd.simulator", "--address", socket, *world]
        with Popen(command, stdout=PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"serving")
            try:
                yield socket, process
            finally:
                process.kill()


@contextmanager
def looking_at(socket: str, folder: Path) -> Iterator[Terminal]:
    environment = {**os.environ, "HOME": str(folder), "XDG_STATE_HOME": str(folder)}
    with Terminal([COMMAND, "--address", socket], environment, 24, 80) as terminal:
        terminal.wait_for("2 Containers 300")
        terminal.read_for(0.5)  # the rest of the start
        yield terminal


def cost(terminal: Terminal) -> float:
    """Seconds of CPU from a key to what it shows, in the middle of some."""
    costs = []
    for key in tuple(PANES) * ROUNDS:
        before = cpu_time(terminal.pid)
        terminal.type(key)
        terminal.wait_for(PANES[key])
        costs.append(cpu_time(terminal.pid) - before)
    return median(costs)


def test_keys_do_not_wait_for_the_daemon(tmp_path: Path) -> None:
    with serving() as (socket, daemon), looking_at(socket, tmp_path) as terminal:
        rest = cost(terminal)
        daemon.send_signal(signal.SIGSTOP)
        hung = cost(terminal)
        daemon.kill()
        terminal.wait_for("retrying")
        away = cost(terminal)
    with (
        serving("--events-per-second", "5000") as (socket, _),
        looking_at(socket, tmp_path) as terminal,
    ):
        storm = cost(terminal)
    print(*(f"{each * 1e3:.0f} ms" for each in (rest, hung, away, storm)))
    assert max(hung, away) < HUNG * rest
    assert storm < STORM * rest
