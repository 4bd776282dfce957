"""Tabs that are read when they are looked at: once, again, late, failed, too much."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import pytest

from aiocontainerd.errors import Unavailable
from aiocontainerd.models import Phase
from aiocontainerd.store import Store
from ctdeck.descriptions.facts import Fact, within
from ctdeck.lookups import Lookup
from ctdeck.rows import ContainerRow, Row
from ctdeck.screens import looking
from ctdeck.settings import Session
from tests.tui.apps import running, screen_text, until
from tests.tui.test_details import Client
from tests.tui.worlds import world

WIDE = (140, 40)
THERE = ("right_square_bracket",) * 3  # details, stats, mounts, and the one that is made


class Reads:
    """Answers when a test says so; `asked` are the ids in their order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, every: float = 0.0) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, asyncio.Future[list[Fact]]] = {}
        self.swallows = False
        lookup = Lookup("Made", self.of, self.read, "waiting for it", every)
        monkeypatch.setattr(looking, "LOOKUPS", (lookup,))

    def of(self, row: Row) -> Hashable | None:
        return row.key if isinstance(row, ContainerRow) else None

    async def read(self, client: Any, row: Row) -> list[Fact]:
        assert isinstance(row, ContainerRow)
        self.asked.append(row.container.id)
        answer = asyncio.get_running_loop().create_future()
        self.answers[row.container.id] = answer
        try:
            return await answer
        except asyncio.CancelledError:
            if not self.swallows:
                raise
            return [Fact("", "a late answer")]

    def say(self, id: str, *words: str) -> None:
        self.answers[id].set_result([Fact("", each) for each in words])


def session() -> Session:
    return Session(Store(), client=Client())  # type: ignore[arg-type]


async def test_it_is_read_while_it_is_looked_at_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = Reads(monkeypatch)
    async with running(session=session(), size=WIDE) as (app, pilot):
        app.main.detail_view.refresh()
        assert reads.asked == []
        await pilot.press(*THERE)
        await until(pilot, lambda: "waiting for it" in screen_text(app))
        reads.say("web2", "what web2 is")
        await until(pilot, lambda: "what web2 is" in screen_text(app))
        await pilot.press("j")
        await until(pilot, lambda: "never-started" in reads.asked)
        assert "what web2 is" not in screen_text(app)
        await pilot.press("k")
        await until(pilot, lambda: "what web2 is" in screen_text(app))
        assert reads.asked == ["web2", "never-started"]


async def test_an_answer_that_comes_after_one_has_moved_on_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = Reads(monkeypatch)
    reads.swallows = True
    async with running(session=session(), size=WIDE) as (app, pilot):
        await pilot.press(*THERE)
        await until(pilot, lambda: reads.asked == ["web2"])
        await pilot.press("j")
        await until(pilot, lambda: len(reads.asked) == 2)
        await until(pilot, lambda: reads.answers["web2"].cancelled())
        await pilot.press("k")
        await until(pilot, lambda: reads.asked == ["web2", "never-started", "web2"])
        assert "waiting for it" in screen_text(app)
        assert "late answer" not in screen_text(app)


async def test_what_failed_is_said_and_asked_for_again_when_the_daemon_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads, here = Reads(monkeypatch), session()
    async with running(session=here, size=WIDE) as (app, pilot):
        await pilot.press(*THERE)
        await until(pilot, lambda: reads.asked == ["web2"])
        reads.answers["web2"].set_exception(Unavailable("the daemon is gone"))
        await until(pilot, lambda: "the daemon is gone" in screen_text(app))
        here.store.publish(replace(world(), phase=Phase.LOST))
        await until(pilot, lambda: app.main.snapshot.phase is Phase.LOST)
        assert reads.asked == ["web2"]
        here.store.publish(world())
        await until(pilot, lambda: reads.asked == ["web2", "web2"])
        reads.say("web2", "back again")
        await until(pilot, lambda: "back again" in screen_text(app))
        assert "is gone" not in screen_text(app)


async def test_what_changes_is_read_again_while_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = Reads(monkeypatch, every=0.001)
    async with running(session=session(), size=WIDE) as (app, pilot):
        await pilot.press(*THERE)
        await until(pilot, lambda: len(reads.asked) == 1)
        reads.say("web2", "the first")
        await until(pilot, lambda: len(reads.asked) == 2)
        assert "the first" in screen_text(app)
        reads.say("web2", "the second")
        await until(pilot, lambda: "the second" in screen_text(app))
        await until(pilot, lambda: len(reads.asked) == 3)
        await pilot.press("question_mark")  # over it: nothing is asked for what is not seen
        await until(pilot, lambda: app.screen is not app.main)
        reads.say("web2", "the third")
        await pilot.pause(0.05)
        assert len(reads.asked) == 3
        await pilot.press("escape")
        await until(pilot, lambda: len(reads.asked) == 4)
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: reads.answers["web2"].cancelled())


def test_what_is_too_much_is_cut_and_said() -> None:
    assert within([Fact("a", "b")], 1) == [Fact("a", "b")]
    many = within((Fact("", str(number)) for number in range(5_000)), 5_000, "y")
    assert (len(many), many[-1].value) == (1_001, "… and 4,000 more lines; y shows all")
    large = within([Fact("", "x" * 50_000)] * 5, 5, "y")
    assert (len(large), large[-1].value) == (3, "… and 3 more lines; y shows all")
    assert within([Fact("", "*", "", "x" * (1 << 18))], 1)[0].value.startswith("… and 1 ")
