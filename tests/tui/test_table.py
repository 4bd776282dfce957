"""The table by itself: columns that give way, hostile text, ten thousand rows, few redraws."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from ctdeck.filtering import compile_filter
from ctdeck.formatting import age
from ctdeck.styles import style_path
from ctdeck.widgets.column import Column
from ctdeck.widgets.maderows import of_these
from ctdeck.widgets.table import Table
from tests.tui.apps import lines_of, until
from tests.tui.worlds import NOW, ago


class Row(NamedTuple):
    key: Hashable
    text: str = ""
    since: datetime | None = None


COLUMNS: list[Column[Row]] = [
    Column("key", "KEY", lambda r, _: str(r.key), lambda r: r.key, minimum=3),
    Column("text", "TEXT", lambda r, _: (r.text, "good"), lambda r: r.text, priority=1, minimum=6),
    Column(
        "age",
        "AGE",
        lambda r, now: age(r.since, now),
        lambda r: r.since,
        priority=2,
        right=True,
        when=lambda r: r.since,
    ),
]


class TableApp(App[None]):
    CSS_PATH = style_path("table")

    def __init__(self, *, follow: bool = False) -> None:
        super().__init__()
        from ctdeck.theme import DARK

        self.register_theme(DARK)
        self.theme = DARK.name
        self.table: Table[Row] = Table(COLUMNS, follow=follow)

    def compose(self) -> ComposeResult:
        yield self.table


async def shown(pilot: Pilot[None], rows: list[Row]) -> None:
    app = pilot.app
    assert isinstance(app, TableApp)
    app.table.set_rows(rows)
    await until(pilot, lambda: len(app.table.view.shown) == len(rows))


async def test_ten_thousand_rows_are_scrolled_not_drawn() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await shown(pilot, [Row(n, f"row {n}") for n in range(10_000)])
        app.table.move_to(9_999)
        await pilot.pause()
        assert lines_of(app.table)[-1].split() == ["▌9999", "row", "9999"]
        assert len(app.table.painter.strips) < 200


async def test_a_cursor_move_redraws_two_lines() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await shown(pilot, [Row(n) for n in range(10)])
        regions: list[Region] = []
        original = app.table.refresh

        def refresh(*wanted: Region, **options: bool) -> object:
            regions.extend(wanted)
            return original(*wanted, **options)

        app.table.refresh = refresh  # type: ignore[method-assign,assignment]
        app.table.move(1)
        assert [(r.y, r.height) for r in regions] == [(1, 1), (2, 1)]


async def test_an_age_is_redrawn_only_when_its_text_changes() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await shown(pilot, [Row("new", since=ago(seconds=5)), Row("old", since=ago(hours=5))])
        app.table.now = lambda: NOW
        app.table.tick()
        await pilot.pause()
        drawn: list[int] = []
        app.table.refresh_line = drawn.append  # type: ignore[assignment]
        app.table.now = lambda: NOW + timedelta(seconds=1)
        app.table.tick()
        assert drawn == [1]


async def test_the_line_on_the_screen_stays_when_rows_come_above() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 11)) as pilot:
        await shown(pilot, [Row(n) for n in range(100)])
        app.table.move_to(50)
        await pilot.pause()
        place = 50 - round(app.table.scroll_y)
        await shown(pilot, [Row(n) for n in range(-7, 100)])
        assert app.table.current == Row(50)
        assert app.table.view.index - round(app.table.scroll_y) == place


async def test_at_the_top_of_the_list_what_is_new_is_seen() -> None:
    async with TableApp().run_test(size=(40, 10)) as pilot:
        table = pilot.app.query_one(Table)
        await shown(pilot, [Row(i) for i in range(100)])
        await shown(pilot, [Row(-1), *(Row(i) for i in range(100))])
        assert table.scroll_y == 0
        assert table.current == Row(0)


async def test_following_stays_on_the_first_row_until_one_moves_away() -> None:
    app = TableApp(follow=True)
    async with app.run_test(size=(60, 11)) as pilot:
        await shown(pilot, [Row(n) for n in range(3, 0, -1)])
        await shown(pilot, [Row(n) for n in range(5, 0, -1)])
        assert app.table.current == Row(5)
        app.table.move(1)
        await shown(pilot, [Row(n) for n in range(9, 0, -1)])
        assert app.table.current == Row(4)


async def test_columns_leave_in_the_order_of_their_priority() -> None:
    app = TableApp()
    rows = [Row("a" * 12, "some text here", ago(days=1))]
    widths = {40: ["KEY", "TEXT", "AGE"], 20: ["KEY", "TEXT", "AGE"], 14: ["KEY", "TEXT"]}
    for width, titles in {**widths, 9: ["KEY"]}.items():
        async with TableApp().run_test(size=(width, 5)) as pilot:
            await shown(pilot, rows)
            assert isinstance(pilot.app, TableApp)
            assert lines_of(pilot.app.table)[0].split() == titles
    assert app.table.columns


async def test_wide_and_hostile_text_keeps_its_cells() -> None:
    app = TableApp()
    evil = ["\x1b[31mred", "[/][bold]", "漢字漢字漢字漢字", "e\u0301" * 9, "a\nb\tc", "\u202eabc"]
    async with app.run_test(size=(24, 10)) as pilot:
        await shown(pilot, [Row(text, text) for text in evil])
        for y in range(len(evil) + 1):
            strip = app.table.render_line(y)
            assert strip.cell_length == 24
            assert not [c for c in strip.text if ord(c) < 32 or c == "\u202e"]


async def test_mouse_click_moves_and_the_title_sorts() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await shown(pilot, [Row(3, "a"), Row(1, "c"), Row(2, "b")])
        await pilot.click(Table, offset=(5, 3))
        assert app.table.current == Row(2, "b")
        await pilot.click(Table, offset=(2, 0))
        await until(pilot, lambda: [row.key for row in app.table.view.shown] == [1, 2, 3])
        await pilot.click(Table, offset=(2, 0))
        await until(pilot, lambda: [row.key for row in app.table.view.shown] == [3, 2, 1])
        assert app.table.current == Row(2, "b")


async def test_a_replaced_list_and_an_empty_one() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await shown(pilot, [Row(n) for n in range(50)])
        app.table.move_to(49)
        await shown(pilot, [])
        assert app.table.current is None
        assert round(app.table.scroll_y) == 0
        await shown(pilot, [Row("only")])
        assert app.table.current == Row("only")


async def test_a_column_that_no_row_fills_has_no_place() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.table.set_columns([replace(COLUMNS[0]), replace(COLUMNS[1], optional=True)])
        await shown(pilot, [Row(n) for n in range(3)])
        assert lines_of(app.table)[0].split() == ["KEY"]
        await shown(pilot, [Row(0), Row(1, "some")])
        assert lines_of(app.table)[0].split() == ["KEY", "TEXT"]


@pytest.mark.parametrize("many", [False, True])
async def test_a_filter_finds_what_first_fills_a_column(many: bool) -> None:
    """It does not read columns that no row fills; of the others, all rows."""
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.table
        table.set_columns([replace(COLUMNS[0]), replace(COLUMNS[1], optional=True)])
        rows = [Row(number) for number in range(200)]
        await shown(pilot, rows)
        table.set_filter(compile_filter("some"))
        assert not table.view.keys
        rows[7] = Row(7, "some")
        if many:
            table.set_rows(rows)
        else:
            table.update(of_these(rows), {7}, rows.__getitem__, rows.__getitem__)
        await until(pilot, lambda: table.view.keys == [7])


async def test_who_fills_a_column_is_found_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctdeck.widgets.widths.PIECE", 2)
    monkeypatch.setattr("ctdeck.widgets.widths.A_TURN", 0.0)
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.table.set_columns([replace(COLUMNS[0]), replace(COLUMNS[1], optional=True)])
        app.table.set_rows([*map(Row, range(9)), Row(9, "some")])
        assert not app.table.turns.are_over
        assert lines_of(app.table)[0].split() == ["KEY"]
        await until(pilot, lambda: app.table.turns.are_over)
        assert lines_of(app.table)[0].split() == ["KEY", "TEXT"]
        app.table.set_rows([*map(Row, range(9))])
        await until(pilot, lambda: app.table.turns.are_over)
        assert lines_of(app.table)[0].split() == ["KEY"]
