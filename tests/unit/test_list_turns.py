"""What takes a list long is done in turns, between which there may be news."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import pytest

from aiocontainerd.models import Snapshot
from ctdeck.panes import PANES
from ctdeck.rows import ContainerRow
from ctdeck.widgets.maderows import of_these
from ctdeck.widgets.rowview import RowView
from tests.tui.worlds import ago, container, snapshot
from tests.unit.listed import anew, bring, rows_of, settle


def about_to_filter() -> tuple[Snapshot, RowView[Any], Hashable]:
    """A long list with its filter set, and the row under the cursor, which that accepts."""
    listing = PANES[1].listing
    many = snapshot(containers=[container(f"c{n:04}", created_at=ago(days=1)) for n in range(2000)])
    view: RowView[Any] = RowView()
    view.text = lambda row: str(row.container.id)
    view.set_keys(listing.keys(many, None), rows_of(listing, many))
    view.move_to(1500)
    view.accepts = lambda text: text.endswith("0")
    return many, view, view.keys[1500]


def test_a_filter_that_takes_long_shows_what_it_has_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctdeck.widgets.rowview.AT_ONCE", 0.0)
    _, view, held = about_to_filter()
    view.filter()
    assert not view.is_complete
    assert 0 < len(view.keys) < 200
    turns = 0
    while not view.is_complete:
        view.look_on()
        turns += 1
    assert turns > 2
    assert view.keys == [key for key in view.all if str(key).endswith("0')")]
    assert view.keys[view.index] == held


@pytest.mark.parametrize("gone", [False, True])
def test_a_row_that_goes_while_a_filter_looks_is_missing(
    monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    monkeypatch.setattr("ctdeck.widgets.rowview.AT_ONCE", 0.0)
    many, view, held = about_to_filter()
    left = {k: c for k, c in many.containers.items() if not (gone and k == held)}
    fewer = replace(many, containers=left)
    listing = PANES[1].listing
    view.set_keys(listing.keys(fewer, None), rows_of(listing, fewer))
    while not view.is_complete:
        view.look_on()
    assert view.missing == (held if gone else None)
    assert view.current is not None
    assert (view.current.key == held) is not gone


def test_news_while_a_filter_looks_do_not_take_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctdeck.widgets.rowview.AT_ONCE", 0.0)
    listing = PANES[1].listing
    boxes = [container(f"c{number:04}", created_at=ago(days=1)) for number in range(2000)]
    before = snapshot(containers=boxes)
    view: RowView[Any] = RowView()
    view.text = lambda row: row.container.id
    view.set_keys(listing.keys(before, None), rows_of(listing, before))
    view.move_to(1500)
    held = view.keys[1500]
    view.accepts = lambda text: text.endswith("0")
    view.filter()
    news = replace(boxes[3], image="another")
    now = replace(before, containers={**before.containers, news.key: news})
    bring(view, listing, before, now, None)
    assert not view.is_complete
    while not view.is_complete:
        view.look_on()
    assert view.missing is None
    assert view.keys[view.index] == held


def test_a_sort_that_takes_long_is_done_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctdeck.widgets.rowview.AT_ONCE", 0.0)
    monkeypatch.setattr("ctdeck.widgets.values.PIECE", 300)
    listing = PANES[1].listing
    by = next(column.sort for column in PANES[1].columns if column.id == "image")
    names = [f"c{number:04}" for number in range(2000)]
    boxes = [container(name, f"docker.io/library/i{n % 7}:1") for n, name in enumerate(names)]
    before = snapshot(containers=boxes)
    view: RowView[Any] = RowView()
    view.set_keys(listing.keys(before, None), rows_of(listing, before))
    view.move_to(1500)
    held, own, turns = view.keys[1500], view.keys, 0
    view.sort_key = by
    while not view.read_on():
        assert view.keys is own  # as it was, until all is known
        turns += 1
        if turns == 2:  # one comes, one goes, one changes in the middle of it
            news, old = replace(boxes[3], image="another"), replace(boxes[4], id="new")
            left = {**before.containers, news.key: news, old.key: old}
            del left[boxes[5].key]
            now = replace(before, containers=left)
            bring(view, listing, before, now, None)
            own = view.keys
    view.arrange()
    assert turns > 3
    monkeypatch.undo()
    assert list(view.shown) == anew(view, listing, now, None)
    assert view.keys[view.index] == held


def test_many_news_leave_a_sorted_list_as_it_was_until_its_new_order_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It does not fall back to its own order in between, which the eye would take for news."""
    listing = PANES[1].listing
    by = next(column.sort for column in PANES[1].columns if column.id == "image")
    boxes = [container(f"c{n:04}", f"docker.io/library/i{n % 7}:1") for n in range(2000)]
    before = snapshot(containers=boxes)
    view: RowView[Any] = RowView()
    view.sort_key = by
    view.set_keys(listing.keys(before, None), rows_of(listing, before))
    settle(view)
    was = view.keys
    others = {it.key: replace(it, image="docker.io/library/a:1") for it in boxes[100:200]}
    left = {key: it for key, it in {**before.containers, **others}.items() if key != boxes[7].key}
    now = replace(before, containers={**left, (new := replace(boxes[9], id="new")).key: new})
    monkeypatch.setattr("ctdeck.widgets.rowview.AT_ONCE", 0.0)
    bring(view, listing, before, now, None)
    assert not view.is_sorted
    assert view.keys == [*(key for key in was if key != boxes[7].key), new.key]
    monkeypatch.undo()
    settle(view)
    assert list(view.shown) == anew(view, listing, now, None)


def test_without_a_filter_there_is_nothing_more_to_look_at() -> None:
    rows = [ContainerRow(container(name), None) for name in "abc"]
    view: RowView[ContainerRow] = RowView()
    view.set_rows(rows[:2])
    key = rows[2].key
    before, now = {each.key: each.key for each in rows[:2]}, {each.key: each.key for each in rows}
    view.update(of_these(rows), {key}, before.get, now.get)
    assert view.keys == [each.key for each in rows]
    assert view.is_complete
