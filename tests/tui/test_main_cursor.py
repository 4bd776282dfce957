"""The cursor on the main screen: it holds its row while others come and go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from aiocontainerd.models import Key
from ctdeck.app import CtdeckApp
from tests.tui.apps import lines_of, running, screen_text, until
from tests.tui.worlds import NOW, ago, container, snapshot, world


async def publish_tasks(app: CtdeckApp, pilot: Pilot[None], *gone: str) -> None:
    """All the tasks of the world but these."""
    left = {k: t for k, t in world().tasks.items() if t.id not in gone}
    app.store.publish(replace(app.store.snapshot, tasks=left))
    await until(pilot, lambda: len(app.main.view.table.view.shown) == len(left))


async def test_moves() -> None:
    many = [container(f"c{n:03}", created_at=ago(minutes=n)) for n in range(100)]
    async with running(snapshot(containers=many)) as (app, pilot):
        table = app.main.view.table

        async def at(*keys: str) -> int:
            await pilot.press(*keys)
            return table.view.index

        assert await at("j", "j", "down") == 3
        assert await at("k", "up") == 1
        assert await at("G") == 99
        assert "c099" in lines_of(table)[-1]
        assert await at("g") == 0
        assert await at("pagedown") == table.page
        assert await at("ctrl+d") == table.page + table.page // 2
        assert await at("ctrl+u", "pageup") == 0


async def test_the_cursor_stays_with_its_row_when_others_come_and_go() -> None:
    async with running() as (app, pilot):
        table = app.main.view.table
        await pilot.press("j", "j")
        assert table.current.key == Key("default", "web1")
        store = app.store
        newer = container("newer", created_at=NOW)
        now = store.snapshot
        store.publish(replace(now, containers={**now.containers, newer.key: newer}))
        await until(pilot, lambda: len(table.view.shown) == 7)
        assert table.current.key == Key("default", "web1")
        assert table.view.index == 3


async def test_if_its_row_vanishes_the_cursor_takes_the_next() -> None:
    async with running() as (app, pilot):
        table = app.main.view.table
        await pilot.press("j", "j")
        now = app.store.snapshot
        left = {k: c for k, c in now.containers.items() if c.id != "web1"}
        app.store.publish(replace(now, containers=left))
        await until(pilot, lambda: len(table.view.shown) == 5)
        assert table.current.key.id.startswith("f1b2")


async def test_a_restarted_task_gets_the_cursor_back() -> None:
    async with running(size=(120, 35)) as (app, pilot):
        await pilot.press("3", "j", "j", "j")
        assert app.main.row is not None
        assert app.main.row.key == Key("default", "web1")
        await publish_tasks(app, pilot, "web1")
        assert app.main.row is None
        await publish_tasks(app, pilot)
        assert app.main.row is not None
        assert app.main.row.key == Key("default", "web1")


async def test_while_its_row_is_gone_no_key_acts_on_the_neighbour() -> None:
    async with running() as (app, pilot):
        await pilot.press("3", "j", "j", "j")
        await publish_tasks(app, pilot, "web1")
        assert "▌" not in screen_text(app)
        assert "nothing is selected: its row is gone  j k choose one" in screen_text(app)
        for key in ("z", "s", "D", "S", "R", "K", "r", "c", "enter"):
            await pilot.press(key)
            await until(pilot, lambda: "The row you were on is gone. M" in screen_text(app))
            assert len(app.screen_stack) == 1
            app.clear_notifications()
        assert app.clipboard == ""
        await pilot.press("j")
        assert app.main.row is not None
        assert app.main.row.key == Key("default", "web2")
        assert "▌default" in screen_text(app)
        assert "nothing is selected" not in screen_text(app)
        await publish_tasks(app, pilot)
        assert app.main.row.key == Key("default", "web2")


async def test_another_namespace_is_not_a_vanished_row() -> None:
    async with running() as (app, _):
        app.main.set_scope("k8s.io")
        assert app.main.row is not None


@pytest.mark.parametrize("text", ["zzzz", "db"])
async def test_a_filter_that_is_cleared_leaves_the_cursor_where_it_was(text: str) -> None:
    async with running() as (app, pilot):
        view = app.main.view.table.view
        await pilot.press("j", "j", "j")
        at = view.current.key
        assert at.id not in ("db", view.shown[0].key.id)
        await pilot.press("slash", *text)
        await until(pilot, lambda: len(view.shown) == (text == "db"))
        await pilot.press("escape")
        assert len(view.shown) == 6
        assert view.current.key == at


async def test_news_do_not_move_the_cursor_back_to_what_a_filter_hid() -> None:
    first = snapshot(containers=[container("web1"), container("web2"), container("db")])
    async with running(first) as (app, pilot):
        view = app.main.view.table.view
        app.main.view.table.move_to_key(("default", "db"))
        await pilot.press("slash", *"web", "enter")
        on = view.current.key
        assert on.id != "db"
        again = container("db", labels={"nerdctl/name": "web"})
        later = replace(first, containers={**first.containers, again.key: again}, generation=9)
        app.store.publish(later)
        await until(pilot, lambda: len(view.shown) == 3)
        assert view.current.key == on
