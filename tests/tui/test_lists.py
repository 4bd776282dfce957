"""The lists over time: only what reads differently is drawn, and nothing is lost meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from aiocontainerd.models import Event, Key, Snapshot
from ctdeck.screens.paneview import PaneView
from tests.tui.apps import lines_of, running, screen_text, until
from tests.tui.worlds import NOW, ago, container, image, snapshot, world


async def test_news_of_one_row_draw_one_line() -> None:
    async with running(size=(200, 50)) as (app, pilot):
        table = app.main.view.table
        drawn: list[int] = []
        table.refresh_line = drawn.append
        now = app.store.snapshot
        key = Key("default", "web1")
        changed = replace(now.containers[key], image="docker.io/library/other:1")
        app.store.publish(replace(now, containers={**now.containers, key: changed}))
        await until(pilot, lambda: app.main.snapshot.generation == app.store.snapshot.generation)
        assert drawn == [1 + table.view.keys.index(key)]
        assert "other:1" in table.render_line(drawn[0]).text


async def test_a_snapshot_without_news_draws_nothing() -> None:
    async with running(size=(160, 48)) as (app, pilot):
        drawn: list[int] = []
        for view in app.main.views.values():
            view.table.refresh_line = drawn.append  # type: ignore[assignment]
        now = app.store.snapshot
        app.store.publish(replace(now, containers=dict(now.containers), tasks=dict(now.tasks)))
        await until(pilot, lambda: app.main.snapshot.generation == app.store.snapshot.generation)
        assert drawn == []


async def test_a_row_that_went_while_its_pane_was_hidden() -> None:
    async with running() as (app, pilot):
        await pilot.press("j", "j")
        assert app.main.row is not None
        assert app.main.row.key == Key("default", "web1")
        await pilot.press("3")
        now = app.store.snapshot
        left = {k: c for k, c in now.containers.items() if c.id not in ("web1", "web2")}
        app.store.publish(replace(now, containers=left, loaded=True, error="other words"))
        await until(pilot, lambda: app.main.snapshot.generation == app.store.snapshot.generation)
        await pilot.press("2")
        assert len(app.main.view.table.view.shown) == 4
        assert app.main.row is None
        assert "web1" not in "".join(lines_of(app.main.view.table))


async def test_another_namespace_while_its_pane_was_hidden() -> None:
    async with running() as (app, pilot):
        await pilot.press("3")
        app.main.set_scope("k8s.io")
        await pilot.press("2")
        assert app.main.row is not None
        assert [row.key.namespace for row in app.main.view.table.view.shown] == ["k8s.io"]


async def test_other_columns_and_rows_while_its_pane_was_hidden_under_a_filter() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *"web", "enter", "3")
        now = app.store.snapshot
        left = {k: c for k, c in now.containers.items() if c.id != "web1"}
        app.store.publish(replace(now, containers=left))
        await until(pilot, lambda: app.main.snapshot.generation == app.store.snapshot.generation)
        app.main.set_scope("default")  # no column for the namespace
        await pilot.press("2")
        await until(pilot, lambda: "[2 Containers" in screen_text(app))
        assert {row.key.id for row in app.main.view.table.view.shown} == {"web2"}
        assert screen_text(app).splitlines()[2].split()[0] == "CONTAINER"


async def test_a_filter_that_takes_long_goes_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctdeck.widgets.rowview.AT_ONCE", -1.0)
    monkeypatch.setattr("ctdeck.widgets.texts.PIECE", 1)
    async with running() as (app, pilot):
        await pilot.press("j", "j", "slash", *"web1")
        await until(pilot, lambda: "1/6" in screen_text(app))
        view = app.main.view.table.view
        await until(pilot, lambda: view.is_complete)
        assert [row.key.id for row in view.shown] == ["web1"]
        await until(pilot, lambda: screen_text(app).splitlines()[-2].rstrip().endswith("1/6"))
        assert "1/6" in screen_text(app).splitlines()[1]


async def test_news_in_the_middle_of_a_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctdeck.widgets.rowview.AT_ONCE", -1.0)
    monkeypatch.setattr("ctdeck.widgets.texts.PIECE", 1)
    async with running() as (app, pilot):
        app.main.view.set_filter("web", app.main.snapshot)
        view = app.main.view.table.view
        assert not view.is_complete
        now = app.store.snapshot
        new = container("web9", created_at=NOW)
        app.store.publish(replace(now, containers={**now.containers, new.key: new}))
        await until(pilot, lambda: view.is_complete and len(view.shown) == 4)
        assert [row.key.id[:4] for row in view.shown] == ["web9", "web2", "web1", "f1b2"]


async def test_events_that_are_not_kept_are_told_of() -> None:
    events = [Event(n, NOW, "default", "/tasks/start", f"c{n}") for n in range(12_000, 12_346)]
    many = replace(world(), events=tuple(events), events_total=12_345)
    async with running(many) as (app, pilot):
        await pilot.press("5")
        assert "346 of 12,345" in screen_text(app).splitlines()[1]
        app.main.set_scope("k8s.io")
        await pilot.pause()
        assert "11,999 older ones are not kept" in screen_text(app)
    async with running(many, size=(120, 40)) as (app, _):
        assert "5 Events 346 of 12,345" in screen_text(app)


async def test_without_rows_there_is_no_row() -> None:
    async with running(snapshot()) as (app, pilot):
        assert app.main.row is None
        await pilot.press("j", "G", "k")
        assert app.main.row is None


async def test_a_pane_that_is_shown_again_has_its_columns() -> None:
    async with running(world()) as (app, pilot):
        await pilot.press("1")
        await until(pilot, lambda: "[1 Images" in screen_text(app))
        app.main.session.store.publish(replace(world(), tasks={}))  # news while it is hidden
        await pilot.press("2")
        await until(pilot, lambda: "[2 Containers" in screen_text(app))
        titles = screen_text(app).splitlines()[2].split()
        assert titles == ["NS", "CONTAINER", "POD", "NAME", "STATUS", "IMAGE", "AGE▲"]


async def test_rows_that_come_before_all_are_read_do_not_take_the_cursor() -> None:
    whole = world()
    one = dict(list(whole.containers.items())[3:4])
    async with running(replace(whole, containers=one, loaded=False)) as (app, pilot):
        table = app.main.views["containers"].table
        await until(pilot, lambda: len(table.view.keys) == 1)
        app.main.session.store.publish(whole)
        await until(pilot, lambda: len(table.view.keys) == len(whole.containers))
        assert (table.view.index, table.scroll_y) == (0, 0)


async def test_at_80_columns_a_filter_that_is_kept_is_told() -> None:
    async with running(world()) as (app, pilot):
        await pilot.press("slash", *"web", "enter")
        await until(pilot, lambda: screen_text(app).splitlines()[0].rstrip().endswith("/web"))


async def test_a_pane_that_is_alone_cannot_be_larger() -> None:
    async with running(world()) as (app, pilot):
        await pilot.press("plus")
        await until(pilot, lambda: "whole screen" in screen_text(app))


async def test_a_pane_is_left_while_its_filter_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctdeck.widgets.rowview.AT_ONCE", -1.0)
    monkeypatch.setattr("ctdeck.widgets.texts.PIECE", 1)
    monkeypatch.setattr("ctdeck.widgets.turns.BREATH", 0.05)
    async with running() as (app, pilot):
        table = app.main.view.table
        app.main.view.set_filter("web", app.main.snapshot)
        assert not table.view.is_complete
        await pilot.press("3")
        now = app.store.snapshot
        left = {
            key: each for key, each in now.containers.items() if each.id not in ("web1", "web2")
        }
        app.store.publish(replace(now, containers=left))
        await until(pilot, lambda: table.turns._timer is None)
        await pilot.press("2")
        await until(pilot, lambda: table.view.is_complete)
        assert not any("/web1" in line for line in lines_of(table))


async def test_another_namespace_while_a_filter_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctdeck.widgets.rowview.AT_ONCE", -1.0)
    monkeypatch.setattr("ctdeck.widgets.texts.PIECE", 1)
    async with running() as (app, pilot):
        table = app.main.view.table
        app.main.view.set_filter("e", app.main.snapshot)
        app.main.set_scope("k8s.io")
        await until(pilot, lambda: table.view.is_complete)
        assert table.view.missing is None
        assert app.main.row is not None


async def test_an_empty_list_offers_only_what_can_be_done_on_nothing() -> None:
    async with running(snapshot(images=[image("a")])) as (app, pilot):

        def offered() -> str:
            return screen_text(app).splitlines()[-1].strip()

        await until(pilot, lambda: offered() == "n namespace  : command  ? help  q quit")
        await pilot.press("6")
        await until(pilot, lambda: offered().startswith("ctrl+r read again  n namespace"))
        await pilot.press("1")
        await until(pilot, lambda: "D delete" in offered() and "/ filter" in offered())
        await pilot.press("slash", *"zzz", "enter")  # an empty one, but not for ever
        await until(pilot, lambda: "D delete" not in offered() and "/ filter" in offered())


async def test_a_list_that_does_not_come_is_not_empty() -> None:
    hung = replace(world(), containers={}, tasks={}, reading=frozenset({"containers"}))
    async with running(hung) as (app, pilot):
        await until(pilot, lambda: "still reading the containers" in screen_text(app))
        app.store.publish(replace(hung, reading=frozenset()))
        await until(pilot, lambda: "no containers in any namespace" in screen_text(app))


async def test_where_many_have_come_a_list_is_made_in_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To put each in its place among a hundred thousand would hold the loop for seconds."""
    turns: list[str] = []
    prepare = PaneView.prepare
    monkeypatch.setattr("ctdeck.screens.showing.MANY", 1)
    boxes = [container(f"c{number:04}", created_at=ago(minutes=number)) for number in range(2500)]
    first = snapshot(containers=boxes[100::2])
    async with running(first, size=(200, 50)) as (app, pilot):
        table = app.main.view.table
        await until(pilot, lambda: len(table.view.keys) == 1200 and table.turns.are_over)

        def counting(view: PaneView, now: Snapshot, scope: str | None) -> Iterator[None]:
            for _ in prepare(view, now, scope):
                turns.append(view.pane.id)
                yield

        monkeypatch.setattr(PaneView, "prepare", counting)
        measured: list[object] = []
        monkeypatch.setattr(table.sheet.widths, "forget", lambda: measured.append(1))
        table.move_to_key(boxes[900].key)
        for there, in_turns in ((boxes[98::2], False), (boxes[98:600] + boxes[600::2], True)):
            turns.clear()
            app.store.publish(snapshot(containers=there))
            await until(pilot, lambda: len(table.view.keys) == len(there))  # noqa: B023
            assert table.view.all == app.main.view.pane.listing.keys(app.main.snapshot, None)
            assert ("containers" in turns) is in_turns
            assert table.current.key == boxes[900].key
        assert not measured


async def test_long_lists_are_made_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop is free on the way; of another namespace by then, they are made anew."""
    turns: list[str] = []
    prepare = PaneView.prepare
    monkeypatch.setattr("ctdeck.screens.showing.MANY", 1)
    monkeypatch.setattr("ctdeck.listings.mounts.PIECE", 1)
    async with running(Snapshot(), size=(200, 50)) as (app, pilot):

        def counting(view: PaneView, now: Snapshot, scope: str | None) -> Iterator[None]:
            for _ in prepare(view, now, scope):
                turns.append(view.pane.id)
                if view.pane.id == "mounts":
                    app.main.scope = "k8s.io"
                yield

        monkeypatch.setattr(PaneView, "prepare", counting)
        app.store.publish(world())
        await until(pilot, lambda: bool(app.main.views["events"].table.view.keys))
        assert turns.count("containers") == 3
        assert turns.count("mounts") >= len(world().containers)
        for view in app.main.views.values():
            assert view.table.view.all == view.pane.listing.keys(app.main.snapshot, "k8s.io")
