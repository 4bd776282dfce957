"""What containerd's garbage collector keeps, reckoned by us."""

from aiocontainerd.operations.garbage import Graph, content, label_refs, snapshot_node


def test_references_in_labels() -> None:
    found = label_refs(
        {
            "containerd.io/gc.ref.content": "a",
            "containerd.io/gc.ref.content.l.0": "b",
            "containerd.io/gc.ref.content/x": "c",
            "containerd.io/gc.ref.contents": "no",
            "containerd.io/gc.ref.snapshot.overlayfs": "d",
            "containerd.io/gc.ref.snapshot.native/1": "e",
            "other": "no",
        }
    )
    assert list(found) == [
        content("a"),
        content("b"),
        content("c"),
        snapshot_node("overlayfs", "d"),
        snapshot_node("native", "e"),
    ]


def test_what_the_collector_keeps() -> None:
    graph = Graph()
    graph.roots = {("image", "one"), ("image", "two")}
    graph.add(("image", "one"), {}, [content("m1")])
    graph.add(("image", "two"), {}, [content("m2")])
    refs = "containerd.io/gc.ref.content."
    graph.add(content("m1"), {f"{refs}l.0": "base", f"{refs}l.1": "top", f"{refs}config": "gone"})
    graph.add(content("m2"), {f"{refs}l.0": "base", f"{refs}m.0": "m2"})  # a circle does no harm
    graph.add(content("base"), {})
    graph.add(content("top"), {})
    graph.add(content("rooted"), {"containerd.io/gc.root": "x"})
    graph.add(content("garbage"), {})
    everything = graph.reachable()
    assert content("garbage") not in everything
    assert content("gone") not in everything
    lost = everything - graph.reachable(without={("image", "one")})
    assert lost == {("image", "one"), content("m1"), content("top")}
    graph.leaves = {content("top")}
    assert content("top") in graph.reachable(without={("image", "one")})
