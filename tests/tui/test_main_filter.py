"""Filters, the order and the namespace of the main screen's lists."""

from __future__ import annotations

import pytest

from ctdeck.screens import dialog
from ctdeck.settings import Settings
from tests.tui.apps import lines_of, running, screen_text, titles, until
from tests.tui.hosts import typed
from tests.tui.worlds import container, snapshot


async def test_the_namespaces_can_be_told_apart_on_the_smallest_screen() -> None:
    twins = [container("web", namespace=name) for name in ("default", "staging")]
    async with running(snapshot(containers=twins), size=(40, 10)) as (app, _):
        assert [line.split()[0] for line in lines_of(app.main.view.table)[1:3]] == [
            "▌default",
            "staging",
        ]


async def test_a_title_keeps_its_letters_beside_the_mark_of_the_order() -> None:
    async with running(snapshot(containers=[container("web")])) as (app, pilot):
        names = ("NAMESPACE▲", "CONTAINER▲", "STATUS▲", "IMAGE▲", "AGE▲")  # of what it has
        for title in names:
            await pilot.press("shift+right")
            assert title in titles(app)


async def test_filter_as_one_types_enter_keeps_it_and_escape_clears_it() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *"web")
        await until(pilot, lambda: len(app.main.view.table.view.shown) == 3)
        assert "3/6" in screen_text(app)
        await pilot.press("enter")
        assert app.focused is app.main.view.table
        assert len(app.main.view.table.view.shown) == 3
        found = app.main.row
        await pilot.press("escape")
        assert len(app.main.view.table.view.shown) == 6
        assert app.main.row == found  # the next key is for it


async def test_escape_in_the_prompt_goes_back_to_the_row_from_which_one_looked() -> None:
    async with running() as (app, pilot):
        here = app.main.row
        await pilot.press("slash", *"db")
        await until(pilot, lambda: app.main.row != here)
        await pilot.press("escape")
        await until(pilot, lambda: app.main.row == here)


async def test_a_filter_that_is_there_is_typed_over_or_gone_on_with() -> None:
    async with running() as (app, pilot):
        table = app.main.view.table
        await pilot.press("slash", *"web", "enter", "slash")
        await until(pilot, lambda: "typing replaces it, → goes on" in screen_text(app))
        assert len(table.view.shown) == 3
        await pilot.press(*"db")
        await until(pilot, lambda: [row.key.id for row in table.view.shown] == ["db"])
        assert "typing replaces it" not in screen_text(app)
        await pilot.press("enter", "slash")
        await until(pilot, lambda: "typing replaces it" in screen_text(app))
        await pilot.press("right")
        await until(pilot, lambda: "typing replaces it" not in screen_text(app))
        await pilot.press("backspace")
        await until(pilot, lambda: app.main.view.filter == "d")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("!web", {"never-started", "batch-20261123", "db"}),
        ("~^w|^batch", {"web1", "web2", "batch-20261123", "f1b2c3d4e5f60718293a4b5c6d7e8f90"}),
        ("-f btch23", {"batch-20261123"}),
        ("DATABASE", {"db"}),
        ("paused", {"db"}),
        ("~^nginx", {"web1", "web2", "never-started"}),
        ("exited 137", {"batch-20261123"}),
    ],
)
async def test_kinds_of_filters(text: str, ids: set[str]) -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *[{"~": "tilde", " ": "space"}.get(c, c) for c in text])
        table = app.main.view.table
        await until(pilot, lambda: {row.key.id for row in table.view.shown} == ids, text)


async def test_a_broken_pattern_is_said_and_the_list_stays() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *"nginx", "enter", "slash", "ctrl+u")
        await typed(pilot, "~nginx[a-")
        why = "⚠ not a regular expression: missing ]: [a-"
        await until(pilot, lambda: why in screen_text(app))
        await pilot.press("enter")  # keeps nothing: it is no filter
        assert app.main.filtering
        assert why in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: why not in screen_text(app))
        assert len(app.main.view.table.view.shown) == 6


async def test_sorting_and_its_mark_in_the_title() -> None:
    async with running() as (app, pilot):
        await pilot.press("shift+right", "shift+right")
        table = app.main.view.table
        ids = [row.key.id for row in table.view.shown]
        assert ids == sorted(ids)
        assert "CONTAINER▲" in lines_of(table)[0]
        await pilot.press("o")
        assert [row.key.id for row in table.view.shown] == sorted(ids, reverse=True)
        assert "CONTAINER▼" in lines_of(table)[0]


async def test_its_mark_says_which_way_a_b_and_the_smallest_first_are_up() -> None:
    async with running() as (app, pilot):
        await pilot.press("1")
        table = app.main.view.table
        for column, title in (("reference", "REFERENCE▲"), ("size", "SIZE▼"), ("age", "AGE▲")):
            table.sort_by(column)
            assert title in titles(app)
        table.sort_by("size")
        sizes = [row.image.details.size for row in table.view.shown]
        assert sizes == sorted(sizes, reverse=True)
        await pilot.press("o")
        assert "SIZE▲" in titles(app)
        await pilot.press("5")
        assert "TIME▼" in titles(app)


async def test_choosing_a_namespace_takes_its_column_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    async with running() as (app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: "6 containers" in screen_text(app))
        assert "1 container " in screen_text(app)
        await pilot.press("j", "j")
        await pilot.press("enter")
        await until(pilot, lambda: app.main.scope == "k8s.io")
        assert [row.key.namespace for row in app.main.view.table.view.shown] == ["k8s.io"]
        assert "NAMESPACE" not in lines_of(app.main.view.table)[0]
        assert "ns k8s.io" in screen_text(app)


async def test_an_empty_namespace_says_where_there_are_rows() -> None:
    settings = Settings(namespace="moby")
    async with running(settings=settings) as (app, _):
        assert "no containers in moby; default has 5: press n" in screen_text(app)
