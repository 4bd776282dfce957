"""Shells in containers on the whole terminal: the installed command in a real pseudo-terminal."""

import os
import signal
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from ..terminal.conftest import COMMAND
from ..terminal.modes import assert_restored, left_on
from ..terminal.terminal import Terminal
from .conftest import BUSYBOX
from .daemons import Daemon
from .processes import wait_for

Open = Callable[..., Terminal]


def environment_of(home: Path) -> dict[str, str]:
    """A user's, with ctdeck's own files there."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "XDG_STATE_HOME": str(home),
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where this ctdeck keeps its own files."""
    return tmp_path


@pytest.fixture
def ctdeck(containerd: Daemon, namespace: str, busybox: str, home: Path) -> Open:
    """Make a terminal with ctdeck on the test's namespace; enter it to run it."""

    def open_terminal(*arguments: str, rows: int = 30, columns: int = 110) -> Terminal:
        argv = [COMMAND, "-a", str(containerd.socket), "-n", namespace, *arguments]
        return Terminal(argv, environment_of(home), rows, columns)

    return open_terminal


@pytest.fixture
def web(containerd: Daemon, namespace: str, busybox: str) -> str:
    """A container that runs, made by ctr."""
    flags = ("--detach", "--null-io")
    containerd.run(busybox, "web", "sleep", "1000", namespace=namespace, flags=flags)
    return "web"


def processes(containerd: Daemon, namespace: str, id: str) -> int:
    return len(containerd.ctr("tasks", "ps", id, namespace=namespace).splitlines()) - 1


def until(terminal: Terminal, condition: Callable[[], bool], what: str) -> None:
    terminal.wait_until(condition, what)


def go_in(terminal: Terminal, id: str = "web") -> None:
    """e and Enter: a shell is there."""
    terminal.wait_for(id)
    terminal.wait_for("running")
    terminal.type("e")
    terminal.wait_for(f"Execute in {id}")
    terminal.type("\r")
    terminal.wait_for("/ #")


def test_a_shell(ctdeck: Open, web: str, containerd: Daemon, namespace: str) -> None:
    with ctdeck() as terminal:
        go_in(terminal)
        assert "ctdeck: sh in web" in terminal.text or "ctdeck: ash in web" in terminal.text
        assert left_on(terminal.raw) == set()  # ctdeck's own modes are off
        terminal.type("stty size\r")
        terminal.wait_for("30 110")
        terminal.resize(24, 80)
        # The size and what is typed go two ways: the first answer may still be the old one.
        terminal.press_until("clear; stty size\r", lambda: "24 80" in terminal.text, "it is told")
        terminal.type("echo h\u00e9llo w\u00f6rld \u2713 | tr h H\r")
        terminal.wait_for("H\u00e9llo w\u00f6rld \u2713")
        terminal.type("sleep 100\r")
        until(terminal, lambda: processes(containerd, namespace, "web") == 3, "sleep runs")
        terminal.type("\x03")
        until(terminal, lambda: processes(containerd, namespace, "web") == 2, "ctrl-c ends it")
        terminal.type("sleep 100\r")
        until(terminal, lambda: processes(containerd, namespace, "web") == 3, "sleep runs")
        terminal.type("\x1a")
        terminal.wait_for("Stopped")
        terminal.type("fg\r")

        def only_it() -> bool:
            return processes(containerd, namespace, "web") == 2

        terminal.press_until("\x03", only_it, "it goes on, and ctrl-c ends it")
        terminal.type("exit 3\r")
        terminal.wait_for("exit status 3")
        terminal.wait_for("running")
        until(terminal, lambda: processes(containerd, namespace, "web") == 1, "nothing is left")
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert_restored(terminal)


def test_killed_in_a_shell(ctdeck: Open, web: str, containerd: Daemon, namespace: str) -> None:
    """The container lives, our terminal is what it was; shell and child end, deaf as they are."""
    with ctdeck() as terminal:
        go_in(terminal)
        terminal.type("trap '' HUP; printf '\\033[?1049h\\033[?1000h'; sleep 1000\r")
        until(terminal, lambda: processes(containerd, namespace, web) == 3, "sleep runs")
        until(terminal, lambda: left_on(terminal.raw) == {1049, 1000}, "they are on")
        assert terminal.modes_now() != terminal.modes
        terminal.kill(9)
        assert terminal.wait_end() == -9
        until(terminal, lambda: terminal.modes_now() == terminal.modes, "it is given back")
        until(terminal, lambda: left_on(terminal.raw) == set(), "and no mode is left on")
    wait_for(lambda: processes(containerd, namespace, web) == 1, "the shell ends")
    with ctdeck() as terminal:  # what is left of it
        terminal.wait_for("running")
        terminal.wait_for("was ended")


@pytest.mark.parametrize("number", [1, 15])
def test_told_to_end_in_a_shell(
    ctdeck: Open, web: str, containerd: Daemon, namespace: str, number: int
) -> None:
    with ctdeck() as terminal:
        go_in(terminal)
        terminal.kill(number)
        assert terminal.wait_end() == -number
        assert_restored(terminal)
    assert processes(containerd, namespace, web) == 1


def test_the_line_is_cut_in_a_shell(
    ctdeck: Open, web: str, containerd: Daemon, namespace: str
) -> None:
    with ctdeck() as terminal:
        go_in(terminal)
        terminal.hang_up()
        wait_for(terminal.has_ended, "it ends")
    assert processes(containerd, namespace, web) == 1


def test_stopped_from_outside_in_a_shell(ctdeck: Open, web: str) -> None:
    """The shell that is seen then gets a terminal that it can use; afterwards it is ours again."""
    with ctdeck() as terminal:
        go_in(terminal)
        terminal.kill(signal.SIGTSTP)
        terminal.wait_stopped()
        assert local_modes(terminal) & termios.ECHO
        assert local_modes(terminal) & termios.ICANON
        terminal.kill(signal.SIGCONT)
        until(terminal, lambda: not local_modes(terminal) & termios.ECHO, "it is raw again")
        terminal.type("echo b$((20+3))r; exit 3\r")
        terminal.wait_until(lambda: b"b23r" in terminal.raw, "it has said so")
        terminal.wait_for("exit status 3")


def local_modes(terminal: Terminal) -> int:
    modes = terminal.modes_now()[3]
    assert isinstance(modes, int)
    return modes


def test_left_by_keys_of_the_users_own(
    ctdeck: Open, web: str, containerd: Daemon, namespace: str, home: Path
) -> None:
    """Those that are set usually are pressed where one is attached, below."""
    (home / ".config/ctdeck").mkdir(parents=True)
    (home / ".config/ctdeck/config.toml").write_text('detach-keys = "ctrl-a,d"\n')
    with ctdeck() as terminal:
        go_in(terminal)
        assert "ctrl-a d leaves it" in terminal.text
        terminal.type("\x01d")
        terminal.wait_for("was left")
        assert processes(containerd, namespace, web) == 1


def test_a_command_stays_to_be_read(ctdeck: Open, web: str) -> None:
    with ctdeck() as terminal:
        terminal.wait_for("running")
        terminal.type(":exec -u 12 web id -u\r")
        terminal.wait_for("Any key goes back")
        assert "exit status 0" in terminal.text
        assert b"leaves it, and ends it." in terminal.raw
        assert b"\n12\r\n" in terminal.raw
        terminal.type("x")
        terminal.wait_for("running")


def test_the_daemon_restarts_under_a_shell(
    start_daemon: Callable[..., Daemon],
    containerd_name: str,
    busybox_tar: Path,
    home: Path,
) -> None:
    daemon = start_daemon(containerd_name)
    daemon.ctr("images", "import", str(busybox_tar))
    daemon.run(BUSYBOX, "web", "sleep", "1000", namespace="default", flags=("-d", "--null-io"))
    with Terminal([COMMAND, "-a", str(daemon.socket)], environment_of(home), 30, 110) as terminal:
        go_in(terminal)
        daemon.terminate()
        terminal.type("echo a$((20+3))b\r")
        terminal.wait_for("a23b")
        daemon.start()
        terminal.resize(20, 90)
        terminal.type("exit 5\r")
        terminal.wait_for("exit status 5")
        until(terminal, lambda: processes(daemon, "default", "web") == 1, "nothing is left")


def run_with_terminal(terminal: Terminal, image: str) -> None:
    terminal.wait_for("Containers")
    terminal.type(f":run -t --name tty {image} sh\r")
    terminal.wait_for("tty was started")
    terminal.wait_until(lambda: "running" in terminal.text, "it runs")


def test_attach_leave_and_attach_from_another(
    ctdeck: Open, containerd: Daemon, namespace: str, busybox: str
) -> None:
    with ctdeck() as terminal:
        run_with_terminal(terminal, busybox)
        terminal.type(":attach tty\r")
        terminal.wait_until(lambda: b"and it goes on." in terminal.raw, "it is attached")
        terminal.type("stty size; FOO=b$((20+3))r\r")
        terminal.wait_for("30 110")
        terminal.type("\x10\x11")
        terminal.wait_for("left and goes on")
        terminal.kill(9)  # ours is not needed for it
        terminal.wait_end()
    with ctdeck(rows=24, columns=80) as terminal:
        terminal.wait_for("running")
        terminal.type(":attach tty\r")
        terminal.wait_until(lambda: b"and it goes on." in terminal.raw, "it is attached")
        terminal.type("echo =$FOO=; stty size\r")
        terminal.wait_for("=b23r=")
        terminal.wait_for("24 80")
        terminal.type("exit 9\r")
        terminal.wait_for("exit status 9")
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert_restored(terminal)


def test_killed_in_a_toolbox(
    ctdeck: Open, web: str, containerd: Daemon, namespace: str, busybox: str
) -> None:
    """The next ctdeck offers to remove it, and nothing of it is left in the container."""
    with ctdeck() as terminal:
        terminal.wait_for("running")
        terminal.type(f":debug --image {busybox} web\r")
        terminal.wait_for("/proc/1/root #")
        terminal.type("ls bin/busybox; stty size; sleep 1000 &\r")
        terminal.wait_for("30 110")
        until(terminal, lambda: containers(containerd, namespace) == 2, "it is one of its own")
        terminal.kill(9)
        terminal.wait_end()
    with ctdeck() as terminal:
        terminal.wait_for("Remove (y)")
        terminal.press_until("y", lambda: containers(containerd, namespace) == 1, "it goes")
    assert processes(containerd, namespace, web) == 1


def containers(containerd: Daemon, namespace: str) -> int:
    return len(containerd.ctr("containers", "ls", "-q", namespace=namespace).split())
