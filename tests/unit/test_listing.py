"""What the panes list: brought from one snapshot to the next as if it were made anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import groupby, pairwise
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocontainerd.models import Container, Event, Key, Mount, Snapshot, TaskStatus
from ctdeck.differing import differing
from ctdeck.listing import Listing
from ctdeck.panes import PANES
from ctdeck.rows import ContainerRow
from ctdeck.screens.paneview import PaneView
from ctdeck.settings import Settings
from ctdeck.widgets.column import Column, searched
from ctdeck.widgets.maderows import Rows, of_these
from ctdeck.widgets.rowview import RowView
from tests.tui.worlds import NOW, ago, container, image, snapshot, task

IMAGES = ("docker.io/library/a:1", "docker.io/library/b:1", "ghcr.io/c/c:1")
MOUNTS = (Mount("/proc", "proc", "proc"), Mount("/data", "bind", "/srv", ("rbind",)))

POD_LABELS = {
    "": {},
    "one": {"nerdctl/name": "one"},
    **{
        f"{pod}/{kind}": {
            "io.kubernetes.pod.name": pod,
            "io.kubernetes.pod.uid": pod,
            "io.cri-containerd.kind": kind,
        }
        for pod in ("web", "db")
        for kind in ("sandbox", "container")
    },
}

boxes = st.builds(
    lambda name, image, space, number, age, labels, mounts: (
        container(
            name,
            image,
            space,
            created_at=ago(minutes=age),
            labels=POD_LABELS[labels],
            mounts=MOUNTS[:mounts],
        ),
        task(name, TaskStatus(number), space, pid=age) if number else None,
    ),
    st.sampled_from("abcde"),
    st.sampled_from(IMAGES),
    st.sampled_from(("default", "other")),
    st.integers(0, 4),
    st.integers(1, 3),
    st.sampled_from([*POD_LABELS]),
    st.integers(0, 2),
)


@st.composite
def hosts(draw: st.DrawFn) -> Snapshot:
    pairs = draw(st.lists(boxes, max_size=9))
    first, count = draw(st.integers(1, 4)), draw(st.integers(0, 5))
    numbers = range(first, first + count)
    events = [Event(n, NOW, ("default", "other")[n % 2], "/tasks/start", "a") for n in numbers]
    names = draw(st.sets(st.sampled_from(IMAGES)))
    exists = {"/srv": True} if draw(st.booleans()) else {}
    return snapshot(
        [image(name) for name in names],
        [pair[0] for pair in pairs],
        [pair[1] for pair in pairs if pair[1]],
        events,
        sources=exists,
    )


def rows_of(listing: Listing, at: Snapshot) -> Rows[Any]:
    return listing.rows_in(at, None)


def anew(view: RowView[Any], listing: Listing, at: Snapshot, scope: str | None) -> list[Any]:
    """The rows of a view that is set as this one is, made at once."""
    other: RowView[Any] = RowView()
    other.accepts, other.text = view.accepts, view.text
    other.sort_key, other.reverse = view.sort_key, view.reverse
    other.set_keys(listing.keys(at, scope), rows_of(listing, at))
    settle(other)
    return list(other.shown)


def settle(view: RowView[Any]) -> None:
    """On a busy machine what takes no time takes some."""
    while not view.is_settled:
        turn(view)


def turn(view: RowView[Any]) -> None:
    """As `Turns` does it."""
    if view.is_sorted:
        view.look_on()
    elif view.read_on():
        view.arrange()


def bring(view: RowView[Any], listing: Listing, old: Snapshot, new: Snapshot, scope: str | None):  # type: ignore[no-untyped-def]
    touched = listing.touched(old, new, scope)
    if touched is None:
        view.set_keys(listing.keys(new, scope), rows_of(listing, new))
    else:
        view.update(
            rows_of(listing, new), touched, partial(listing.order, old), partial(listing.order, new)
        )


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


def assert_pods_are_together(keys: list[Any], pods: Any) -> None:
    """Each pod in one piece, its sandboxes above the rest."""
    pieces = [[*run] for _, run in groupby(keys, lambda key: pods.get(key, key))]
    assert len(pieces) == len({pods.get(key, key) for key in keys})
    for piece in pieces:
        if group := pods.get(piece[0]):
            assert piece == [key for key in group.members if key in piece]


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


NAMES = [Key("default", name) for name in "abcdefghi"]
keyed = st.dictionaries(
    # the same object most often, another that is equal to it where a list was read anew
    st.one_of(st.sampled_from(NAMES), st.builds(Key, st.just("default"), st.sampled_from("abc"))),
    st.sampled_from((1.5, "x", (), "y")),
)


@given(keyed, keyed, st.data())
def test_what_differs(old: dict[Key, object], new: dict[Key, object], data: st.DataObject) -> None:
    if data.draw(st.booleans()):  # one of the other
        left = data.draw(st.sets(st.sampled_from([*old, NAMES[0]])))
        new = {**{key: old[key] for key in old if key not in left}, **new}
    nothing = object()
    expected = {k for k in old | new if old.get(k, nothing) is not new.get(k, nothing)}
    assert differing(old, new) == expected
    assert differing(old, new) == expected  # the kept answer
    assert differing(old, old) == set()


def test_what_differs_where_more_came_and_went_than_is_worth_a_look_each() -> None:
    old = {Key("default", f"c{number:03}"): number // 300 for number in range(200)}
    left = {key: value for number, (key, value) in enumerate(old.items()) if number % 5}
    new = {Key("default", "new"): 1, **left}
    assert differing(old, new) == {*old} - {*left} | {Key("default", "new")}


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


def test_a_filter_that_takes_long_shows_what_it_has_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctdeck.widgets.rowview.AT_ONCE", 0.0)
    listing = PANES[1].listing
    many = snapshot(containers=[container(f"c{n:04}", created_at=ago(days=1)) for n in range(2000)])
    view: RowView[Any] = RowView()
    view.text = lambda row: str(row.container.id)
    view.set_keys(listing.keys(many, None), rows_of(listing, many))
    view.move_to(1500)
    held = view.keys[1500]
    view.accepts = lambda text: text.endswith("0")
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
    listing = PANES[1].listing
    many = snapshot(containers=[container(f"c{n:04}", created_at=ago(days=1)) for n in range(2000)])
    view: RowView[Any] = RowView()
    view.text = lambda row: str(row.container.id)
    view.set_keys(listing.keys(many, None), rows_of(listing, many))
    view.move_to(1500)
    held = view.keys[1500]
    view.accepts = lambda text: text.endswith("0")
    left = {k: c for k, c in many.containers.items() if not (gone and k == held)}
    fewer = replace(many, containers=left)
    view.set_keys(listing.keys(fewer, None), rows_of(listing, fewer))
    while not view.is_complete:
        view.look_on()
    assert view.missing == (held if gone else None)
    assert view.current is not None
    assert (view.current.key == held) is not gone


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


def test_without_a_filter_there_is_nothing_more_to_look_at() -> None:
    rows = [ContainerRow(container(name), None) for name in "abc"]
    view: RowView[ContainerRow] = RowView()
    view.set_rows(rows[:2])
    key = rows[2].key
    before, now = {each.key: each.key for each in rows[:2]}, {each.key: each.key for each in rows}
    view.update(of_these(rows), {key}, before.get, now.get)
    assert view.keys == [each.key for each in rows]
    assert view.is_complete


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
