"""What was typed into a run form that was left is there the next time, and only there."""

from __future__ import annotations

from collections.abc import Hashable

from aiocontainerd.mounts import BindMount
from ctdeck.forms.drafts import Draft
from ctdeck.widgets.form import ManyRows
from tests.tui.apps import screen_text, until
from tests.tui.hosts import OPEN, typed
from tests.tui.runforms import Runs, form, shows


async def test_escape_leaves_and_the_next_form_has_what_was_typed() -> None:
    drafts: dict[Hashable, Draft] = {}
    async with form(drafts=drafts) as (app, pilot):
        await typed(pilot, "web1")
        await pilot.press("down", "down")
        await typed(pilot, "/half")
        await pilot.press("escape")
        assert app.left is None
    runs = Runs()
    async with form(runs, drafts=drafts) as (app, pilot):
        text = screen_text(app)
        assert "web1" in text
        assert "/half" in text
        await pilot.press("down", "down", "end")
        await typed(pilot, ":/x")
        await pilot.press("enter")
        await until(pilot, lambda: app.left is not OPEN)
    assert runs.asked[0].mounts == (BindMount("/half", "/x"),)
    assert drafts == {}


async def test_what_was_kept_is_marked_and_can_be_forgotten() -> None:
    drafts: dict[Hashable, Draft] = {}
    async with form(drafts=drafts) as (app, pilot):
        assert "Kept from last time" not in screen_text(app)
        await pilot.press("tab")
        await typed(pilot, "sleep 5")
        await pilot.press("escape")
    async with form(drafts=drafts) as (app, pilot):
        await until(pilot, shows(app, "Kept from last time", "sleep 5"))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "sleep 5" not in screen_text(app))
        assert "Kept from last time" not in screen_text(app)
        await pilot.press("escape")
    assert drafts == {}


async def test_what_was_kept_of_another_is_never_shown() -> None:
    drafts: dict[Hashable, Draft] = {}
    one, other = (("container", ("default", name)) for name in ("a", "b"))
    async with form(drafts=drafts, kept_as=one) as (_, pilot):
        await pilot.press("tab")
        await typed(pilot, "rm -rf /data")
        await pilot.press("escape")
    async with form(drafts=drafts, kept_as=other) as (app, _):
        assert "rm -rf" not in screen_text(app)


async def test_rows_that_were_empty_do_not_grow_in_number() -> None:
    drafts: dict[Hashable, Draft] = {}
    for _ in range(3):
        async with form(drafts=drafts) as (app, pilot):
            await pilot.press("end", "x")
            assert [len(each.rows) for each in app.screen.query(ManyRows)] == [1, 1]
            await pilot.press("escape")
