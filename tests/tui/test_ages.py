"""Ages on the main screen: drawn again when they read differently, and nothing wakes before."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from aiocontainerd.models import Snapshot
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.formatting import age, age_lasts
from ctdeck.screens import showing
from ctdeck.settings import Session
from ctdeck.widgets.table import Table
from tests.tui.apps import lines_of, running, until
from tests.tui.worlds import NOW, ago, container


@pytest.mark.parametrize("seconds", [0, 0.5, 1, 59, 59.5, 60, 61, 3599, 3600, 90_000, 4e7, -3])
def test_an_age_lasts_until_it_reads_differently(seconds: float) -> None:
    since = NOW - timedelta(seconds=seconds)
    lasts = age_lasts(since, NOW)
    assert age(since, NOW) == age(since, NOW + timedelta(seconds=lasts - 0.001))
    assert age(since, NOW) != age(since, NOW + timedelta(seconds=lasts + 0.001))


def snapshot(*created: datetime) -> Snapshot:
    """A world of containers that were made at these times."""
    made = [container(f"c{i}", created_at=when) for i, when in enumerate(created)]
    return Snapshot(loaded=True, containers={each.key: each for each in made})


def waits(app: CtdeckApp) -> float:
    """Seconds until the app looks at the clock."""
    assert app.main.showing.tick_at is not None
    return app.main.showing.tick_at - asyncio.get_running_loop().time()


async def test_nothing_wakes_before_the_next_age_changes() -> None:
    async with running(snapshot(ago(days=3), ago(minutes=5, seconds=40))) as (app, _):
        assert 15 < waits(app) <= 20


async def test_old_rows_are_looked_at_seldom() -> None:
    async with running(snapshot(ago(days=3), ago(hours=5))) as (app, _):
        assert 55 < waits(app) <= showing.LONGEST


async def test_a_young_row_ticks_each_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "SOONEST", 0.01)
    session = Session(Store())
    async with running(snapshot(ago(hours=5)), session=session) as (app, pilot):
        assert waits(app) > 50
        Table.now = staticmethod(lambda: NOW + timedelta(seconds=0.99))
        session.store.publish(snapshot(ago(hours=5), ago(seconds=4)))
        await until(pilot, lambda: "4 s" in "".join(lines_of(app.main.view.table)))
        Table.now = staticmethod(lambda: NOW + timedelta(seconds=1.99))
        await until(pilot, lambda: "5 s" in "".join(lines_of(app.main.view.table)))
        assert waits(app) < 1
