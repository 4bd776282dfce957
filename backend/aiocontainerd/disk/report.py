"""A survey as a list: what each thing keeps on disk, who holds it, what its delete would free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from aiocontainerd.disk.holding import Holdings
from aiocontainerd.disk.things import BLOB, CONTAINER, IMAGE, LEASE, SNAPSHOT, Node, Survey, Thing


@dataclass(frozen=True)
class Report:
    """Made in a thread: some 100,000 things take a second.

    `sizes` are bytes that each thing keeps: a blob or snapshot its own, an image or a lease all
    that follows from it, a container what it has written. `order` is the largest first.
    """

    survey: Survey
    holdings: Holdings
    sizes: Mapping[Node, int | None] = field(hash=False)
    order: tuple[Node, ...] = field(repr=False)

    @classmethod
    def of(cls, survey: Survey) -> Report:
        """Reckon it all."""
        holdings = Holdings(survey)
        sizes = {node: _size(thing, holdings) for node, thing in survey.things.items()}
        order = sorted(sizes, key=lambda node: (-(sizes[node] or 0), node))
        report = cls(survey, holdings, sizes, tuple(order))
        # What the screen asks of it is reckoned here, and not while it is drawn.
        holdings.reckon()
        assert len(report.places) == report.counts.total()
        assert report.garbage <= report.used
        return report

    @property
    def taken_at(self) -> datetime:
        """When the daemon was asked."""
        return self.survey.taken_at

    @cached_property
    def places(self) -> Mapping[Node, int]:
        """Where each is in `order`."""
        return {node: place for place, node in enumerate(self.order)}

    @cached_property
    def counts(self) -> Counter[str]:
        """How many things each namespace has."""
        return Counter(node.namespace for node in self.order)

    @cached_property
    def totals(self) -> Mapping[str, tuple[int, int]]:
        """By kind how many there are and their bytes; a blob of several namespaces counts once."""
        numbers: Counter[str] = Counter()
        size: Counter[str] = Counter()
        digests: set[str] = set()
        for node, thing in self.survey.things.items():
            numbers[node.kind] += 1
            if node.kind != BLOB or node.key not in digests:
                size[node.kind] += thing.size or 0
            if node.kind == BLOB:
                digests.add(node.key)
        return {kind: (numbers[kind], size[kind]) for kind in numbers}

    @cached_property
    def used(self) -> int:
        """Bytes of all blobs, snapshots and ingests, as far as they are known."""
        return sum(size for _, size in self.totals.values())

    @cached_property
    def garbage(self) -> int:
        """Bytes that nothing holds: they come free with the next collection."""
        return self.holdings.bytes_of(self.holdings.garbage)


def _size(thing: Thing, holdings: Holdings) -> int | None:
    things = holdings.survey.things
    if thing.node.kind == CONTAINER:
        own = [things[n].size for n in thing.refs[:1] if n in things and n.kind == SNAPSHOT]
        return own[0] if own else 0
    if thing.node.kind in (IMAGE, LEASE):
        held = holdings.held_by(thing.node)
        return sum(things[node].size or 0 for node in held)
    return thing.size
