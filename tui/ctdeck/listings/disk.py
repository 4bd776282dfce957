"""What takes room on the disk, in the order of the report: the largest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence, Set

from aiocontainerd.models import Snapshot
from ctdeck.listing import Listing
from ctdeck.rows import DiskRow, Scope


def _row(snapshot: Snapshot, key: Hashable) -> DiskRow | None:
    report = snapshot.disk
    thing = report.survey.things.get(key) if report else None  # type: ignore[call-overload]
    return DiskRow(report, thing) if report and thing else None


def _rows(snapshot: Snapshot, keys: Sequence[Hashable]) -> Iterable[DiskRow]:
    return (row for key in keys if (row := _row(snapshot, key)))


def _keys(snapshot: Snapshot, scope: Scope) -> list[Hashable]:
    order = snapshot.disk.order if snapshot.disk else ()
    return [node for node in order if scope is None or node.namespace == scope]


def _order(snapshot: Snapshot, key: Hashable) -> int | None:
    return snapshot.disk.places.get(key) if snapshot.disk else None  # type: ignore[call-overload]


def _touched(old: Snapshot, new: Snapshot, scope: Scope) -> Set[Hashable] | None:
    return frozenset() if old.disk is new.disk else None


def _count(counts: Counter[str], old: Snapshot, new: Snapshot) -> None:
    if old.disk is not new.disk:
        counts.clear()
        counts.update(new.disk.counts if new.disk else ())


DISK = Listing(_keys, _row, _rows, _order, _touched, _count)
