"""Hostile text all over: what reaches the terminal is what ctdeck and Textual send, no more."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiocontainerd.simulator.world import World
from tests import hostile

from .conftest import COMMAND
from .modes import assert_restored
from .patched import patched
from .sequences import not_allowed
from .slow_line import Daemon, SlowLine

KINDS: dict[str, dict[str, str]] = {
    "ours": {"COLORTERM": "truecolor"},
    "whole": {"CTDECK_FRAMES": "whole"},
    "vt100": {"TERM": "vt100"},
    "linux": {"TERM": "linux"},
}
# Panes, details, secrets, questions, the form, the ctr line, a copy, the palette, the help.
KEYS = ("1", "G", "\r", "x", "\x1b", "2", "G", "\r", "]", "]", "\x1b", "D", "\x1b", "K", "\x1b")
MORE = ("r", "\x1b", "!", "\x1b", "c", "4", "G", "5", "G", "\x10", "\x1b", "?", "\x1b", "n", "\x1b")
FORGETFUL = """
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget
from tests import hostile

TEXTS = [*hostile.TEXTS.values(), *hostile.SURROGATES.values(), "a" + chr(0x301) * 9000]
LINK = Style(link="https://example.invalid/" + chr(27) + "[2J", bold=True)

class Raw(Widget):
    DEFAULT_CSS = "Raw { layer: _toastrack; width: 100%; height: 100%; }"

    def render_line(self, y):
        segments = [Segment(f"{y}<", LINK)]
        segments += [Segment(text + "|") for text in TEXTS[y::30]]
        return Strip(segments).adjust_cell_length(110)

def prepare(app):
    async def put():
        while not app.screen_stack or not app.main.is_mounted:
            await asyncio.sleep(0.01)
        await app.main.mount(Raw())
    app.putting = asyncio.get_running_loop().create_task(put())
"""


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    world = World()
    hostile.hostile_world(world)
    with (
        tempfile.TemporaryDirectory(prefix="ctd-") as folder,
        Daemon(Path(folder) / "c.sock", world).serving() as daemon,
    ):
        yield daemon


def draws(terminal: SlowLine, key: str) -> None:
    """Let it draw what the key opens; an Esc and a key within 0.1 s would be another key."""
    before = -1
    for _ in range(5):
        if before == len(terminal.raw):
            return
        before = len(terminal.raw)
        terminal.read_for(0.12 if key == "\x1b" else 0.03)
        key = ""


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_we_send_reaches_the_terminal(
    kind: str, daemon: Daemon, plain: dict[str, str]
) -> None:
    argv = [COMMAND, "--address", str(daemon.address)]
    with SlowLine(argv, {**plain, **KINDS[kind]}, rows=30, columns=110) as terminal:
        terminal.wait_for("c-longwide")
        hostile.publish_all(daemon.world)
        for key in (*KEYS, *MORE):
            terminal.type(key)
            draws(terminal, key)
        for key in ("\x1b", "2", "G") * 9:  # where an Esc and a key came at once, it is open still
            terminal.type(key)
            draws(terminal, key)
            if "c-clear" in terminal.text:
                break
        terminal.wait_for("c-clear")
        assert "\u241b]0;" in terminal.text or "\u241b[2J" in terminal.text
        terminal.type("\x03")
        assert terminal.wait_end() == 0
        assert_restored(terminal)
        assert not_allowed(terminal.raw) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_guard_alone_holds(kind: str, plain: dict[str, str]) -> None:
    """A widget that has forgotten to make its text safe."""
    environment = {**plain, **KINDS[kind], "PYTHONPATH": str(Path(__file__).parents[2])}
    with patched(FORGETFUL, environment) as terminal:
        terminal.wait_for("29<")
        assert "\u241b[2J\u241b[H" in terminal.text
        terminal.type("\x03")
        assert terminal.wait_end() == 0
        assert not_allowed(terminal.raw) == []
        assert b"example.invalid/" not in terminal.raw
