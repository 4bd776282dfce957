"""A host full of hostile text through every screen: shown as it is, obeyed nowhere."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from aiocontainerd.simulator import Simulator, World
from aiocontainerd.simulator.faults import Faults
from ctdeck.app import CtdeckApp
from ctdeck.screens import dialog
from ctdeck.settings import Settings
from ctdeck.widgets.command import CommandLine
from tests import hostile
from tests.tui.apps import until

ROWS = len(hostile.TEXTS) + len(hostile.LONGEST)
SIZES = ((80, 24), (200, 50))
sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@asynccontextmanager
async def visited(
    size: tuple[int, int], faults: Faults | None = None
) -> AsyncIterator[tuple[CtdeckApp, Pilot[None], World]]:
    """The app on a daemon where every text is hostile; nothing may be obeyed at any time."""
    world = World()
    hostile.hostile_world(world)
    version = f"2.1.9 {hostile.MARKUP['close']}{hostile.SEQUENCES['clear']}"
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        at = Path(folder) / "c.sock"
        async with Simulator(at, world, version=version, faults=faults) as simulator:
            app = CtdeckApp(Settings(address=simulator.address))
            async with app.run_test(size=size, notifications=True) as pilot:
                await until(pilot, lambda: app.session is not None and app.store.snapshot.loaded)
                yield app, pilot, world
                assert app._exception is None


def check(app: CtdeckApp) -> None:
    """Each line is as wide as the screen; no control, no link, no action of somebody else's."""
    strips = app.screen._compositor.render_strips()
    assert len(strips) == app.size.height
    for y, strip in enumerate(strips):
        text = "".join(segment.text for segment in strip)
        assert cell_len(text) == app.size.width, f"line {y}: {text!r}"
        assert not hostile.obeyed(text) | hostile.invisible(text), f"line {y}: {text!r}"
        for segment in strip:
            if segment.style is not None:
                assert segment.style.link is None
                assert "hostile" not in str(segment.style.meta)
                assert "app.quit" not in str(segment.style.meta)


async def press(app: CtdeckApp, pilot: Pilot[None], *keys: str) -> None:
    """Each key by itself, and a look at what it made."""
    for key in keys:
        await pilot.press(key)
        check(app)


@sizes
async def test_panes(size: tuple[int, int]) -> None:
    async with visited(size) as (app, pilot, world):
        hostile.publish_all(world)
        await until(pilot, lambda: app.store.snapshot.events_total > 100)
        for pane in "123456":
            await press(app, pilot, pane, "g", "G", "g")
            for _ in range(4):
                await press(app, pilot, "pagedown")
            await press(app, pilot, "plus", "underscore")


@sizes
async def test_details_and_secrets(size: tuple[int, int]) -> None:
    async with visited(size) as (app, pilot, _):
        await press(app, pilot, "1", "g", "enter", "x")
        for number in range(size[0] // 80, ROWS, 4):
            await press(app, pilot, "escape", *"2"[number % 9 :], "j", "j", "j", "j", "enter")
            if not number % 9:
                await press(app, pilot, "right_square_bracket", "pagedown", "G")


# JSON, log, numbers, processes, a shell, a toolbox, its terminal, a copy, whose it is.
INSIDE = ("y", "l", "t", "u", "e", "E", "a", "F", "w")


@sizes
async def test_seeing_inside(size: tuple[int, int]) -> None:
    async with visited(size) as (app, pilot, _):
        await press(app, pilot, "2", "g")
        for number in range(ROWS // 4):
            await press(app, pilot, *"j" * (4 if number else size[0] // 80))
            await press(app, pilot, INSIDE[number % len(INSIDE)], "pagedown", "G")
            await press(app, pilot, "escape", "escape", "escape")


@sizes
async def test_what_could_be_pruned(size: tuple[int, int]) -> None:
    async with visited(size) as (app, pilot, _):
        await press(app, pilot, "6", "P")
        await until(pilot, lambda: len(app.screen_stack) > 1)
        await press(app, pilot, "a", "space", "pagedown", "G", "space")
        await press(app, pilot, "enter", "escape", "escape")


# Stop, kill, delete, run another, the ctr line; with the key that closes it.
ASKING = ("s", "K", "D", "r", "exclamation_mark", "L", "z", "R")


@sizes
async def test_questions_and_forms(size: tuple[int, int]) -> None:
    async with visited(size) as (app, pilot, _):
        await press(app, pilot, "2", "g")
        for number in range(ROWS // 8):
            await press(app, pilot, *"j" * (8 if number else size[0] // 80))
            await press(app, pilot, ASKING[number % len(ASKING)], "tab", "escape", "escape")


@sizes
async def test_questions_on_images(size: tuple[int, int]) -> None:
    async with visited(size) as (app, pilot, _):
        await press(app, pilot, "1", "g")
        for number in range(ROWS // 16):
            await press(app, pilot, *"j" * (8 if number else size[0] // 80))
            await press(app, pilot, ("D", "r", "exclamation_mark", "c")[number % 4], "escape")


# Where one types: the filter, the command line, the palette, a pull, a form.
TYPED = {
    "slash": [],
    "colon": [],
    "ctrl+p": [],
    "p": [],
    "r": ["tab"],
    "n": [],
}


@pytest.mark.parametrize("opener", TYPED)
async def test_what_is_pasted(opener: str) -> None:
    async with visited((80, 24)) as (app, pilot, _):
        await press(app, pilot, "2", opener, *TYPED[opener])
        every = [*hostile.TEXTS.values(), *hostile.SURROGATES.values(), *hostile.LONGEST.values()]
        for text in every[[*TYPED].index(opener) :: 3]:  # all have the same field below them
            assert app._driver is not None
            app._driver.send_message(events.Paste(f"{text[:5000]} x"))
            await pilot.pause()
            check(app)
            if isinstance(app.focused, Input):
                app.focused.value = ""
        app._driver.send_message(events.Paste(hostile.MARKUP["click"]))
        await press(app, pilot, "enter", "escape", "escape", "escape")


COMMANDS = ("stop {}", "rmi {}", "run --{}")


@pytest.mark.parametrize("command", COMMANDS)
async def test_lines_and_their_refusals(command: str) -> None:
    async with visited((80, 24)) as (app, pilot, _):
        for text in [*hostile.TEXTS.values()][COMMANDS.index(command) :: 9]:
            await press(app, pilot, "colon")
            line = app.screen.query_one(CommandLine)
            line.query_one(Input).value = command.replace("{}", text)
            await press(app, pilot, "tab", "enter")
            await press(app, pilot, "escape", "escape", "escape")
        await press(app, pilot, "colon", "up", "up", "tab", "escape")


@sizes
async def test_errors_of_the_daemon(size: tuple[int, int]) -> None:
    texts = [*hostile.TEXTS.values(), *hostile.LONGEST.values()]
    faults = Faults()
    async with visited(size, faults) as (app, pilot, _):
        await press(app, pilot, "2", "g", "j")
        for text in texts[size[0] // 80 :: 4]:
            faults.clear()
            faults.add("Tasks/Kill", "error", code="UNKNOWN", message=text[:6000])
            await press(app, pilot, "z")
        for text in texts[::24]:
            faults.clear()
            faults.add("Tasks/.*", "error", code="UNKNOWN", message=text[:6000])
            await press(app, pilot, "K", "enter", "y")
            await until(pilot, lambda: not app.keys.is_busy)
            check(app)
            await press(app, pilot, "escape")
