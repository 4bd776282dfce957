"""Each way to end at each stage: the terminal as it was, and the right exit status."""

import re
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import COMMAND
from .modes import assert_restored
from .patched import PATCHED, REPORTING, Reporting, patched
from .terminal import Terminal

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)

CRASHES = {
    "before there is an app": """
async def fail(*_): password = 'hunter2'; raise ValueError('gone')
starting.start = fail
""",
    "before the first frame": """
def prepare(app):
    def compose(): password = 'hunter2'; raise ValueError('gone')
    app.main.compose = compose
""",
    "in a worker": """
def prepare(app):
    async def work(): password = 'hunter2'; raise ValueError('gone')
    def begin(): app.run_worker(work())
    on_usr1(app.call_later, begin)
""",
    "in a handler": """
def prepare(app):
    def fail(): password = 'hunter2'; raise ValueError('gone')
    on_usr1(app.call_later, fail)
""",
    "in the input": """
def prepare(app):
    def fail(message): password = 'hunter2'; raise ValueError('gone')
    def begin(): app._driver.process_message = fail
    on_usr1(begin)
""",
}
CRASHES["while a shell has the terminal"] = CRASHES["in a handler"]
# Leaving waits for something that does not come.
HANGS = """
def prepare(app):
    async def for_ever(self): await asyncio.sleep(600)
    type(app).on_unmount = for_ever
"""
FAILS = f"""{HANGS}
    def fail(): raise ValueError('gone')
    on_usr1(app.call_later, fail)
"""
SOON = 12  # s; less than one signal waits


def with_list(terminal: Terminal) -> None:
    terminal.wait_for("web1")


def with_dialog(terminal: Terminal) -> None:
    with_list(terminal)
    terminal.type("?")
    terminal.wait_for("Esc closes")


def while_pulling(terminal: Terminal) -> None:
    with_list(terminal)
    terminal.type(":pull golang:1.23\r")  # for some seconds
    terminal.wait_for("Pulling golang:1.23")


def suspended(terminal: Terminal) -> None:
    with_list(terminal)
    terminal.kill(signal.SIGTSTP)
    terminal.wait_stopped()
    assert_restored(terminal)


def in_log(terminal: Terminal) -> None:
    with_list(terminal)
    terminal.type("l")
    terminal.wait_for("log of")


def on_disk(terminal: Terminal) -> None:
    with_list(terminal)
    terminal.type("6")
    terminal.wait_for("as of")


def in_shell(terminal: Terminal) -> None:
    with_list(terminal)
    terminal.type(":exec web1 sh\r")
    terminal.wait_for("/ #")


def in_json(terminal: Terminal) -> None:
    with_list(terminal)
    terminal.type("y")
    terminal.wait_for('"id":')


def at_doctor(terminal: Terminal) -> None:
    with_list(terminal)
    terminal.type("H")
    terminal.wait_for("each with its container")


def at_first(terminal: Terminal) -> None:
    terminal.wait_until(lambda: b"\x1b[?1049h" in terminal.raw, "the screen is taken")


STAGES = (at_first, with_list, with_dialog, while_pulling, suspended)
TABLE = [
    *((stage, signal.SIGTERM) for stage in STAGES),
    *((with_list, number) for number in SIGNALS[1:]),
    (with_dialog, signal.SIGQUIT),
    (suspended, signal.SIGHUP),
    (in_log, signal.SIGHUP),
    (on_disk, signal.SIGTERM),
    (in_json, signal.SIGHUP),
    (at_doctor, signal.SIGTERM),
]


@pytest.mark.parametrize(("stage", "number"), TABLE)
def test_a_signal(stage: Callable[[Terminal], None], number: int, plain: dict[str, str]) -> None:
    with Terminal([COMMAND, "--demo", "--namespace", "default"], plain) as terminal:
        stage(terminal)
        terminal.kill(number)
        if stage is suspended:
            terminal.kill(signal.SIGCONT)
        assert terminal.wait_end() == -number
        assert_restored(terminal)
        assert b"Traceback" not in terminal.raw


# The daemon does not end what a pull has begun, nor is it left alone after a while.
STUCK = (
    REPORTING
    + """
from ctdeck import connect
from aiocontainerd.pull.jobs import PullJob
connect.PATIENCE = 600

async def cancel(self): await asyncio.sleep(600)

PullJob.cancel = cancel
prepare = report
"""
)


def delivered(terminal: Terminal, number: int) -> bool:
    """The program has this signal: of two that wait the lower number comes first."""
    status = Path(f"/proc/{terminal.pid}/status").read_text()
    waiting = re.findall(r"(?:SigPnd|ShdPnd):\t(\w+)", status)
    return not any(int(mask, 16) >> (number - 1) & 1 for mask in waiting)


def test_two_signals_and_one_more_while_leaving_waits(plain: dict[str, str]) -> None:
    with patched(HANGS, plain) as terminal:
        with_list(terminal)
        terminal.kill(signal.SIGTERM)
        terminal.wait_until(lambda: delivered(terminal, signal.SIGTERM), "it has it")
        terminal.kill(signal.SIGINT)
        # Threads take signals from the kernel: the one that came first may be handled last.
        assert terminal.wait_end(timeout=SOON) in (-signal.SIGTERM, -signal.SIGINT)
        assert_restored(terminal)


def test_two_signals_while_the_end_of_a_pull_is_waited_for(
    plain: dict[str, str], tmp_path: Path
) -> None:
    report = Reporting(plain, tmp_path)
    with patched(STUCK, report.environment, "--namespace", "default") as terminal:
        with_list(terminal)
        terminal.type(":pull golang:1.23\r")
        terminal.wait_until(lambda: (report["downloaded"] or 0) > 0, "the pull has begun")
        terminal.kill(signal.SIGTERM)
        terminal.wait_until(lambda: report["ending"], "it is about to leave")
        terminal.read_for(0.3)
        assert not terminal.has_ended(), "it does not wait for the pull"
        terminal.kill(signal.SIGTERM)
        assert terminal.wait_end(timeout=SOON) == -signal.SIGTERM
        assert_restored(terminal)


def test_a_crash_whose_end_hangs(plain: dict[str, str]) -> None:
    with patched("from ctdeck import ending; ending.ORDERLY = 0.5" + FAILS, plain) as terminal:
        with_list(terminal)
        terminal.kill(signal.SIGUSR1)
        assert terminal.wait_end() == 1
        assert_restored(terminal)
        assert b"a fault in ctdeck itself: ValueError" in terminal.raw


def test_leaving_that_hangs(plain: dict[str, str]) -> None:
    with patched("from ctdeck import ending; ending.LEAVING = 0.5" + HANGS, plain) as terminal:
        with_list(terminal)
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert_restored(terminal)


@pytest.mark.parametrize("where", CRASHES)
def test_a_crash(where: str, plain: dict[str, str], tmp_path: Path) -> None:
    with patched(CRASHES[where], plain) as terminal:
        if "on_usr1" in CRASHES[where]:
            (in_shell if "shell" in where else with_list)(terminal)
            terminal.kill(signal.SIGUSR1)
            if where == "in the input":
                terminal.press_until("j", terminal.has_ended, "it ends")
        assert terminal.wait_end() == 1
        assert_restored(terminal)
        said = terminal.raw.replace(b"\r\n", b"\n").decode()
    assert "hunter2" not in said
    assert "Traceback" not in said
    found = re.search(r"ctdeck: a fault in ctdeck itself: .*; the details are in (.*\.log)\n", said)
    assert found is not None, said
    log = Path(found[1])
    assert log.stat().st_mode & 0o777 == 0o600
    assert "ValueError: gone" in log.read_text()
    assert "locals" not in log.read_text()


@pytest.mark.parametrize("daemon", ["", HANGS], ids=["answers", "hangs"])
def test_a_lost_line_with_sighup_ignored(
    daemon: str, plain: dict[str, str], tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(PATCHED.format(False, daemon or "def prepare(app): pass"))
    argv = ["/bin/sh", "-c", f"trap '' HUP; exec {sys.executable} {script} --demo"]
    with Terminal(argv, plain) as terminal:
        with_list(terminal)
        before = _ticks(terminal.pid)
        terminal.hang_up()
        used = before
        seconds = 0.0
        while not terminal.has_ended() and seconds < 5:
            used = _ticks(terminal.pid) or used
            select.select([], [], [], 0.05)
            seconds += 0.05
        assert terminal.status is not None, "it does not end within 5 s"
        assert terminal.exit_code == -signal.SIGHUP
        assert used - before < 100  # of 400 in 4 s: it does not spin


def _ticks(pid: int) -> int:
    """Processor time in hundredths of a second; 0 when it has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
