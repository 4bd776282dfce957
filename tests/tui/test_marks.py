"""Marked rows: what marks them, what takes them all, and what is said of those out of sight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

import aiocontainerd.operations
from aiocontainerd.access import Access
from aiocontainerd.models import Image, Snapshot, TaskStatus
from aiocontainerd.operations import ImagePlan
from ctdeck.app import CtdeckApp
from ctdeck.rows import ContainerRow
from ctdeck.screens.confirm import ConfirmScreen
from ctdeck.settings import Settings
from tests.tui.apps import lines_of, running, screen_text, until
from tests.tui.fake_operations import asked, noted, question_of, session
from tests.tui.fake_operations import lines_of as said
from tests.tui.worlds import ago, container, image, of, snapshot, task

Done = list[tuple[str, str]]


pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    return noted(monkeypatch)


def these(names: Iterable[str], *, status: TaskStatus = TaskStatus.RUNNING) -> Snapshot:
    """So many containers, the first name newest; a letter has its own age, also among others."""
    hours = {name: ord(name) if len(name) == 1 else at for at, name in enumerate(names)}
    made = {name: container(name, created_at=ago(hours=ages)) for name, ages in hours.items()}
    return of(*((each, task(name, status)) for name, each in made.items()))


def signs(app: CtdeckApp) -> str:
    """What stands before each row."""
    table = app.main.view.table
    lines = [table.render_line(y).text for y in range(table.size.height)]
    return "".join(line[:1] for line in lines[table.header :] if line.strip())


def marks(app: CtdeckApp) -> list[str]:
    return [key[1] for key in app.main.view.table.view.marked]


async def answer(app: CtdeckApp, pilot: Pilot[None], title: str) -> None:
    """Yes to the question of this title."""
    await until(pilot, lambda: question_of(app) == title, title)
    await pilot.press("y")
    await until(pilot, lambda: not asked(app))


async def test_space_marks_and_goes_down_and_the_title_counts() -> None:
    async with running(these("abcd"), size=(120, 35)) as (app, pilot):
        await pilot.press("space", "space", "j", "space")
        assert marks(app) == ["a", "b", "d"]
        assert signs(app) == "✓✓ ✓"
        assert "2 Containers 4 · 3 marked" in screen_text(app)
        await pilot.press("space")  # the last one stays under the cursor
        assert marks(app) == ["a", "b"]
        assert "4 · 2 marked" in screen_text(app)


async def test_a_narrow_screen_counts_them_in_its_tab() -> None:
    async with running(these("abcd")) as (app, pilot):
        await pilot.press("space")
        assert "[2 Containers 4 ✓1]" in screen_text(app)
        assert "Esc unmark" in screen_text(app)


async def test_an_action_takes_all_that_is_marked_and_not_the_row_under_the_cursor(
    done: Done,
) -> None:
    async with running(these("abcd"), session=session()) as (app, pilot):
        await pilot.press("space", "j", "space", "s")
        await until(pilot, lambda: question_of(app) == "Stop 2 containers?")
        assert [line.split(" ")[0] for line in said(app).splitlines()] == ["a", "c"]
        await answer(app, pilot, "Stop 2 containers?")
        await until(pilot, lambda: done == [("stop", "a"), ("stop", "c")])


@pytest.mark.parametrize(
    ("key", "verb", "calls"),
    [("S", "Start", "start"), ("z", "Pause", "pause"), ("R", "Restart", "restart")],
)
async def test_also_what_asks_nothing_of_one_row_asks_of_marked_ones(
    done: Done, key: str, verb: str, calls: str
) -> None:
    status = TaskStatus.STOPPED if key == "S" else TaskStatus.RUNNING
    async with running(these("abc", status=status), session=session()) as (app, pilot):
        await pilot.press("ctrl+a", key)
        await until(pilot, lambda: asked(app))
        assert done == []
        await answer(app, pilot, f"{verb} 3 containers?")
        await until(pilot, lambda: done == [(calls, name) for name in "abc"])


async def test_one_marked_row_out_of_the_way_is_asked_about_and_the_own_row_is_not(
    done: Done,
) -> None:
    async with running(these("ab"), session=session()) as (app, pilot):
        await pilot.press("space", "z")
        await answer(app, pilot, "Pause a?")
        await until(pilot, lambda: done == [("pause", "a")])
        await pilot.press("k", "z")
        await until(pilot, lambda: done == [("pause", "a")] * 2)


async def test_one_signal_for_all(done: Done) -> None:
    async with running(these("abc"), session=session()) as (app, pilot):
        await pilot.press("space", "space", "K", "enter")
        await until(pilot, lambda: "a from" in said(app))
        await answer(app, pilot, "Send SIGKILL to 2 containers?")
        await until(pilot, lambda: done == [("kill", "a"), ("kill", "b")])


async def test_deleted_ones_are_marked_no_more(done: Done) -> None:
    at = session()
    async with running(these("abc"), session=at) as (app, pilot):
        await pilot.press("space", "space")
        assert "[2 Containers 3 ✓2]" in screen_text(app)
        at.store.publish(these("bc"))  # somebody else was there first
        await until(pilot, lambda: marks(app) == ["b"])
        await pilot.press("D")
        await answer(app, pilot, "Delete b?")
        await until(pilot, lambda: done == [("delete_container", "b")] and not marks(app))
        await until(pilot, lambda: "[2 Containers 2]" in screen_text(app))


async def test_one_that_was_made_anew_meanwhile_is_not_the_marked_one() -> None:
    at = session()
    async with running(these("abc"), session=at) as (app, pilot):
        await pilot.press("space", "space")
        other = container("a", created_at=ago(seconds=1))
        world = these("abc")
        at.store.publish(replace(world, containers={**world.containers, other.key: other}))
        await until(pilot, lambda: marks(app) == ["b"])


async def test_what_the_filter_hides_is_said_in_the_question(done: Done) -> None:
    async with running(these(["web1", "web2", "db"]), session=session()) as (app, pilot):
        await pilot.press("ctrl+a", "slash", *"web", "enter", "s")
        title = "Stop 3 containers, of which 1 is filtered out?"
        await until(pilot, lambda: question_of(app) == title, title)
        assert "Filtered out: db." in screen_text(app)
        await answer(app, pilot, title)
        await until(pilot, lambda: len(done) == 3)


async def test_ctrl_a_marks_what_the_filter_shows_and_unmarks_it_again() -> None:
    async with running(these(["web1", "web2", "db"])) as (app, pilot):
        await pilot.press("slash", *"web", "enter", "ctrl+a")
        assert marks(app) == ["web1", "web2"]
        await pilot.press("escape")
        assert marks(app) == []
        assert app.main.view.filter == "web"  # only the next Esc clears that
        await pilot.press("ctrl+a", "ctrl+a", "escape")
        assert app.main.view.filter == ""


async def test_a_range() -> None:
    async with running(these("abcdef")) as (app, pilot):
        await pilot.press("j", "space", "j", "j", "ctrl+@")
        assert marks(app) == ["b", "c", "d", "e"]


async def test_they_survive_sorting_and_news() -> None:
    at = session()
    async with running(these("abc"), session=at) as (app, pilot):
        await pilot.press("space", "space", "shift+right", "o")
        assert marks(app) == ["a", "b"]
        at.store.publish(these("abcdx"))
        await until(pilot, lambda: "[2 Containers 5 ✓2]" in screen_text(app))
        await pilot.press("1", "2")
        assert sorted(marks(app)) == ["a", "b"]


async def test_what_takes_one_row_says_so(done: Done) -> None:
    async with running(these("abc"), session=session()) as (app, pilot):
        await pilot.press("space", "space", "r")
        await until(pilot, lambda: "run takes one row, and 2 are marked." in screen_text(app))
        assert len(app.screen_stack) == 1


async def test_marked_images_are_deleted_together_and_it_says_what_that_frees(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def plans(
        _: object, __: object, images: list[Image], **___: object
    ) -> tuple[list[ImagePlan], int]:
        return [ImagePlan(each, (), (), 5_000_000) for each in images], 30_000_000

    monkeypatch.setattr(aiocontainerd.operations, "image_plans", plans)
    world = snapshot(images=[image(f"docker.io/library/{name}:1") for name in "abc"])
    async with running(world, session=session()) as (app, pilot):
        await pilot.press("1", "space", "space", "D")
        await until(pilot, lambda: question_of(app) == "Delete 2 images?")
        assert "docker.io/library/a:1 in default" in said(app)
        assert said(app).endswith("All together will free 30.0 MB")
        await answer(app, pilot, "Delete 2 images?")
        await until(
            pilot, lambda: [id for _, id in done] == [f"docker.io/library/{x}:1" for x in "ab"]
        )


async def test_all_that_is_marked_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(these("abc")) as (app, pilot):
        await pilot.press("space", "j", "space", "c")
        await until(pilot, lambda: app.clipboard == "a\nc")
        await until(pilot, lambda: "Copied 2 marked rows" in screen_text(app))


async def test_ten_thousand_marked_hold_no_turn_of_the_loop_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counted, not timed: each row is looked at a few times, and not once for each other one."""
    names = [f"n{at:05}" for at in range(10_000)]
    looks = 0
    key = ContainerRow.key

    def counted(row: ContainerRow) -> object:
        nonlocal looks
        looks += 1
        return key.fget(row)  # type: ignore[attr-defined]

    async with running(these(names), session=session()) as (app, pilot):
        await pilot.press("ctrl+a", "slash", *"n0000", "enter")
        monkeypatch.setattr(ContainerRow, "key", property(counted))
        equal = 0
        same = ContainerRow.__eq__

        def compared(row: ContainerRow, other: object) -> bool:
            nonlocal equal
            equal += 1
            return same(row, other)

        monkeypatch.setattr(ContainerRow, "__eq__", compared)
        await pilot.press("s")
        await until(pilot, lambda: question_of(app).startswith("Stop 10 000 containers, of which"))
        assert looks < 100_000
        assert equal < 100


async def test_a_thousand_are_listed_as_far_as_one_can_read_and_scrolled() -> None:
    async with running(these(f"n{at:04}" for at in range(1000)), session=session()) as (app, pilot):
        await pilot.press("ctrl+a", "s")
        await until(pilot, lambda: question_of(app) == "Stop 1 000 containers?")
        assert said(app).splitlines()[-1] == "and 700 more"
        assert "n0000 from" in screen_text(app)
        assert "Stop (y)" in screen_text(app)
        await pilot.press(*["pagedown"] * 3)
        assert "n0000 from" not in screen_text(app)
        await pilot.press("G")
        await until(pilot, lambda: "and 700 more" in screen_text(app))


async def test_read_only_refuses_them_all() -> None:
    settings = Settings(access=Access(read_only=True))
    async with running(these("abc"), session=session(), settings=settings) as (app, pilot):
        await pilot.press("ctrl+a", "D")
        await until(pilot, lambda: "delete is refused" in screen_text(app))
        assert not isinstance(app.screen, ConfirmScreen)


async def test_signs_without_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    from ctdeck import formatting
    from ctdeck.widgets import runs

    monkeypatch.setattr(runs, "GLYPHS", formatting.ASCII)
    async with running(these("abc")) as (app, pilot):
        await pilot.press("space", "j", "space", "k")
        app.main.view.table.painter.strips.clear()
        assert signs(app) == "*>*"
        await pilot.press("k")
        assert signs(app) == "# *"
        assert lines_of(app.main.view.table)
