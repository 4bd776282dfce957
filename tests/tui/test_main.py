"""The main screen on hand-made worlds: keys in, rows out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from aiocontainerd.access import Access
from aiocontainerd.models import Event, Key, Mount, Phase, Snapshot, TaskStatus
from aiocontainerd.store import Store
from ctdeck.actions import PANE_IDS
from ctdeck.app import CtdeckApp
from ctdeck.screens import dialog
from ctdeck.screens.detailview import GONE
from ctdeck.settings import Session, Settings
from tests.tui.apps import lines_of, running, screen_text, until
from tests.tui.worlds import NOW, ago, container, image, snapshot, task, world


async def test_it_opens_on_the_containers_the_newest_first() -> None:
    async with running() as (app, _):
        assert app.main.pane_id == "containers"
        lines = lines_of(app.main.view.table)
        assert lines[0].split() == ["NS", "CONTAINER", "NAME", "STATUS", "IMAGE", "AGE"]
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
        assert app.main.pane_id == "events"


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


async def publish_tasks(app: CtdeckApp, pilot: Pilot[None], *gone: str) -> None:
    """All the tasks of the world but these."""
    left = {k: t for k, t in world().tasks.items() if t.id not in gone}
    app.store.publish(replace(app.store.snapshot, tasks=left))
    await until(pilot, lambda: len(app.main.view.table.view.shown) == len(left))


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
        for key in ("z", "s", "D", "S", "R", "K", "r", "c", "enter"):
            await pilot.press(key)
            await until(pilot, lambda: GONE[:30] in screen_text(app))
            assert len(app.screen_stack) == 1
            app.clear_notifications()
        assert app.clipboard == ""
        await pilot.press("j")
        assert app.main.row is not None
        assert app.main.row.key == Key("default", "web2")
        assert "▌default" in screen_text(app)
        await publish_tasks(app, pilot)
        assert app.main.row.key == Key("default", "web2")


async def test_another_namespace_is_not_a_vanished_row() -> None:
    async with running() as (app, _):
        app.main.set_scope("k8s.io")
        assert app.main.row is not None


async def test_the_namespaces_can_be_told_apart_on_the_smallest_screen() -> None:
    twins = [container("web", namespace=name) for name in ("default", "staging")]
    async with running(snapshot(containers=twins), size=(40, 10)) as (app, _):
        assert [line.split()[0] for line in lines_of(app.main.view.table)[1:3]] == [
            "▌default",
            "staging",
        ]


async def test_no_column_of_names_where_nothing_has_a_name() -> None:
    async with running(snapshot(containers=[container("web")])) as (app, _):
        assert titles(app)[:3] == ["NAMESPACE", "CONTAINER", "STATUS"]


async def test_a_title_keeps_its_letters_beside_the_mark_of_the_order() -> None:
    async with running(snapshot(containers=[container("web")])) as (app, pilot):
        for title in ("NAMESPACE▲", "CONTAINER▲", "NAME▲", "STATUS▲", "IMAGE▲", "AGE▲"):
            await pilot.press("shift+right")
            assert title in titles(app)


async def test_panes_take_the_lines_that_they_need() -> None:
    async with running(size=(200, 50)) as (app, _):
        for view in app.main.views.values():
            assert len(lines_of(view.table)) >= min(view.total, 9) + 1
            assert view.table.header


async def test_a_stranger_kind_of_row_opens_on_its_details() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter", "left_square_bracket")
        await until(pilot, lambda: "[Events]" in screen_text(app))
        await pilot.press("escape", "4", "enter")
        await until(pilot, lambda: "[Mount]" in screen_text(app))


async def test_the_same_toast_twice_is_one_and_the_keys_stay_seen() -> None:
    async with running() as (app, pilot):
        bottom = screen_text(app).splitlines()[-1]
        for _ in range(2):
            app.main.tell("The same.")
            await until(pilot, lambda: "The same." in screen_text(app))
        app.main.tell("Another.")
        await until(pilot, lambda: "Another." in screen_text(app))
        assert screen_text(app).count("The same.") == 1
        assert screen_text(app).splitlines()[-1] == bottom


async def test_the_top_line_says_which_daemon() -> None:
    session = Session(Store(), address="unix:///run/ctdeck/containerd.sock")
    async with running(session=session, size=(200, 50)) as (app, _):
        assert "/run/ctdeck/containerd.sock" in screen_text(app).splitlines()[0]
    session = Session(Store(), embedded=object())  # type: ignore[arg-type]
    async with running(session=session, size=(40, 10)) as (app, _):
        assert "embedded" in screen_text(app).splitlines()[0]
        app.session = None  # there is none to be ended


async def test_read_only_is_not_invited_to_make_something() -> None:
    async with running(snapshot(), settings=Settings(access=Access(read_only=True))) as (app, _):
        assert "no containers in any namespace" in screen_text(app)
        assert "press r" not in screen_text(app)


async def test_filter_as_one_types_enter_keeps_it_and_escape_clears_it() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *"web")
        await until(pilot, lambda: len(app.main.view.table.view.shown) == 3)
        assert "3/6" in screen_text(app)
        await pilot.press("enter")
        assert app.focused is app.main.view.table
        assert len(app.main.view.table.view.shown) == 3
        await pilot.press("escape")
        assert len(app.main.view.table.view.shown) == 6


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


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("!web", {"never-started", "batch-20261123", "db"}),
        ("~^default +w|batch", {"web1", "web2", "batch-20261123"}),
        ("-f btch23", {"batch-20261123"}),
        ("DATABASE", {"db"}),
        ("paused", {"db"}),
    ],
)
async def test_kinds_of_filters(text: str, ids: set[str]) -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *[{"~": "tilde", " ": "space"}.get(c, c) for c in text])
        table = app.main.view.table
        await until(pilot, lambda: {row.key.id for row in table.view.shown} == ids, text)


async def test_a_broken_pattern_is_said_and_the_list_stays() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", "~", "(")
        await until(pilot, lambda: "not a regular expression" in screen_text(app))
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


async def test_four_looks() -> None:
    none = Snapshot()
    async with running(none) as (app, _):
        assert "reading the containers" in screen_text(app)
        assert "connecting" in screen_text(app)
    async with running(snapshot()) as (app, _):
        assert "no containers in any namespace: press r on an image" in screen_text(app)
    async with running(replace(none, phase=Phase.FAILED, error="it does not answer")) as (app, _):
        assert "no answer: it does not answer" in screen_text(app)
    lost = replace(world(), phase=Phase.LOST, error="the socket is gone")
    async with running(lost) as (app, _):
        text = screen_text(app)
        assert "lost: the socket is gone (what you see is old)" in text
        assert "web1" in text


async def test_an_empty_namespace_says_where_there_are_rows() -> None:
    settings = Settings(namespace="moby")
    async with running(settings=settings) as (app, _):
        assert "no containers in moby; default has 5: press n" in screen_text(app)


async def test_details_fill_a_small_screen_and_stand_beside_on_a_large_one() -> None:
    async with running() as (app, pilot):
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: "nginx -g daemon off;" in screen_text(app))
        await pilot.press("right_square_bracket")
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
        await until(pilot, lambda: titles(app)[1:3] == ["REFERENCE", "SIZE"])
        await pilot.press("4")
        await until(pilot, lambda: titles(app)[-2:] == ["SOURCE", "DESTINATION"])


def titles(app: CtdeckApp) -> list[str]:
    return "".join(lines_of(app.main.view.table)[:1]).split()


async def test_read_only_refuses_and_says_so() -> None:
    async with running(settings=Settings(access=Access(read_only=True))) as (app, pilot):
        assert "read-only" in screen_text(app)
        await pilot.press("s", "D", "p", "r")
        await until(pilot, lambda: "Read-only: stop is refused" in screen_text(app))
        assert len(app.screen_stack) == 1


async def test_an_action_of_another_pane_says_where_it_works() -> None:
    async with running() as (app, pilot):
        await pilot.press("5", "s")
        await until(pilot, lambda: "stop works on containers and tasks" in screen_text(app))


async def test_copy_and_equivalent() -> None:
    session = Session(Store(), address="/run/containerd/containerd.sock")
    async with running(session=session, size=(120, 35)) as (app, pilot):
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard == "web2")
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "tasks kill -s SIGTERM web2" in screen_text(app))


HOSTILE = "\x1b[2J\x1b]0;x\x07[/][@click=app.quit]a[/]\u202eb\x9b1m[bold"


async def test_hostile_text_neither_crashes_nor_reaches_the_screen() -> None:
    evil = container(
        HOSTILE,
        HOSTILE,
        HOSTILE,
        runtime=HOSTILE,
        labels={"nerdctl/name": HOSTILE, HOSTILE: HOSTILE},
        args=(HOSTILE,),
        mounts=(Mount(HOSTILE, "bind", HOSTILE, (HOSTILE,)),),
        created_at=NOW,
    )
    worst = snapshot(
        images=[image(HOSTILE, HOSTILE)],
        containers=[evil],
        tasks=[task(HOSTILE, TaskStatus.RUNNING, HOSTILE)],
        events=[Event(1, NOW, HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE})],
        namespaces=(HOSTILE,),
        phase=Phase.LOST,
        error=HOSTILE,
    )
    for size in ((120, 35), (80, 24)):
        async with running(worst, size=size) as (app, pilot):
            for key in "12345":
                await pilot.press(key, "enter", "right_square_bracket", "escape", "n")
                await pilot.pause()
                assert_clean(screen_text(app))
                await pilot.press("escape", "exclamation_mark")
                await pilot.pause()
                assert_clean(screen_text(app))
                await pilot.press("escape", "c", "slash", "x", "escape")
                await pilot.pause()
                assert_clean(screen_text(app))
            assert app.is_running


def assert_clean(text: str) -> None:
    assert not [c for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0]
    assert "\u202e" not in text
