"""The terminal before Textual has it: what it shows, and that it is given back whatever happens."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from ..live import processes
from .modes import assert_restored, left_on
from .patched import patched
from .terminal import Terminal

# Textual is imported when the file GO is there; HELD is there when that is waited for.
HOLDING = """
from pathlib import Path
really_import = starting._import

async def hold(modules, *more):
    if modules is starting.TEXTUAL:
        while any(task.get_name() == "first picture" for task in asyncio.all_tasks()):
            await asyncio.sleep(0.01)
        Path(os.environ["HELD"]).touch()
        while not os.path.exists(os.environ["GO"]):
            await asyncio.sleep(0.01)
        after()
    await really_import(modules, *more)

starting._import = hold
def after(): pass
def prepare(app): pass
"""
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
Hold = Callable[..., Terminal]


@pytest.fixture
def hold(plain: dict[str, str], tmp_path: Path) -> Hold:
    """Make a ctdeck that stands still with the first picture; `code` comes on top."""

    def make(code: str = "", rows: int = 24, columns: int = 80, **more: str) -> Terminal:
        files = {"GO": str(tmp_path / "go"), "HELD": str(tmp_path / "held")}
        arguments = HOLDING + code, plain | files | more, "--namespace", "default"
        return patched(*arguments, size=(rows, columns), picture=True)

    return make


def held(terminal: Terminal, folder: Path) -> None:
    terminal.wait_until((folder / "held").exists, "it is held")


def go_on(terminal: Terminal, folder: Path) -> None:
    (folder / "go").touch()
    terminal.wait_for("? help")


def names(text: str) -> list[str]:
    """The containers, at their columns; how many lines are above them depends on other lists."""
    lines = text.splitlines()
    titles = next(y for y, line in enumerate(lines) if line.startswith(" CONTAINER"))
    ends = (y for y, line in enumerate(lines) if y > titles and line[1:2] in ("", " ", "3", "-"))
    return [line[1:13] for line in lines[titles : next(ends, len(lines))]]


LOOKS = {
    "all colours": {"COLORTERM": "truecolor"},
    "256 colours": {},
    "16 colours": {"TERM": "xterm"},
    "no colours": {"NO_COLOR": "1"},
    "ascii": {"LANG": "C"},
    "console": {"TERM": "linux"},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (50, 200)])
def test_nothing_moves_when_textual_comes(
    rows: int, columns: int, look: str, hold: Hold, tmp_path: Path
) -> None:
    with hold(rows=rows, columns=columns, **LOOKS[look]) as terminal:
        held(terminal, tmp_path)
        terminal.wait_for("web1")
        terminal.wait_for("cace491b6955")  # the last one
        before = names(terminal.text)
        assert left_on(terminal.raw) == {7, 25, 1049}
        go_on(terminal, tmp_path)
        assert names(terminal.text)[: len(before)] == before
        assert terminal.raw.count(b"\x1b[?1049h") == 1  # a second one would clear the screen
        assert terminal.raw.count(b"ctdeck") == 1  # what stands there is not sent again
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert_restored(terminal)
    assert terminal.raw.isascii() == (look in ("ascii", "console"))


@pytest.mark.parametrize(
    "why", [{"TERM": "vt100"}, {"CTDECK_FRAMES": "whole"}, {"LINES": "24", "COLUMNS": "80"}]
)
def test_where_nothing_is_drawn_before(why: dict[str, str], hold: Hold, tmp_path: Path) -> None:
    with hold(**why) as terminal:
        held(terminal, tmp_path)
        assert terminal.raw == b""
        assert terminal.modes_now() == terminal.modes
        go_on(terminal, tmp_path)
        terminal.wait_for("web1")


def test_keys_are_not_echoed_and_reach_the_app(hold: Hold, tmp_path: Path) -> None:
    with hold() as terminal:
        held(terminal, tmp_path)
        terminal.type(":echoed")
        terminal.read_for(0.2)
        assert "echoed" not in terminal.text
        (tmp_path / "go").touch()
        terminal.wait_for(": echoed")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal(number: int, hold: Hold, tmp_path: Path) -> None:
    with hold() as terminal:
        held(terminal, tmp_path)
        terminal.wait_for("web1")
        terminal.kill(number)
        assert terminal.wait_end() == -number
        assert_restored(terminal)


def test_ctrl_c(hold: Hold, tmp_path: Path) -> None:
    with hold() as terminal:
        held(terminal, tmp_path)
        terminal.type("\x03")
        assert terminal.wait_end() == -signal.SIGINT
        assert_restored(terminal)


def test_ctrl_z_waits_for_the_app(hold: Hold, tmp_path: Path) -> None:
    with hold() as terminal:
        held(terminal, tmp_path)
        terminal.type("\x1a")
        (tmp_path / "go").touch()
        terminal.wait_for("no shell is there")  # to bring it back, in this terminal


def test_being_stopped_and_continued(hold: Hold, tmp_path: Path) -> None:
    with hold() as terminal:
        held(terminal, tmp_path)
        terminal.kill(signal.SIGTSTP)
        terminal.wait_stopped()
        assert_restored(terminal)
        terminal.kill(signal.SIGCONT)
        go_on(terminal, tmp_path)
        terminal.wait_for("web1")
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert_restored(terminal)


def test_a_fault_of_the_import(hold: Hold, tmp_path: Path) -> None:
    with hold("def after(): raise ValueError('gone')") as terminal:
        held(terminal, tmp_path)
        (tmp_path / "go").touch()
        assert terminal.wait_end() == 1
        assert_restored(terminal)
        assert b"a fault in ctdeck itself: ValueError" in terminal.raw


@pytest.mark.parametrize("what", ["drawing.draw", "stage.difference", "stage._listen"])
def test_a_fault_of_the_picture(what: str, hold: Hold, tmp_path: Path) -> None:
    module, name = what.split(".")
    code = f"""
from ctdeck.firstpicture import {module}
def fail(*_): raise ValueError('gone')
{module}.{name} = fail
"""
    with hold(code) as terminal:
        held(terminal, tmp_path)
        go_on(terminal, tmp_path)
        terminal.wait_for("web1")
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert_restored(terminal)


SLOW = """
really_look = starting.look

async def look(settings):  # a daemon that takes its time
    while not os.path.exists(os.environ["GO"] + "-rows"):
        await asyncio.sleep(0.01)
    return await really_look(settings)

async def stand(modules, *more):
    while modules is starting.TEXTUAL and not os.path.exists(os.environ["GO"]):
        await asyncio.sleep(0.01)
    await really_import(modules, *more)

starting.look, starting._import = look, stand
"""


@pytest.mark.parametrize("resized", [False, True])
def test_the_frame_does_not_wait_for_a_slow_daemon(
    hold: Hold, tmp_path: Path, resized: bool
) -> None:
    with hold(SLOW) as terminal:
        terminal.wait_for("connecting …")
        assert "web1" not in terminal.text
        if resized:
            terminal.resize(50, 200)
        (tmp_path / "go-rows").touch()
        if not resized:
            terminal.wait_for("web1")  # beside what stands there
            assert "connecting …" not in terminal.text
        go_on(terminal, tmp_path)
        terminal.wait_for("web1")
        assert terminal.raw.count(b"\x1b[?1049h") == 1
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert_restored(terminal)


def test_the_frame_of_a_daemon_that_never_answers(hold: Hold, tmp_path: Path) -> None:
    with hold(SLOW) as terminal:
        terminal.wait_for("connecting …")
        go_on(terminal, tmp_path)
        assert "connecting …" in terminal.text
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert_restored(terminal)


def test_another_size(hold: Hold, tmp_path: Path) -> None:
    with hold() as terminal:
        held(terminal, tmp_path)
        terminal.resize(50, 200)
        go_on(terminal, tmp_path)
        terminal.wait_for("[Details]")
        assert terminal.text.count("CONTAINER ") >= 1


def test_another_size_and_back(hold: Hold, tmp_path: Path) -> None:
    """The terminal has cut what it showed, and no frame of another size tells of it."""
    with hold() as terminal:
        held(terminal, tmp_path)
        terminal.resize(5, 20)
        terminal.resize(24, 80)
        go_on(terminal, tmp_path)
        terminal.wait_for("? help")
        terminal.wait_for("web1")


def test_what_others_write_is_not_seen(hold: Hold, tmp_path: Path) -> None:
    with hold("def after(): os.write(2, b'a warning of some library')") as terminal:
        held(terminal, tmp_path)
        go_on(terminal, tmp_path)
        terminal.type("q")
        terminal.wait_end()
    assert b"a warning" not in terminal.raw


def test_a_line_that_is_cut(hold: Hold, tmp_path: Path) -> None:
    with hold() as terminal:
        held(terminal, tmp_path)
        terminal.hang_up()
        processes.wait_for(terminal.has_ended, "it has ended", timeout=10)
        assert terminal.exit_code == -signal.SIGHUP
