"""What the installed command sends to its terminal, and when: counted in bytes, not in time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiocontainerd.simulator.scale import emit, populate
from aiocontainerd.simulator.world import World

from .conftest import COMMAND
from .slow_line import Daemon, SlowLine

# Bytes that arrive while everything changes; where the terminal answers, enough for ctdeck to learn
# that the line is slow.
STORM, LONG_STORM = 8_000, 20_000
# Bytes from the last key to its screen: that screen takes 11,000; 2,000 may be under way, and twice
# as many drawn until the key has been read.
NEAR = 18_000
PRESS = 0.1  # s from key to key: with more than can be handled it is those that are behind
KERNEL = 20_000  # bytes that a pseudo-terminal takes before its program has to wait
WHOLE = 100_000  # bytes; all of the screen takes Textual half of that
Opener = Callable[..., SlowLine]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    born = datetime.now(UTC) - timedelta(days=1)  # ages of days do not tick
    world = World(now=lambda: born)
    populate(world, containers=300, images=20, running=100)
    with Daemon(tmp_path / "c.sock", world).serving() as daemon:
        yield daemon


@pytest.fixture
def opened(daemon: Daemon, environment: dict[str, str]) -> Opener:
    def opened(*arguments: str, answers: bool = True, **more: str) -> SlowLine:
        argv = [COMMAND, "--address", str(daemon.address), *arguments]
        return SlowLine(argv, {**environment, "COLORTERM": "truecolor", **more}, answers=answers)

    return opened


def settle(terminal: SlowLine) -> None:
    """Until the rows are there, and nothing has come for some turns."""
    terminal.wait_until(lambda: _shows_rows(terminal.text), "the rows are there, all of them")
    quiet, start = 0, len(terminal.raw)
    while quiet < 10:
        before = len(terminal.raw)
        assert before - start < 10 * WHOLE, "it never rests"
        terminal._read(0.05)
        quiet = quiet + 1 if len(terminal.raw) == before else 0


def _shows_rows(text: str) -> bool:
    return "row00003" in text and "Containers 300 " in text and "reading" not in text


def storm(terminal: SlowLine, daemon: Daemon, most: int) -> None:
    """Rows change and the list jumps up and down while the line takes so many bytes."""
    changes = daemon.begin(emit(daemon.world, 500))
    start = len(terminal.raw)
    keys = 0
    while len(terminal.raw) - start < most:
        terminal.type("Gg\x1b[6~"[keys % 2 : keys % 2 + 1])
        keys += 1
        terminal.read_for(PRESS)
    changes.cancel()
    terminal.type("g")


@pytest.mark.parametrize(
    ("answers", "most", "near"), [(True, LONG_STORM, NEAR), (False, STORM, NEAR + KERNEL)]
)
def test_after_a_storm_the_last_state_is_near(
    answers: bool, most: int, near: int, opened: Opener, daemon: Daemon
) -> None:
    with opened(answers=answers) as terminal:
        settle(terminal)
        memory = terminal.memory()
        terminal.slow = True
        storm(terminal, daemon, most)
        sent = len(terminal.raw)
        terminal.type("?")
        terminal.wait_until(
            lambda: "Esc closes" in terminal.text or len(terminal.raw) - sent >= near,
            "the help has come, or too much before it",
        )
        assert len(terminal.raw) - sent < near
        assert terminal.memory() - memory < 20_000_000
        terminal.slow = False
        terminal.type("\x03")
        assert terminal.wait_end() == 0
        assert terminal.modes_now() == terminal.modes


def test_a_terminal_that_has_stalled_is_left_at_once(opened: Opener, daemon: Daemon) -> None:
    with opened() as terminal:
        settle(terminal)
        changes = daemon.begin(emit(daemon.world, 500))
        for _ in range(40):
            terminal.type("Gg")
        terminal.type("q")
        terminal.let_go(terminal.has_ended)
        changes.cancel()
        assert terminal.exit_code == 0
        start = len(terminal.raw)
        terminal.wait_end()
        left = terminal.raw[start:]
        for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1003l", b"\x1b[?2004l", b"\x1b[?7h"):
            assert sequence in left


def test_at_rest_nothing_is_sent(opened: Opener) -> None:
    with opened() as terminal:
        settle(terminal)
        before = len(terminal.raw)
        for _ in range(40):
            terminal._read(0.05)
        assert terminal.raw[before:] == b""


def test_a_moved_cursor_costs_little(opened: Opener) -> None:
    with opened() as terminal:
        settle(terminal)
        for key, most in (("j", 900), ("k", 900), ("?", 25_000), ("\x1b", 25_000)):
            before = len(terminal.raw)
            terminal.type(key)
            terminal.wait_until(lambda: len(terminal.raw) > before, "it answers")  # noqa: B023
            settle(terminal)
            assert len(terminal.raw) - before < most, key


def test_back_from_the_shell_all_is_drawn_anew(opened: Opener) -> None:
    with opened() as terminal:
        settle(terminal)
        before = terminal.text
        terminal.kill(20)  # SIGTSTP
        terminal.wait_stopped()
        assert terminal.modes_now() == terminal.modes
        assert b"\x1b[?1049l" in terminal.raw
        terminal.kill(18)  # SIGCONT
        settle(terminal)
        assert terminal.text == before


@pytest.mark.parametrize("dialog", ["", "?"])
@pytest.mark.parametrize("frames", ["", "whole"])
def test_what_another_program_wrote_goes_by_a_key(dialog: str, frames: str, opened: Opener) -> None:
    with opened(CTDECK_FRAMES=frames) as terminal:
        settle(terminal)
        terminal.type(dialog)
        terminal.wait_until(lambda: not dialog or "Esc closes" in terminal.text, "the dialog")
        settle(terminal)
        terminal.overwrite("\x1b[5;5HBroadcast message from root")
        assert "Broadcast" in terminal.text
        terminal.type("\x0c")
        terminal.wait_until(lambda: "Broadcast" not in terminal.text, "the screen as it was")


def test_over_a_slow_line_whole_frames_come_to_an_end(opened: Opener) -> None:
    """What is drawn once more because a part was left out is not left out in its turn."""
    with opened(CTDECK_FRAMES="whole") as terminal:
        settle(terminal)
        terminal.slow, terminal.rate = True, WHOLE
        before = len(terminal.raw)
        terminal.overwrite("\x1b[5;5HBroadcast message from root")
        terminal.type("\x0c")
        terminal.wait_until(lambda: "Broadcast" not in terminal.text, "the screen as it was")
        settle(terminal)
        assert len(terminal.raw) - before < WHOLE


def test_after_a_resize_and_back_all_is_there(opened: Opener) -> None:
    with opened() as terminal:
        settle(terminal)
        before = terminal.text
        for rows, columns in ((20, 70), (50, 200), (30, 110), (50, 200)):
            terminal.resize(rows, columns)
        terminal.wait_until(lambda: terminal.text == before, "it shows what it showed")


def test_where_the_terminal_can_show_a_frame_at_once_it_is_told_to(opened: Opener) -> None:
    with opened() as terminal:
        terminal.wait_until(lambda: b"\x1b[?2026$p" in terminal.raw, "it asks for it")
        terminal.type("\x1b[?2026;2$y")
        settle(terminal)
        terminal.type("?")
        terminal.wait_for("Esc closes")
        settle(terminal)
        starts = terminal.raw.count(b"\x1b[?2026h")
        assert starts > 0
        assert terminal.raw.count(b"\x1b[?2026l") == starts
        before = len(terminal.raw)
        terminal.type("\x1b")
        terminal.wait_until(lambda: "Esc closes" not in terminal.text, "it closes")
        settle(terminal)
        terminal.type("j")
        terminal.wait_until(lambda: len(terminal.raw) > before, "it answers")


def test_a_terminal_that_we_do_not_know_gets_whole_frames(opened: Opener, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with opened("--log-file", str(log), TERM="dumb") as terminal:
        settle(terminal)
        before = len(terminal.raw)
        terminal.type("j")
        settle(terminal)
        assert len(terminal.raw) - before > 900
    assert log.read_text().count("frames are sent whole: TERM=dumb is not known") == 1
