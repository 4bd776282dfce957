"""Stopped and continued, a shell in between, and what others write to file 2."""

import os
import re
import signal
from pathlib import Path

import pytest

from .conftest import COMMAND
from .modes import assert_restored
from .patched import patched
from .terminal import Terminal

TURNS = 20  # one thing leaked at each is far more than a thread of a pool that comes late


@pytest.mark.parametrize("dialog", ["", "?"])
@pytest.mark.parametrize("how", [signal.SIGTSTP, signal.SIGSTOP])
def test_stopped_twice_and_resized_meanwhile(how: int, dialog: str, plain: dict[str, str]) -> None:
    with Terminal([COMMAND, "--demo"], plain) as terminal:
        terminal.wait_for("web1")
        terminal.type(dialog)
        seen = "Esc closes" if dialog else "web1"
        terminal.wait_for(seen)
        for rows, columns in ((24, 80), (40, 120)):
            terminal.kill(how)
            terminal.wait_stopped()
            if how == signal.SIGTSTP:
                assert_restored(terminal)
            terminal.resize(rows, columns)
            terminal.kill(signal.SIGCONT)
            terminal.wait_for(seen)
            terminal.wait_until(lambda: "? help" in terminal.text or bool(dialog), "all of it")
        terminal.type("\x1b" if dialog else "")
        terminal.wait_for("web1")
        terminal.press_until("q", terminal.has_ended, "it leaves")
        assert terminal.wait_end() == 0
        assert_restored(terminal)


def test_continued_without_a_stop(plain: dict[str, str]) -> None:
    with Terminal([COMMAND, "--demo"], plain) as terminal:
        terminal.wait_for("web1")
        before = held(terminal)
        for turn in range(1, TURNS + 1):
            continued(terminal, turn)
        most = {kind: count + TURNS // 2 for kind, count in before.items()}
        terminal.wait_until(
            lambda: all(count <= most[kind] for kind, count in held(terminal).items()),
            f"of {before} at first, now {held(terminal)}, no more than {most}",
        )
        terminal.type("j")
        terminal.wait_for("web1")
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert_restored(terminal)


def continued(terminal: Terminal, turn: int) -> None:
    """Send SIGCONT, and wait until the terminal is taken anew."""
    terminal.kill(signal.SIGCONT)
    taken = turn + 1
    terminal.wait_until(lambda: terminal.raw.count(b"\x1b[?1049h") == taken, "it is taken anew")


def held(terminal: Terminal) -> dict[str, int]:
    """What the program has of the kernel's now: threads and open files."""
    process = Path(f"/proc/{terminal.pid}")
    return {kind: len([*Path(process, kind).iterdir()]) for kind in ("task", "fd")}


def shell(plain: dict[str, str]) -> Terminal:
    """A shell with job control."""
    argv = ["/bin/bash", "--norc", "--noprofile", "-i"]
    return Terminal(argv, {**plain, "PS1": "ready> ", "CTDECK": COMMAND})


COMMANDS = {
    "itself": "$CTDECK --demo",
    "below a shell": "sh -c '$CTDECK --demo; true'",
}


@pytest.mark.parametrize("how", ["itself", "below a shell"])
def test_job_control_of_a_real_shell(how: str, plain: dict[str, str]) -> None:
    with shell(plain) as terminal:
        terminal.wait_for("ready>")
        terminal.type(f"{COMMANDS[how]}\r")
        terminal.wait_for("web1")
        for turn in (1, 2, 3):
            terminal.type("\x1a")
            terminal.wait_until(lambda: terminal.raw.count(b"Stopped") == turn, "it stops")  # noqa: B023
            if turn < 3:
                terminal.type("clear; fg\r")
                terminal.wait_until(
                    lambda: terminal.raw.count(b"\x1b[?1049h") == turn + 1,  # noqa: B023
                    "it is back",
                )
                terminal.wait_for("web1")
        terminal.type("clear; bg; echo in the back\r")  # may not draw there: it is stopped again
        terminal.wait_for("in the back")
        stopped_again(terminal, 4)
        assert "web1" not in terminal.text
        terminal.type("fg\r")
        terminal.wait_for("web1")
        assert terminal.raw.count(b"\x1b[?1049h") == 4, "once for each time"
        leave(terminal, 4)


@pytest.mark.parametrize("how", ["itself", "below a shell"])
def test_started_in_the_background(how: str, plain: dict[str, str]) -> None:
    with shell(plain) as terminal:
        terminal.wait_for("ready>")
        terminal.type(f"{COMMANDS[how]} &\r")
        stopped_again(terminal, 1)
        assert b"\x1b[?1049h" not in terminal.raw
        terminal.type("fg\r")
        terminal.wait_for("web1")
        leave(terminal, 1)


def leave(terminal: Terminal, times: int) -> None:
    """Leave ctdeck, which has given the terminal back so often then, and the shell."""
    terminal.type("q")
    terminal.wait_until(lambda: terminal.raw.count(b"\x1b[?1049l") == times, "it leaves")
    terminal.wait_until(
        lambda: b"ready>" in terminal.raw.rpartition(b"\x1b[?1049l")[2], "the shell is back"
    )
    terminal.type("exit\r")  # with the status of ctdeck
    assert terminal.wait_end() == 0


def stopped_again(terminal: Terminal, turn: int) -> None:
    """Ask the shell until it knows: it tells of what is in the back when it is asked."""
    terminal.press_until(
        "jobs\r", lambda: terminal.raw.count(b"Stopped") >= turn, "it is stopped in the back"
    )


def test_ctrl_z_where_no_shell_could_continue_it(plain: dict[str, str]) -> None:
    with Terminal([COMMAND, "--demo"], plain) as terminal:  # as by `ssh -t host ctdeck`
        terminal.wait_for("web1")
        terminal.type("\x1a")
        terminal.wait_for("ctrl+z: no shell is there")
        terminal.type("q")
        assert terminal.wait_end() == 0


def test_in_the_background_of_nobody(plain: dict[str, str]) -> None:
    with shell(plain) as terminal:
        terminal.wait_for("ready>")
        terminal.type("($CTDECK --demo <&1 & echo it is $!.)\r")  # its parent ends, no shell has it
        number = re.compile(rb"it is (\d+)\.")
        terminal.wait_until(lambda: bool(number.search(terminal.raw)), "it begins")
        found = number.search(terminal.raw)
        assert found is not None
        process = Path("/proc", found[1].decode())
        terminal.wait_until(lambda: not process.exists(), "it ends")
        assert b"\x1b[?1049h" not in terminal.raw


# A shell in the terminal while the app goes on; what others write to file 2 before and after.
SHELL = """
def prepare(app):
    async def shell():
        with app.suspend():
            child = await asyncio.create_subprocess_exec("/bin/sh", "-c", "echo shell >&2; read x")
            await child.wait()
    def begin(): app.run_worker(shell())
    def write(): os.write(2, b"I0000 from gRPC's core"); os.system("echo a child >&2")
    on_usr1(app.call_later, begin)
    on_usr2(app.call_later, write)
"""


@pytest.mark.parametrize("frames", ["", "whole"])
def test_a_shell_and_file_2(frames: str, plain: dict[str, str]) -> None:
    with patched(SHELL, {**plain, "CTDECK_FRAMES": frames}) as terminal:
        terminal.wait_for("web1")
        terminal.kill(signal.SIGUSR2)
        terminal.read_for(0.3)
        assert b"gRPC" not in terminal.raw
        assert b"a child" not in terminal.raw
        terminal.kill(signal.SIGUSR1)
        terminal.wait_until(lambda: b"shell\r\n" in terminal.raw, "the shell has the terminal")
        before = len(terminal.raw)
        terminal.read_for(2.5)  # the demo's events and ages come meanwhile
        assert terminal.raw[before:] == b""
        terminal.type("x\r")
        terminal.wait_until(lambda: b"\x1b[?1049h" in terminal.raw[before:], "it is back")
        terminal.wait_for("web1")
        terminal.kill(signal.SIGUSR2)
        terminal.type("j")
        terminal.read_for(0.3)
        assert b"gRPC" not in terminal.raw
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert_restored(terminal)


def test_a_lost_line_while_it_is_stopped(plain: dict[str, str]) -> None:
    with Terminal([COMMAND, "--demo"], plain) as terminal:
        terminal.wait_for("web1")
        terminal.kill(signal.SIGTSTP)
        terminal.wait_stopped()
        terminal.hang_up()
        terminal.kill(signal.SIGCONT)
        for _ in range(100):
            if terminal.has_ended():
                break
            signal.sigtimedwait([], 0.05)
        assert terminal.exit_code == -signal.SIGHUP


def test_bytes_that_are_no_text(plain: dict[str, str]) -> None:
    with Terminal([COMMAND, "--demo"], plain) as terminal:
        terminal.wait_for("web1")
        os.write(terminal._master, b"\xff\xfe\x80\xc3\x1b[\xff")
        terminal.read_for(0.3)
        terminal.press_until("q", terminal.has_ended, "it leaves")
        assert terminal.wait_end() == 0
