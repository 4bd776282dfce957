"""Pods in the lists: their containers stay together, and who of them decides."""

from __future__ import annotations

from typing import Any

from aiocontainerd.models import Container, TaskStatus
from ctdeck.panes import PANES
from ctdeck.widgets.rowview import RowView
from tests.tui.worlds import ago, container, snapshot, task


def pod(name: str, *parts: str, age: int = 1, **more: object) -> list[Container]:
    """A sandbox that is `age` hours old, and its containers, each an hour younger."""
    labels = {"io.kubernetes.pod.name": name, "io.kubernetes.pod.uid": f"uid-{name}"}
    kinds = {f"{name}-pause": "sandbox", **{f"{name}-{part}": "container" for part in parts}}
    return [
        container(
            id,
            namespace="k8s.io",
            labels={**labels, "io.cri-containerd.kind": kind},
            created_at=ago(hours=age - place),
            image="pause" if kind == "sandbox" else f"i/{id}",
            **more,
        )
        for place, (id, kind) in enumerate(kinds.items())
    ]


def test_a_pod_is_sorted_by_the_best_of_its_containers() -> None:
    listing = PANES[1].listing
    boxes = [*pod("a", "x", "y", age=9), *pod("b", "w", age=8), *pod("empty", age=20)]
    states = {"a-pause": 2, "a-x": 3, "a-y": 2, "b-pause": 2, "b-w": 3, "alone": 2}
    at = snapshot(
        containers=[*boxes, container("alone", created_at=ago(hours=8))],
        tasks=[
            task(id, TaskStatus(number), "default" if id == "alone" else "k8s.io")
            for id, number in states.items()
        ],
    )
    view: RowView[Any] = RowView()

    def shown(column: str, reverse: bool = False) -> list[str]:
        found = [each.sort for each in PANES[1].columns if each.id == column]
        view.sort_key, view.reverse = (found or [None])[0], reverse  # type: ignore[list-item]
        while not view.read_on():  # on a busy machine what takes no time takes some
            pass
        view.arrange()
        return [key.id for key in view.keys]  # type: ignore[attr-defined]

    view.set_keys(listing.keys(at, None), listing.rows_in(at, None))
    a, b, empty = ["a-pause", "a-y", "a-x"], ["b-pause", "b-w"], ["empty-pause"]
    assert shown("") == [*a, *b, "alone", *empty]  # by age: a-y and b-w are 7 h old
    assert shown("", reverse=True) == [*empty, "alone", *b, *a]
    assert shown("status") == [*a, "alone", *b, *empty]  # a sandbox that runs makes no pod run
    assert shown("image") == [*a, *b, "alone", *empty]


def test_who_filters_a_pods_containers_is_not_given_its_sandbox() -> None:
    listing = PANES[1].listing
    at = snapshot(containers=[*pod("a", "x", "y"), *pod("b", "x")])
    view: RowView[Any] = RowView()
    view.text = lambda row: row.container.image
    view.set_keys(listing.keys(at, None), listing.rows_in(at, None))
    view.set_filter(lambda text: text.endswith("-x"))
    assert {key.id for key in view.keys} == {"a-x", "b-x"}  # type: ignore[attr-defined]
