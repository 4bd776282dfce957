"""What containerd's garbage collector keeps: roots, and what follows from them. Pure.

Source: containerd `metadata/gc.go` (scanRoots, references, sendLabelRefs).
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

Node = tuple[str, str]

ROOT_LABEL = "containerd.io/gc.root"
_CONTENT_REF = "containerd.io/gc.ref.content"
_SNAPSHOT_REF = "containerd.io/gc.ref.snapshot."


def content(digest: str) -> Node:
    """The node of a blob."""
    return ("content", digest)


def snapshot_node(snapshotter: str, key: str) -> Node:
    """The node of a snapshot."""
    return ("snapshot", f"{snapshotter}/{key}")


def label_refs(labels: Mapping[str, str]) -> Iterable[Node]:
    """What an object's labels hold: gc.ref.content[.…] and gc.ref.snapshot.<name>[/…]."""
    for key, value in labels.items():
        if key.startswith(_CONTENT_REF) and key[len(_CONTENT_REF) :][:1] in {"", ".", "/"}:
            yield content(value)
        elif key.startswith(_SNAPSHOT_REF):
            yield snapshot_node(key[len(_SNAPSHOT_REF) :].partition("/")[0], value)


@dataclass
class Graph:
    """One namespace; `leaves` are held without what they refer to, `sizes` in bytes."""

    roots: set[Node] = field(default_factory=set)
    leaves: set[Node] = field(default_factory=set)
    edges: dict[Node, list[Node]] = field(default_factory=dict)
    sizes: dict[Node, int] = field(default_factory=dict)

    def add(self, node: Node, labels: Mapping[str, str], more: Iterable[Node] = ()) -> None:
        """A thing that exists, with its labels and what else it holds."""
        self.edges[node] = [*more, *label_refs(labels)]
        if ROOT_LABEL in labels:
            self.roots.add(node)

    def reachable(self, without: Container[Node] = ()) -> set[Node]:
        """Everything that exists and is kept, as if the roots in `without` were not there."""
        seen = self.held_by(node for node in self.roots if node not in without)
        return seen | {node for node in self.leaves if node in self.edges}

    def held_by(self, nodes: Iterable[Node]) -> set[Node]:
        """Those of `nodes` that exist, and everything that follows from them."""
        todo = [node for node in nodes if node in self.edges]
        seen = set(todo)
        while todo:
            for node in self.edges[todo.pop()]:
                if node not in seen and node in self.edges:
                    seen.add(node)
                    todo.append(node)
        return seen
