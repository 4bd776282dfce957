"""Who holds what on disk, and what a delete would free, on hand-made graphs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.disk import labels
from aiocontainerd.disk.holding import SEVERAL, Holdings
from aiocontainerd.disk.reasons import why
from aiocontainerd.disk.report import Report
from aiocontainerd.disk.things import CONTAINER, IMAGE, INGEST, LEASE, Node, Survey, Thing
from aiocontainerd.disk.things import blob as blob_node
from aiocontainerd.disk.things import layer as layer_node

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def blob(digest: str, namespace: str = "default") -> Node:
    return blob_node(namespace, digest)


def layer(key: str, namespace: str = "default") -> Node:
    return layer_node(namespace, "overlayfs", key)


def node(kind: str, key: str, namespace: str = "default") -> Node:
    return Node(namespace, kind, key)


def held(*things: Thing, **more: object) -> Holdings:
    return Holdings(Survey(NOW, {thing.node: thing for thing in things}, **more))  # type: ignore[arg-type]


ONE, TWO, WEB = node(IMAGE, "one"), node(IMAGE, "two"), node(CONTAINER, "web")
HOST = (
    Thing(ONE, refs=(blob("m1"),)),
    Thing(TWO, refs=(blob("m2"),)),
    Thing(blob("m1"), 1, refs=(blob("c1"), blob("base"), blob("top"))),
    Thing(blob("m2"), 2, refs=(blob("base"), blob("gone"), blob("m2"))),  # a circle does no harm
    Thing(blob("c1"), 4, refs=(layer("chain2"),)),
    Thing(blob("base"), 100),
    Thing(blob("top"), 200),
    Thing(layer("chain1"), 1_000),
    Thing(layer("chain2"), 2_000, refs=(layer("chain1"),)),
    Thing(WEB, refs=(layer("web"),)),
    Thing(layer("web"), 5_000, refs=(layer("chain1"),)),
    Thing(blob("loose"), 7),
    Thing(layer("stray"), 9),
    Thing(blob("rooted"), 11, is_root=True),
)


def test_what_a_delete_frees_is_what_only_it_holds() -> None:
    host = held(*HOST)
    assert host.frees(ONE) == 1 + 4 + 200 + 2_000  # base is two's too, chain1 the container's
    assert host.frees(TWO) == 2
    assert host.frees(WEB) == 5_000
    assert host.frees(blob("rooted")) == 11
    assert host.frees(blob("top")) == 0
    assert host.only_root(blob("top")) == ONE
    assert host.only_root(layer("chain1")) == SEVERAL
    assert host.garbage == {blob("loose"), layer("stray")}
    assert host.frees(layer("stray")) == 9


def test_several_deletes_free_what_they_share_once() -> None:
    host = held(*HOST)
    lost = host.lost([ONE, TWO])
    assert blob("base") in lost
    assert layer("chain1") not in lost
    assert host.bytes_of(lost) == 1 + 2 + 4 + 100 + 200 + 2_000
    assert layer("chain1") in host.lost([ONE, WEB])


def test_a_blob_of_two_namespaces_is_one_file() -> None:
    other = (Thing(node(IMAGE, "one", "k8s.io"), refs=(blob("m1", "k8s.io"),)),)
    host = held(*HOST, *other, Thing(blob("m1", "k8s.io"), 1))
    assert host.frees(ONE) == 4 + 200 + 2_000
    assert host.frees(node(IMAGE, "one", "k8s.io")) == 0
    both = host.lost([ONE, node(IMAGE, "one", "k8s.io")])
    assert host.bytes_of(both) == 1 + 4 + 200 + 2_000


def test_leases_hold_until_they_expire_and_flat_ones_not_what_follows() -> None:
    lease = node(LEASE, "l")
    things = (
        Thing(blob("m"), 1, refs=(blob("x"),)),
        Thing(blob("x"), 2),
        Thing(layer("a"), 4),
        Thing(layer("b"), 8, refs=(layer("a"), blob("y"))),
        Thing(blob("y"), 16),
    )
    refs = (blob("m"), layer("b"))
    later, before = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
    assert held(*things, Thing(lease, refs=refs, until=later)).frees(lease) == 31
    flat = held(*things, Thing(lease, refs=refs, is_flat=True))
    assert flat.garbage == {blob("x"), blob("y")}  # the parents of a snapshot all the same
    assert flat.frees(lease) == 1 + 4 + 8
    gone = held(*things, Thing(lease, refs=refs, until=before))
    assert gone.garbage == {thing.node for thing in things}
    assert gone.frees(lease) == 0


def test_what_is_held_by_its_own_label_and_by_a_download() -> None:
    ingest = node(INGEST, "layer-x")
    host = held(
        Thing(ONE),
        Thing(layer("cache"), 3, backs=(ONE,)),
        Thing(layer("lost"), 3, backs=(TWO,)),
        Thing(ingest, 5, refs=(blob("x"),), is_root=True),
        Thing(blob("x"), 9),
    )
    assert host.frees(ONE) == 3
    assert host.garbage == {layer("lost")}
    assert host.only_root(blob("x")) == ingest


def test_nothing_of_what_could_not_be_read_is_garbage() -> None:
    host = held(*HOST, problems={"default": "no answer"})
    assert not host.garbage
    assert "could be read" in next(iter(why(host, blob("loose"), NOW)))


def test_why_in_words() -> None:
    roles = {"m1": "manifest", "top": "layer", "c1": "config"}
    host = held(*HOST, roles=roles)
    assert list(why(host, blob("top"), NOW)) == [
        "layer top is a layer of manifest m1",
        "manifest m1 is what image one names",
        "image one is kept until its name is deleted",
    ]
    assert list(why(host, layer("chain1"), NOW)) == [
        "snapshot chain1 in overlayfs lies under snapshot web in overlayfs",
        "snapshot web in overlayfs is what container web writes into",
        "container web is kept until it is deleted",
    ]
    assert list(why(host, blob("loose"), NOW)) == [
        "Nothing holds it: it goes with the next collection."
    ]


def test_the_report_is_sorted_and_counts_shared_bytes_once() -> None:
    things = (*HOST, Thing(blob("base", "k8s.io"), 100, is_root=True))
    report = Report.of(Survey(NOW, {thing.node: thing for thing in things}))
    assert report.sizes[ONE] == 1 + 4 + 100 + 200 + 2_000 + 1_000
    assert report.sizes[WEB] == 5_000
    assert report.totals["blob"] == (8, 1 + 2 + 4 + 100 + 200 + 7 + 11)
    sizes = [report.sizes[each] or 0 for each in report.order]
    assert sizes == sorted(sizes, reverse=True)
    assert report.garbage == 16
    assert report.counts == {"default": 14, "k8s.io": 1}


GC = "containerd.io/gc."


def test_references_in_labels() -> None:
    found = labels.references(
        {
            f"{GC}ref.content": "a",
            f"{GC}ref.content.l.0": "b",
            f"{GC}ref.content/x": "c",
            f"{GC}ref.contents": "no",
            f"{GC}ref.snapshot.overlayfs": "d",
            f"{GC}ref.snapshot.native/1": "e",
            f"{GC}bref.content": "no",
            "other": "no",
        },
        "n",
    )
    assert found == (
        blob("a", "n"),
        blob("b", "n"),
        blob("c", "n"),
        layer("d", "n"),
        layer_node("n", "native", "e"),
    )
    assert labels.back_references({f"{GC}bref.image.x": "i"}, "n") == (Node("n", IMAGE, "i"),)


@pytest.mark.parametrize("text", ["", "soon", "2026-11-23", "2026-11-23T12:00:00"])
def test_an_expiry_that_cannot_be_read_is_none(text: str) -> None:
    assert labels.expiry({f"{GC}expire": text}) is None


NODES = [ONE, TWO, WEB, *(blob(c) for c in "abc"), *(layer(c) for c in "xyz"), node(LEASE, "l")]


@given(st.dictionaries(st.sampled_from(NODES), st.lists(st.sampled_from(NODES), max_size=4)))
def test_the_one_pass_agrees_with_reckoning_each_anew(refs: dict[Node, list[Node]]) -> None:
    things = (Thing(n, 2**i, refs=tuple(refs.get(n, ()))) for i, n in enumerate(NODES))
    host = held(*things)
    for root in host.roots:
        lost = host.lost([root])
        if host.only_root(root) == root:
            assert host.frees(root) == host.bytes_of(lost)
        for each in host.survey.things:
            assert bool(host.why(each)) == (host.only_root(each) is not None)
            if each in lost:
                assert host.only_root(each) == root
