"""ctdeck on its embedded daemon, in a terminal: how it comes, and the ways in which it goes."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aiocontainerd.sample import SAMPLE_NAME
from ctdeck.screens.dialog import ARMED_AFTER

from ..live import processes
from ..live.namespaces import new_id
from .conftest import COMMAND, daemon_processes
from .terminal import Terminal

Ctdeck = Callable[..., Terminal]
_ALTERNATE_SCREEN_OFF = b"\x1b[?1049l"
_MOUSE_OFF = b"\x1b[?1000l"


def ctr(state: Path, *words: str) -> str:
    socket = state / "embedded" / "containerd.sock"
    return subprocess.run(
        ["ctr", "-a", socket, *words], capture_output=True, text=True, check=True, timeout=60
    ).stdout


def opened(terminal: Terminal) -> None:
    """The main screen is there, with what the daemon has."""
    terminal.wait_for("Containers")
    terminal.type("1")
    terminal.wait_for("localhost/ctdeck")
    terminal.type("2")


def restored(terminal: Terminal) -> None:
    """The terminal is as it was before."""
    assert _ALTERNATE_SCREEN_OFF in terminal.raw
    assert _MOUSE_OFF in terminal.raw
    assert terminal.modes_now() == terminal.modes


def test_it_opens_and_q_leaves(ctdeck: Ctdeck, state: Path) -> None:
    with ctdeck("--embedded") as terminal:
        opened(terminal)
        terminal.type("q")
        assert terminal.wait_end() == 0
        restored(terminal)
    assert daemon_processes(state) == []


def test_suspended_and_back_all_is_drawn_again(ctdeck: Ctdeck) -> None:
    with ctdeck("--embedded") as terminal:
        opened(terminal)
        terminal.kill(signal.SIGTSTP)
        terminal.wait_stopped()
        assert "Containers" not in terminal.text
        terminal.kill(signal.SIGCONT)  # fg
        terminal.wait_for("Containers")
        terminal.wait_for("embedded containerd")
        terminal.type("q")
        assert terminal.wait_end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_in_order(ctdeck: Ctdeck, state: Path, number: signal.Signals) -> None:
    with ctdeck("--embedded") as terminal:
        opened(terminal)
        terminal.kill(number)
        assert terminal.wait_end() == -number
        restored(terminal)
    assert daemon_processes(state) == []


def test_a_lost_terminal_ends_it_also_below_a_program_that_outlives_that(
    environment: dict[str, str], state: Path
) -> None:
    script = f"trap : HUP; {COMMAND} --embedded; exit 7"  # as make does
    with Terminal(["/bin/sh", "-c", script], environment) as terminal:
        opened(terminal)
        terminal.hang_up()
        processes.wait_for(terminal.has_ended, "the shell and ctdeck have ended", timeout=10)
        assert terminal.exit_code == 7
    assert daemon_processes(state) == []


@pytest.fixture
def web() -> str:
    return new_id("web")


def test_leaving_asks_while_containers_run(ctdeck: Ctdeck, state: Path, web: str) -> None:
    with ctdeck("--embedded") as terminal:
        opened(terminal)
        ctr(state, "run", "-d", SAMPLE_NAME, web)
        terminal.wait_for(web)
        terminal.type("q")
        terminal.wait_for("Leave ctdeck?")
        terminal.wait_for(f"{web} will be stopped")
        terminal.press_until("n", lambda: "Leave ctdeck?" not in terminal.text, "it is gone")
        assert web in ctr(state, "tasks", "ls")
        terminal.type("q")
        terminal.wait_for("Leave ctdeck?")
        terminal.press_until("y", terminal.has_ended, "it leaves")
        assert terminal.wait_end() == 0
    assert daemon_processes(state) == []


def test_killed_it_leaves_its_containers_alone_and_finds_them_again(
    ctdeck: Ctdeck, state: Path, web: str
) -> None:
    with ctdeck("--embedded") as terminal:
        opened(terminal)
        ctr(state, "run", "-d", SAMPLE_NAME, web)
        terminal.kill(signal.SIGKILL)
        assert terminal.wait_end() == -signal.SIGKILL
    assert "RUNNING" in ctr(state, "tasks", "ls")
    with ctdeck("--embedded") as terminal:
        terminal.wait_for(web)
        ctr(state, "tasks", "kill", "--signal", "KILL", web)
        terminal.wait_for("exited 137")
        terminal.type("q")
        assert terminal.wait_end() == 0
    assert daemon_processes(state) == []


def test_if_none_answers_the_embedded_one_is_started(ctdeck: Ctdeck, state: Path) -> None:
    with ctdeck("--embedded-if-none") as terminal:
        opened(terminal)
        assert b"No containerd answers on this host" in terminal.raw
        terminal.type("q")
        assert terminal.wait_end() == 0


def test_a_named_daemon_is_taken_before_the_embedded_one(
    ctdeck: Ctdeck, state: Path, environment: dict[str, str]
) -> None:
    environment["CONTAINERD_ADDRESS"] = str(state / "nobody.sock")
    with ctdeck("--embedded-if-none") as terminal:
        terminal.wait_for("nobody.sock")
        assert daemon_processes(state) == []
        terminal.type("q")
        assert terminal.wait_end() == 0


def test_the_first_screen_offers_the_embedded_daemon(ctdeck: Ctdeck, state: Path) -> None:
    with ctdeck("--address", str(state / "nobody.sock")) as terminal:
        terminal.wait_for("e start ctdeck's own")
        terminal.type("e")
        terminal.wait_for("Start a containerd of ctdeck's own?")
        assert daemon_processes(state) == []
        asked = time.monotonic()
        processes.wait_for(lambda: time.monotonic() > asked + ARMED_AFTER + 0.2, "it can be read")
        terminal.type("y")
        opened(terminal)
        terminal.type("q")
        assert terminal.wait_end() == 0
    assert daemon_processes(state) == []
