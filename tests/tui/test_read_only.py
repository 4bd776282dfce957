"""Every key and every `:` word on a read-only ctdeck; then the simulated daemon is asked."""

from __future__ import annotations

from itertools import product

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from aiocontainerd.access import Access
from ctdeck.actions import ACTIONS
from ctdeck.actions.action import PANE_IDS
from ctdeck.app import CtdeckApp
from ctdeck.rows import ContainerRow
from ctdeck.screens import dialog
from tests.tui.apps import screen_text, until
from tests.tui.handing import play
from tests.tui.readonly import BY_NAMESPACE, WHOLE, asks, only_read, picture, watched
from tests.tui.ways import LINES, WORDS, agree

ENDS = {"quit", "suspend"}  # actions that leave ctdeck


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    play(monkeypatch).leave = True


async def back(app: CtdeckApp, pilot: Pilot[None], pane: int) -> None:
    """Out of every dialog and prompt, to a row of this pane."""
    for _ in range(6):
        if len(app.screen_stack) == 1 and not app.main.commanding and not app.main.filtering:
            break
        await pilot.press("escape")
    assert len(app.screen_stack) == 1, screen_text(app)
    if app.main.pane_id != PANE_IDS[pane]:
        await pilot.press(str(pane + 1))
    if app.main.scope is not None:
        app.main.set_scope(None)
    if PANE_IDS[pane] != "events":
        await until(pilot, lambda: app.main.row is not None)


async def test_no_key_changes_anything() -> None:
    """Each key in each pane, whatever it is for; then yes to whatever it asks."""
    async with watched(WHOLE) as (app, pilot, demo):
        before = picture(demo.host.world)
        keys = [key for a in ACTIONS if a.id not in ENDS for key in a.keys.split(",")]
        for pane, key in product(range(5), keys):
            await back(app, pilot, pane)
            await pilot.press(key)
            for _ in range(2):
                if asks(app):
                    await agree(app, pilot)
        assert picture(demo.host.world) == before
        only_read(demo)


def lines_for(pane: int) -> list[str]:
    """All forms of all words in the containers pane; one of each that changes things elsewhere."""
    if pane == 1:
        return [line for lines in WORDS.values() for line in lines]
    return [WORDS[word][pane % len(WORDS[word])] for word in sorted(LINES)]


@pytest.mark.parametrize("access", [WHOLE, BY_NAMESPACE], ids=["whole", "by namespace"])
async def test_no_word_changes_anything(access: Access) -> None:
    async with watched(access) as (app, pilot, demo):
        before = picture(demo.host.world)
        for pane in range(5) if access.read_only else (1,):
            await back(app, pilot, pane)
            for line in lines_for(pane):
                await say(app, pilot, line)
                while asks(app):
                    await agree(app, pilot)
        assert picture(demo.host.world) == before
        only_read(demo)


async def say(app: CtdeckApp, pilot: Pilot[None], line: str) -> None:
    """Type it; a line that was refused stays, and is written over."""
    if not app.main.commanding:
        app.main.open("command", text=line)
    else:
        app.main.query_one("CommandLine Input", Input).value = line
    await pilot.press("enter")


async def test_the_palette_offers_and_does_nothing_that_changes() -> None:
    async with watched(WHOLE, (60, 160)) as (app, pilot, demo):
        before = picture(demo.host.world)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Choose a namespace" in screen_text(app))
        assert "Stop it" not in screen_text(app)
        assert "Delete" not in screen_text(app)
        for title in ("stop", "delete", "pull"):
            app.screen.query_one(Input).value = title
            await pilot.press("enter", "y")
            await back(app, pilot, 1)
            await pilot.press("ctrl+p")
        assert picture(demo.host.world) == before
        only_read(demo)


async def test_one_namespace_is_read_only_and_the_other_is_not() -> None:
    """The same key on the rows of both; the top line and the refusal say which."""
    where = "/etc/ctdeck.toml, line 2 says so: change that, and start ctdeck again."
    access = Access(namespaces=frozenset({"default"}), remedies={"default": where})
    async with watched(access, (80, 24)) as (app, pilot, demo):
        assert "read-only: default" in screen_text(app).splitlines()[0]
        world = demo.host.world
        kept, gone = dict(world.look("default").containers), "builds"
        left = len(world.look(gone).containers)
        for namespace in ("default", gone):
            app.main.set_scope(namespace)
            await pilot.press("2", "g")
            await until(pilot, lambda it=namespace: is_on(app, it))  # type: ignore[misc]
            offered = "delete" in screen_text(app).splitlines()[-1]
            assert offered == (namespace == gone)
            await pilot.press("D")
            if offered:
                await until(pilot, lambda: len(app.screen_stack) > 1)
                await pilot.press("y")
            else:
                await until(pilot, lambda: "line 2 says so" in screen_text(app))
                await back(app, pilot, 1)
        await until(pilot, lambda: len(world.look(gone).containers) == left - 1)
        assert world.look("default").containers == kept


def is_on(app: CtdeckApp, namespace: str) -> bool:
    return isinstance(app.main.row, ContainerRow) and app.main.row.container.namespace == namespace
