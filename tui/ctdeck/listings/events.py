"""The events, the newest first, by their numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Set
from operator import attrgetter

from aiocontainerd.models import Snapshot
from ctdeck.listing import Listing
from ctdeck.rows import EventRow, Scope

_number = attrgetter("seq")


def _event_row(snapshot: Snapshot, key: int) -> EventRow | None:
    events = snapshot.events
    place = bisect_left(events, key, key=_number)
    return EventRow(events[place]) if place < len(events) and events[place].seq == key else None


def _event_keys(snapshot: Snapshot, scope: Scope) -> list[Hashable]:
    """The newest first."""
    events = reversed(snapshot.events)
    return [event.seq for event in events if scope is None or event.namespace == scope]


def _events_touched(old: Snapshot, new: Snapshot, scope: Scope) -> Set[Hashable]:
    if old.events is new.events:
        return frozenset()
    return {*_event_keys(old, scope)} ^ {*_event_keys(new, scope)}


def _count_events(counts: Counter[str], old: Snapshot, new: Snapshot) -> None:
    if old.events is not new.events:
        counts.clear()
        counts.update(event.namespace for event in new.events)


EVENTS = Listing(
    keys=_event_keys,
    row=_event_row,
    rows=lambda s, keys: (row for key in keys if (row := _event_row(s, key))),
    order=lambda s, key: -key if _event_row(s, key) else None,
    touched=_events_touched,
    count=_count_events,
)
