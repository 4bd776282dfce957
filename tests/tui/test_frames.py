"""Frame by frame: a terminal that gets our bytes shows the same as one that gets Textual's."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.pilot import Pilot
from textual.screen import Screen

from aiocontainerd.models import Snapshot
from aiocontainerd.store import Store
from ctdeck import terminal
from ctdeck.app import CtdeckApp
from ctdeck.settings import Session
from ctdeck.terminal.differ import Abilities
from ctdeck.terminal.frames import Frames
from ctdeck.terminal.updates import color_system, size_of, unknown_internals
from tests.tui.apps import running
from tests.tui.emulation import Emulator, differences
from tests.tui.fake_pulls import FakePulls
from tests.tui.worlds import container, image, world

MOVES = ("j", "j", "k", "G", "g", "pagedown", "pageup", "ctrl+d", "tab", "2", "4", "5", "space")
VIEWS = ("+", "_", "left_square_bracket", "right_square_bracket", "o", "shift+right", "enter")
OPENERS = ("question_mark", "D", "colon", "p", "r", "n", "ctrl+p", "slash", "s", "y")
WORDS = ("w", "e", "backspace", "ctrl+u", "left", "down", "up", "tab")
SIZES = ((80, 24), (110, 30), (200, 50), (60, 18))


class Compared:
    """Two terminals; each frame goes to both."""

    def __init__(self, able: Abilities) -> None:
        self._able = able
        self._size = (0, 0)
        self.frames = 0
        self.ours = self.stock = 0  # bytes

    def display(self, app: CtdeckApp, screen: Screen[object], update: object) -> None:
        """Stands in for the app's own way of showing a frame."""
        if isinstance(update, LayoutUpdate | ChopsUpdate) and app._running and not app._batch_count:
            self._show(app, update)
        app.post_display_hook()

    def _show(self, app: CtdeckApp, update: LayoutUpdate | ChopsUpdate) -> None:
        if (size := size_of(update)) != self._size:
            self._size = size
            self._frames = Frames(self._able)
            self._screens = Emulator(*size), Emulator(*size)
        cursor = app.screen.outer_size.clamp_offset(app.cursor_position)
        stock = update.render_segments(app.console) + f"\x1b[{cursor.y + 1};{cursor.x + 1}H"
        self._frames.take(update, color_system(app.console))
        ours = self._frames.text(cursor)
        self._screens[0].feed(ours)
        self._screens[1].feed(stock)
        assert not differences(*self._screens), f"frame {self.frames}"
        assert self._screens[0].cursor == cursor
        self.frames += 1
        self.ours += len(ours.encode())
        self.stock += len(stock.encode())


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Compared:
    compared = Compared(Abilities())
    monkeypatch.setattr(CtdeckApp, "_display", lambda *args: compared.display(*args))
    return compared


def crowd() -> Snapshot:
    """A host with more rows than lines, and with names in many scripts."""
    made = world()
    names = ("漢字-web", "e\u0301clair", "ünïcödé", "контейнер", "\U0001f680-rocket", "한국어")
    more = [container(f"{name}-{number}") for number in range(12) for name in names]
    images = [image(f"docker.io/library/app{number:04}:1") for number in range(60)]
    return replace(
        made,
        containers={**made.containers, **{it.key: it for it in more}},
        images={**made.images, **{it.key: it for it in images}},
    )


async def _travel(chance: random.Random, app: CtdeckApp, pilot: Pilot[None], steps: int) -> None:
    for number in range(steps):
        kind = chance.random()
        if kind < 0.06:
            await pilot.resize_terminal(*chance.choice(SIZES))
        elif kind < 0.12:
            _change(app, number)
        elif kind < 0.16:
            app.notify(f"It is done, {number} of {steps}.", title="Stopped")
        elif kind < 0.30:
            await pilot.press("escape", "escape")
        else:
            await pilot.press(chance.choice(chance.choice([MOVES, MOVES, VIEWS, OPENERS, WORDS])))
        await pilot.pause()


def _change(app: CtdeckApp, number: int) -> None:
    snapshot = app.store.snapshot
    new = container(f"made-{number}")
    app.store.publish(replace(snapshot, containers={new.key: new, **snapshot.containers}))


@pytest.mark.parametrize("seed", range(4))
async def test_a_journey_shows_the_same(seed: int, compared: Compared) -> None:
    session = Session(Store(), pulls=FakePulls())  # type: ignore[arg-type]
    async with running(crowd(), size=(110, 30), session=session) as (app, pilot):
        await _travel(random.Random(seed), app, pilot, 70)
    assert compared.frames > 60
    assert compared.ours * 2 < compared.stock


@pytest.mark.parametrize(
    "environment", [{"NO_COLOR": "1"}, {"TERM": "linux", "COLORTERM": ""}], ids=str
)
async def test_without_colours_too(
    environment: dict[str, str], compared: Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    async with running(crowd(), size=(110, 30)) as (app, pilot):
        await _travel(random.Random(7), app, pilot, 25)
    assert compared.frames > 20


async def test_a_scrolled_line_is_cheap(compared: Compared) -> None:
    async with running(crowd(), size=(200, 50)) as (_, pilot):
        await pilot.press(*"j" * 45)
        before = compared.ours
        await pilot.press(*"j" * 10)
        assert (compared.ours - before) / 10 < 1300


@pytest.mark.parametrize("key", ["question_mark", "D", "colon", "r", "ctrl+p", "n"])
async def test_a_dialog_is_cheap(key: str, compared: Compared) -> None:
    async with running(crowd(), size=(200, 50)) as (app, pilot):
        before = compared.ours
        await pilot.press(key)
        await pilot.pause()
        assert app.screen is not app.main or app.focused is not app.main
        assert compared.ours - before < 25_000


def test_we_know_this_textual() -> None:
    assert unknown_internals() == ""


def test_it_steps_aside_when_textual_is_another(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def other(self: object, strips: Any, region: Any, depth: int) -> None: ...

    caplog.set_level("INFO")
    assert terminal.driver_class({"TERM": "xterm"}) is not None
    monkeypatch.setattr(LayoutUpdate, "__init__", other)
    monkeypatch.setattr(
        "ctdeck.terminal.updates._KNOWN", ((LayoutUpdate.__init__, ("strips", "region")),)
    )
    assert terminal.driver_class({"TERM": "xterm"}) is None
    assert caplog.messages[-1].startswith("frames are sent whole: another Textual")


def test_it_steps_aside_when_updates_are_drawn_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LayoutUpdate, "render_segments", lambda *_: "something")
    assert unknown_internals() != ""


@pytest.mark.parametrize(
    "environment",
    [
        {"TERM": "dumb"},
        {"TERM": "vt100"},
        {},
        {"TERM": "xterm", "CTDECK_FRAMES": "whole"},
        {"TERM": "xterm", "TEXTUAL_DRIVER": "a.module:Driver"},
    ],
    ids=str,
)
def test_it_steps_aside_where_it_is_not_wanted(environment: dict[str, str]) -> None:
    assert terminal.driver_class(environment) is None
