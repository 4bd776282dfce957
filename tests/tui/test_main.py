"""The main screen on hand-made worlds: keys in, rows out."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from ctdeck.actions import PANE_IDS
from tests.tui.apps import lines_of, running, screen_text, titles, until
from tests.tui.worlds import container, snapshot


async def test_it_opens_on_the_containers_the_newest_first() -> None:
    async with running() as (app, _):
        assert app.main.pane_id == "containers"
        lines = lines_of(app.main.view.table)
        titles = ["NAMESPACE", "CONTAINER", "POD", "NAME", "STATUS", "CPU%", "AGE▲"]
        assert lines[0].split() == titles
        assert "web2" in lines[1]
        assert "▶ running" in lines[1]
        assert "12 s" in lines[1]


@pytest.mark.parametrize(
    ("key", "pane", "words"),
    [
        ("1", "images", ["nginx:1.27", "71.2 MB", "used by 3", "not unpacked"]),
        ("2", "containers", ["web1", "■ exited 137", "‖ paused", "database"]),
        ("3", "tasks", ["9120", "20 h", "137"]),
        ("4", "mounts", ["/srv/www", "/usr/share/nginx/html", "exists", "missing"]),
        ("5", "events", ["started, pid 9120", "11:59:49", "container created from nginx:1.27"]),
    ],
)
async def test_each_pane_shows_its_facts(key: str, pane: str, words: list[str]) -> None:
    async with running(size=(120, 24)) as (app, pilot):
        await pilot.press(key)
        assert app.main.pane_id == pane
        text = screen_text(app)
        for word in words:
            assert word in text


async def test_of_two_panes_in_quick_succession_the_second_stays() -> None:
    async with running() as (app, pilot):
        app.main.show_pane("images")
        app.main.show_pane("tasks")
        for _ in range(10):
            await pilot.pause()
            assert app.main.pane_id == "tasks"
        assert app.focused is app.main.view.table


async def test_a_click_goes_to_the_pane_that_it_hits() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await pilot.click(app.main.views["mounts"].table, offset=(5, 1))
        await until(pilot, lambda: app.main.pane_id == "mounts")
        assert app.focused is app.main.view.table


async def test_tab_goes_round_the_panes() -> None:
    async with running() as (app, pilot):
        await pilot.press("tab")
        assert app.main.pane_id == "tasks"
        await pilot.press("shift+tab", "shift+tab")
        assert app.main.pane_id == "images"
        await pilot.press("shift+tab")
        assert app.main.pane_id == "disk"
        await pilot.press("shift+tab")
        assert app.main.pane_id == "events"


async def test_no_column_of_names_where_nothing_has_a_name() -> None:
    async with running(snapshot(containers=[container("web")])) as (app, _):
        assert titles(app)[:3] == ["NAMESPACE", "CONTAINER", "STATUS"]


async def test_panes_take_the_lines_that_they_need() -> None:
    async with running(size=(200, 50)) as (app, _):
        for view in app.main.views.values():
            if view.pane.alone:
                continue  # seen only while it has the focus
            assert len(lines_of(view.table)) >= min(view.total, 9) + 1
            assert view.table.header


async def test_a_stranger_kind_of_row_opens_on_its_details() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter", "left_square_bracket")
        await until(pilot, lambda: "[Events]" in screen_text(app))
        await pilot.press("escape", "4", "enter")
        await until(pilot, lambda: "[Mount]" in screen_text(app))


async def test_details_fill_a_small_screen_and_stand_beside_on_a_large_one() -> None:
    async with running() as (app, pilot):
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: "nginx -g daemon off;" in screen_text(app))
        await pilot.press("right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: "/srv/www → /usr/share/nginx/html" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "STATUS" in screen_text(app))
        assert app.main.view.table.current.key.id == "web1"
    async with running(size=(120, 35)) as (app, pilot):
        await until(pilot, lambda: "io.containerd.runc.v2" in screen_text(app))
        text = screen_text(app)
        for title in ("1 Images 6", "2 Containers 6", "3 Tasks 5", "4 Mounts 11", "5 Events 5"):
            assert title in text


async def test_zoom_and_back() -> None:
    async with running(size=(120, 35)) as (app, pilot):
        await pilot.press("plus")
        await until(pilot, lambda: app.main.view.table.size.width == 120)
        assert "RUNTIME" in screen_text(app)
        await pilot.press("underscore")
        await until(pilot, lambda: app.main.view.table.size.width < 80)


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (120, 35), (200, 50), (20, 5), (1, 1)])
async def test_every_size_shows_every_pane(size: tuple[int, int]) -> None:
    async with running(size=size) as (app, pilot):
        for key in "12345":
            await pilot.press(key, "j", "enter", "escape")
            assert app.main.pane_id == PANE_IDS[int(key) - 1]
            assert all(cell_len(line) <= size[0] for line in screen_text(app).splitlines())
        await pilot.press("question_mark", "escape", "n", "escape", "ctrl+p", "escape")
        assert app.screen is app.main


async def test_resizing_goes_between_the_two_forms() -> None:
    async with running() as (app, pilot):
        for size in ((120, 35), (40, 10), (100, 30), (99, 30), (100, 29), (300, 100)):
            await pilot.resize_terminal(*size)
            stacked = size[0] >= 100 and size[1] >= 30
            await until(pilot, lambda stacked=stacked: app.main.has_class("-stacked") is stacked)
            assert app.main.details.display is stacked


async def test_at_40_by_10_the_columns_that_matter_are_left() -> None:
    async with running(size=(40, 10)) as (app, pilot):
        assert titles(app) == ["NS", "CONTAINER", "STATUS"]
        await pilot.press("1")
        await until(pilot, lambda: titles(app)[1:3] == ["REFERENCE▲", "SIZE"])
        await pilot.press("4")
        await until(pilot, lambda: titles(app)[-2:] == ["SOURCE", "DESTINATION"])
