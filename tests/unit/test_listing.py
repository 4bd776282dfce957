"""What the panes list: brought from one snapshot to the next as if it were made anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocontainerd.models import Container, Event, Snapshot
from ctdeck.panes import PANES
from ctdeck.screens.paneview import PaneView
from ctdeck.settings import Settings
from ctdeck.widgets.column import Column, searched
from ctdeck.widgets.rowview import RowView
from tests.tui.worlds import NOW, ago, container, image, snapshot
from tests.unit.listed import anew, assert_pods_are_together, bring, hosts, rows_of, settle, turn


@pytest.mark.parametrize("pane", PANES, ids=lambda pane: pane.id)
@settings(max_examples=50)
@given(worlds=st.lists(hosts(), min_size=2, max_size=4), data=st.data())
def test_a_list_that_is_kept_is_the_one_made_anew(
    pane: Any, worlds: list[Snapshot], data: st.DataObject
) -> None:
    listing, columns = pane.listing, pane.columns
    scope = data.draw(st.sampled_from((None, "default")))
    view: RowView[Any] = RowView()
    column: Column[Any] | None = data.draw(st.sampled_from((None, *columns)))
    view.sort_key = column.sort if column else None
    view.reverse = data.draw(st.booleans())
    view.text = lambda row: searched(columns, row, NOW)
    word = data.draw(st.sampled_from(("", "a", "default", "one", "bind", "used by 1")))
    view.accepts = (lambda text: word in text) if word else None
    view.set_keys(listing.keys(worlds[0], scope), rows_of(listing, worlds[0]))
    few = data.draw(st.sampled_from((0, 64)))
    for old, new in pairwise(worlds):
        with patch("ctdeck.widgets.rowview.FEW", few), patch("ctdeck.widgets.ordering.FEW", few):
            bring(view, listing, old, new, scope)
        settle(view)
        assert list(view.shown) == anew(view, listing, new, scope)
        assert [row.key for row in view.shown] == view.keys
        assert view.all == sorted(listing.keys(new, scope), key=partial(listing.order, new))
        if listing.pods:
            assert_pods_are_together(view.keys, listing.pods(new))


@pytest.mark.parametrize("pane", PANES, ids=lambda pane: pane.id)
@settings(max_examples=50)
@given(worlds=st.lists(hosts(), min_size=2, max_size=5), data=st.data())
def test_news_in_the_middle_of_a_sort_or_a_filter_lose_nothing(
    pane: Any, worlds: list[Snapshot], data: st.DataObject
) -> None:
    listing, columns = pane.listing, pane.columns
    view: RowView[Any] = RowView()
    view.sort_key = data.draw(st.sampled_from(columns)).sort
    view.reverse = data.draw(st.booleans())
    view.text = lambda row: searched(columns, row, NOW)
    view.accepts = data.draw(st.sampled_from((None, lambda text: "a" in text)))
    pieces = {"rowview.AT_ONCE": 0.0, "values.PIECE": 2, "values.RUN": 3, "texts.PIECE": 1}
    with ExitStack() as patches:
        for name, value in pieces.items():
            patches.enter_context(patch(f"ctdeck.widgets.{name}", value))
        few = data.draw(st.sampled_from((0, 1, 64)))
        patches.enter_context(patch("ctdeck.widgets.rowview.FEW", few))
        view.set_keys(listing.keys(worlds[0], None), rows_of(listing, worlds[0]))
        for old, new in pairwise(worlds):
            for _ in range(data.draw(st.integers(0, 5))):
                turn(view)
            bring(view, listing, old, new, None)
            assert {*view.keys} <= {*view.all}
            assert [row.key for row in view.shown] == view.keys
        settle(view)
    assert list(view.shown) == anew(view, listing, worlds[-1], None)


@pytest.mark.parametrize("pane", PANES, ids=lambda pane: pane.id)
@settings(max_examples=30)
@given(worlds=st.lists(hosts(), min_size=1, max_size=4))
def test_the_counts_are_those_of_the_rows(pane: Any, worlds: list[Snapshot]) -> None:
    counts: Counter[str] = Counter()
    for old, new in zip([Snapshot(), *worlds], worlds, strict=False):
        pane.listing.count(counts, old, new)
        for scope in ("default", "other"):
            assert counts[scope] == len(pane.listing.keys(new, scope))
        assert counts.total() == len(pane.listing.keys(new, None))


def test_a_list_in_its_own_order_is_not_touched_by_what_moves_nothing() -> None:
    listing = PANES[1].listing
    first = snapshot(containers=[container(f"c{n}", created_at=ago(minutes=n)) for n in range(9)])
    key = next(iter(first.containers))
    other = replace(first.containers[key], labels={"nerdctl/name": "new"})
    second = replace(first, containers={**first.containers, key: other})
    view: RowView[Any] = RowView()
    view.set_keys(listing.keys(first, None), rows_of(listing, first))
    keys: list[Hashable] = view.keys
    bring(view, listing, first, second, None)
    assert view.keys is keys
    row = view.row(key)
    assert isinstance(row.container, Container)
    assert row.container.display_name == "new"


@pytest.mark.parametrize(
    ("scope", "found", "text", "brief"),
    [
        (None, "", "2 of 12,345", "2+"),
        (None, "a", "1/2 of 12,345", "1/2+"),
        ("other", "", "1 (12,343 dropped)", "1+"),
    ],
)
def test_events_that_are_not_kept_are_counted(
    scope: str | None, found: str, text: str, brief: str
) -> None:
    events = [Event(12344, NOW, "default", "t", "a"), Event(12345, NOW, "other", "t", "b")]
    view = PaneView(PANES[4], Settings())
    view.table.display = False
    now = snapshot(events=events, events_total=12345)
    view.show(now, scope)
    if found:
        view.filter = found
        view.table.view.keys = [12344]
    assert view.count_text == text
    assert view.tab.full == text
    assert view.tab.brief == view.tab.least == brief
    words = view.pane.words_if_empty(now, Counter(), scope, found)
    assert words.endswith("; 12,343 older ones are not kept")


def test_no_event_is_called_dropped_that_was_kept() -> None:
    view = PaneView(PANES[4], Settings())
    view.table.display = False
    view.show(snapshot(events=[Event(1, NOW, "default", "t", "a")], events_total=1), None)
    assert (view.count_text, view.tab.brief) == ("1", "1")


def test_records_of_one_image_of_a_pod_are_used_together() -> None:
    listing = PANES[0].listing
    names = ("docker.io/shop/web:1", "docker.io/shop/web@sha256:1", "sha256:2")
    label = {"io.cri-containerd.image": "managed"}
    target = image("same").target
    kept = [replace(image(name, "k8s.io"), labels=label, target=target) for name in names]
    alone = replace(image("ctr.test/web:1", "k8s.io"), target=target)  # no record of the plugin's
    none = snapshot(images=[*kept, alone])
    used = replace(none, containers={(it := container("c", names[0], "k8s.io")).key: it})
    view: RowView[Any] = RowView()
    view.set_keys(listing.keys(none, None), rows_of(listing, none))
    bring(view, listing, none, used, None)
    assert {row.image.name: row.users for row in view.shown} == dict.fromkeys(names, 1) | {
        alone.name: 0
    }
    assert {row.key for row in view.shown if used.users_of(row.image)} == {i.key for i in kept}
    assert listing.touched(none, used, None) == {each.key for each in kept}


def test_images_are_in_the_order_of_what_is_shown_of_them() -> None:
    names = [
        "docker.io/library/redis:7",
        "docker.io/grafana/loki:3",
        "quay.io/etcd:3",
        "alpine:3",
        "docker.io/library/alpine:3",
    ]
    at = snapshot(images=[image(name) for name in names])
    images = PANES[0].listing
    shown = [images.row(at, key).image.name for key in images.keys(at, None)]  # type: ignore[union-attr]
    assert shown == [names[3], names[4], names[1], names[2], names[0]]
    assert [images.order(at, key) for key in images.keys(at, None)] == sorted(
        images.order(at, key) for key in at.images
    )
