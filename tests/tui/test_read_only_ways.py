"""A way to do each thing that changes something: it works where it may, and nowhere else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot

from aiocontainerd.access import FREE, Access
from aiocontainerd.audit import at_hand
from aiocontainerd.gate import FLEETING_CALLS, Gate
from ctdeck.actions import ACTIONS, BY_ID
from ctdeck.app import CtdeckApp
from ctdeck.command.words import BY_NAME
from ctdeck.screens import dialog
from tests.tui.apps import screen_text, until
from tests.tui.handing import play
from tests.tui.readonly import BY_NAMESPACE, WHOLE, asks, only_read, picture, watched
from tests.tui.ways import LINES, LOOKING, ROWS, WORDS, agree, changes, go_to


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    play(monkeypatch).leave = True


def test_there_is_a_way_for_each_action_and_each_word() -> None:
    """Who adds one that changes something adds its way: below it has to work, and be refused."""
    changing = [action for action in ACTIONS if action.changes]
    assert {(action.id, pane) for action in changing for pane in action.panes} == set(ROWS)
    assert all(action.panes for action in changing)
    assert set(BY_NAME) == set(LINES) | LOOKING | {"quit", "q"}
    assert set(WORDS) == set(LINES) | LOOKING
    assert {word for action in changing for word in action.words} <= set(LINES)
    assert all(line.split()[0] == word for word, line in LINES.items())


async def by_key(app: CtdeckApp, pilot: Pilot[None], way: tuple[str, str]) -> None:
    """Its first key, on its row."""
    action, pane = way
    await go_to(app, pilot, pane, ROWS[way])
    await pilot.press(BY_ID[action].keys.split(",")[0])


async def by_word(app: CtdeckApp, pilot: Pilot[None], word: str) -> None:
    """Its line, typed."""
    await go_to(app, pilot, "containers", "")
    app.main.open("command", text=LINES[word])
    await pilot.press("enter")


Way = Callable[[CtdeckApp, Pilot[None]], Awaitable[None]]
KEYS: list[Way] = [partial(by_key, way=way) for way in ROWS]
SAID: list[Way] = [partial(by_word, word=word) for word in LINES]


def action_of(way: Way) -> str:
    """The id of the action that it is a way to."""
    given = way.keywords  # type: ignore[attr-defined]
    if "way" in given:
        return str(given["way"][0])
    return next((a.id for a in ACTIONS if given["word"] in a.words), f"task.{given['word']}")


@pytest.fixture
def verbs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """As part of what each changing call has been made: so it stands in the audit."""
    made: list[str] = []
    admit = Gate._admit

    def noted(self: Gate, path: str, *more: Any) -> Any:
        if path not in FLEETING_CALLS:
            made.append(at_hand())
        return admit(self, path, *more)

    monkeypatch.setattr(Gate, "_admit", noted)
    return made


@pytest.mark.parametrize("ways", [KEYS, SAID], ids=["keys", "words"])
async def test_each_way_changes_something_where_it_may(ways: list[Way], verbs: list[str]) -> None:
    """Else that nothing comes through elsewhere would mean nothing."""
    async with watched(FREE) as (app, pilot, demo):
        demo.simulator.speed.download = demo.simulator.speed.unpack = 1e12
        for way in ways:
            await until(pilot, lambda: is_idle(app), f"the end of what came before {way}")
            before = changes(demo)
            verbs.clear()
            await way(app, pilot)
            while changes(demo) == before:
                await until(pilot, lambda it=before: asks(app) or changes(demo) > it, str(way))  # type: ignore[misc]
                assert type(app.screen).__name__ != "MessageScreen", screen_text(app)
                await agree(app, pilot)
            assert set(verbs) == {action_of(way)}


def is_idle(app: CtdeckApp) -> bool:
    """Nothing is being done any more."""
    pulls = app.pulls
    works = any(worker.is_running and worker.group in BY_ID for worker in app.workers)
    return not works and pulls is not None and all(job.done for job in pulls.jobs)


@pytest.mark.parametrize(
    ("access", "screen", "ways"),
    [(BY_NAMESPACE, None, KEYS), (WHOLE, FREE, KEYS + SAID), (BY_NAMESPACE, FREE, KEYS[:2])],
    ids=["by namespace", "gate alone", "gate alone, by namespace"],
)
async def test_no_way_changes_anything(
    access: Access, screen: Access | None, ways: list[Way]
) -> None:
    """Also where no screen, form or question knows of read-only: then it is refused by the gate."""
    async with watched(access, screen=screen) as (app, pilot, demo):
        before = picture(demo.host.world)
        for way in ways:
            await way(app, pilot)
            for _ in range(2):
                if asks(app):
                    await agree(app, pilot)
            assert not changes(demo), way
        assert picture(demo.host.world) == before
        only_read(demo)
