"""Hosts to list, and lists that are brought from one to the next."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import Any

from hypothesis import strategies as st

from aiocontainerd.models import Event, Mount, Snapshot, TaskStatus
from ctdeck.listing import Listing
from ctdeck.widgets.maderows import Rows
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


def assert_pods_are_together(keys: list[Any], pods: Any) -> None:
    """Each pod in one piece, its sandboxes above the rest."""
    pieces = [[*run] for _, run in groupby(keys, lambda key: pods.get(key, key))]
    assert len(pieces) == len({pods.get(key, key) for key in keys})
    for piece in pieces:
        if group := pods.get(piece[0]):
            assert piece == [key for key in group.members if key in piece]
