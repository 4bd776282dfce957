"""Who holds what, as containerd's garbage collector reckons, and what would go. Pure.

Source: containerd `metadata/gc.go` (scanRoots, references): images, containers, leases and gc.root
labels are roots; what follows from one is kept. One pass tells of each thing its only root, or that
there are several, so that a delete's gain need not be reckoned anew for each.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from aiocontainerd.disk.things import (
    BLOB,
    CONTAINER,
    IMAGE,
    INGEST,
    LEASE,
    SNAPSHOT,
    Node,
    Survey,
)

SEVERAL = Node("", "several", "")
_ORDER = {IMAGE: 0, CONTAINER: 1, LEASE: 2, INGEST: 3}  # of two reasons as short, the plainer one


class Step(NamedTuple):
    """From a root or another thing to what it holds; `goes_on` is false for a flat lease."""

    node: Node
    goes_on: bool = True


class Holdings:
    """What a survey means. Made once for each; tens of milliseconds for 10,000 things."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self._brefs: defaultdict[Node, list[Node]] = defaultdict(list)
        for node, thing in survey.things.items():
            for holder in thing.backs:
                self._brefs[holder].append(node)
        found = (node for node, thing in survey.things.items() if self._is_root(node))
        self.roots = sorted(found, key=lambda node: (_ORDER.get(node.kind, 9), node))
        self.root_set = frozenset(self.roots)
        self._via = self._shortest()
        self._holder = self._holders()

    def _is_root(self, node: Node) -> bool:
        thing = self.survey.things[node]
        if node.kind == LEASE:
            return not thing.is_expired(self.survey.taken_at)
        return thing.is_root or node.kind in (IMAGE, CONTAINER)

    def _steps(self, node: Node) -> Iterator[Step]:
        """What it holds of what there is."""
        things = self.survey.things
        thing = things[node]
        for held in thing.refs:
            if held not in things:
                continue
            yield Step(held, not thing.is_flat)
            if thing.is_flat and held.kind == SNAPSHOT:  # its parents all the same
                yield from (Step(parent, False) for parent in self.parents(held))
        for held in self._brefs.get(node, ()):
            yield Step(held)

    def parents(self, node: Node) -> Iterator[Node]:
        """The snapshots that a snapshot stands on, the nearest first; those that there are."""
        things, seen = self.survey.things, {node}
        while node in things and (below := [n for n in things[node].refs if _same_place(n, node)]):
            node = below[0]
            if node in seen or node not in things:
                return
            seen.add(node)
            yield node

    def _shortest(self) -> dict[Node, Node | None]:
        """By which thing each kept one is held, on the shortest way from a root."""
        via: dict[Node, Node | None] = dict.fromkeys(self.roots)
        todo = deque(Step(root) for root in self.roots)
        went: set[Node] = set()
        while todo:
            node, goes_on = todo.popleft()
            if not goes_on or node in went:
                continue
            went.add(node)
            for step in self._steps(node):
                via.setdefault(step.node, node)
                todo.append(step)
        return via

    def _holders(self) -> dict[Node, Node]:
        """The only root of each kept thing, or SEVERAL. Each thing is passed twice at most."""
        holder: dict[Node, Node] = {}
        passed: dict[Node, Node] = {}
        for root in self.roots:
            todo = [(Step(root), root)]
            while todo:
                (node, goes_on), by = todo.pop()
                holder[node] = by if holder.get(node, by) == by else SEVERAL
                if not goes_on or passed.get(node) in (by, SEVERAL):
                    continue
                passed[node] = by = by if node not in passed else SEVERAL
                todo += ((step, by) for step in self._steps(node))
        return holder

    def is_kept(self, node: Node) -> bool:
        """Whether the collector leaves it, or cannot be told from what was read."""
        return node in self._via or node.namespace in self.survey.problems

    def why(self, node: Node) -> list[Node]:
        """From the thing to the root that holds it, the shortest way; empty if nothing does."""
        chain: list[Node] = []
        at: Node | None = node if node in self._via else None
        while at is not None and at not in chain:
            chain.append(at)
            at = self._via[at]
        return chain

    def only_root(self, node: Node) -> Node | None:
        """The one root that holds it; SEVERAL for more than one, None if nothing does."""
        return self._holder.get(node)

    def roots_of(self, node: Node) -> list[Node]:
        """All roots from which it follows, the plainer first."""
        found = {node} & self.root_set
        seen, todo = {node}, [node]
        while todo:
            for holder in self._held_from.get(todo.pop(), ()):
                if holder not in seen:
                    seen.add(holder)
                    todo.append(holder)
                    found |= {holder} & self.root_set
        return sorted(found, key=lambda root: (_ORDER.get(root.kind, 9), root))

    @cached_property
    def _held_from(self) -> dict[Node, list[Node]]:
        """By what each thing is held directly."""
        found: defaultdict[Node, list[Node]] = defaultdict(list)
        for node in self._via:
            for step in self._steps(node):
                found[step.node].append(node)
        return found

    @cached_property
    def garbage(self) -> frozenset[Node]:
        """What nothing holds: it goes with the next collection."""
        return frozenset(
            node
            for node in self.survey.things
            if node.kind in (BLOB, SNAPSHOT) and not self.is_kept(node)
        )

    @cached_property
    def _frees(self) -> Counter[Node]:
        things, copies = self.survey.things, self.survey.copies
        found: Counter[Node] = Counter()
        for node, root in self._holder.items():
            if node.kind == SNAPSHOT or (node.kind == BLOB and len(copies[node.key]) == 1):
                found[root] += things[node].size or 0
        return found

    def reckon(self) -> None:
        """All that is kept for later questions, now: on a large host it takes a while."""
        assert self._frees.total() >= 0
        assert len(self.garbage) <= len(self.survey.things)

    def frees(self, node: Node) -> int:
        """Bytes that its delete brings: what only it holds; of garbage, its own."""
        if node in self.garbage:
            return self.bytes_of([node])
        return self._frees[node] if self._holder.get(node) == node else 0

    def held_by(self, node: Node) -> set[Node]:
        """All that follows from it, itself too."""
        return self._reach([node])

    def lost(self, roots: Collection[Node]) -> set[Node]:
        """What nothing holds any more when these roots are gone; garbage is not counted."""
        kept = self._reach(root for root in self.roots if root not in roots)
        return self._reach(root for root in roots if root in self._via) - kept

    def _reach(self, nodes: Iterable[Node]) -> set[Node]:
        todo = [Step(node) for node in nodes if node in self.survey.things]
        seen = {step.node for step in todo}
        went: set[Node] = set()
        while todo:
            node, goes_on = todo.pop()
            seen.add(node)
            if goes_on and node not in went:
                went.add(node)
                todo += self._steps(node)
        return seen

    def bytes_of(self, nodes: Iterable[Node]) -> int:
        """What comes free when all these go: a blob only with its last copy, and once."""
        things, gone = self.survey.things, Counter[str]()
        total = 0
        for node in nodes:
            if node.kind == SNAPSHOT:
                total += things[node].size or 0
            elif node.kind == BLOB:
                gone[node.key] += 1
                if gone[node.key] == len(self.survey.copies[node.key]):
                    total += things[node].size or 0
        return total


def _same_place(node: Node, other: Node) -> bool:
    """Two snapshots of one snapshotter."""
    same = node.key.partition("/")[0] == other.key.partition("/")[0]
    return node.kind == other.kind == SNAPSHOT and same
