"""The events: time, namespace, topic, subject, in words; the newest first."""

from __future__ import annotations

from ctdeck.formatting import clock, event_role, event_words, short_id, short_reference
from ctdeck.listings.events import EVENTS as LISTING
from ctdeck.panes.pane import Pane, namespace_column, said_and_whole
from ctdeck.rows import EventRow
from ctdeck.widgets.column import Column

COLUMNS: tuple[Column[EventRow], ...] = (
    Column(
        "time",
        "TIME",
        lambda r, _: (clock(r.event.timestamp), "muted"),
        lambda r: -r.event.seq,
        priority=2,
        minimum=8,
        falling=True,
    ),
    namespace_column(lambda r: r.event.namespace, priority=3),
    Column(
        "subject",
        "SUBJECT",
        lambda r, _: short_id(short_reference(r.event.subject)),
        lambda r: r.event.subject,
        minimum=12,
        maximum=40,
        cut="host",
        full=lambda r: said_and_whole(r.event.subject),
    ),
    Column(
        "words",
        "WHAT HAPPENED",
        lambda r, _: (event_words(r.event), event_role(r.event)),
        lambda r: event_words(r.event),
        priority=1,
        minimum=15,
        maximum=44,
    ),
    Column(
        "topic",
        "TOPIC",
        lambda r, _: (r.event.topic, "muted"),
        lambda r: r.event.topic,
        priority=4,
        minimum=14,
        maximum=24,
    ),
)

EVENTS = Pane(
    id="events",
    key="5",
    title="Events",
    short="Evt",
    noun="event",
    columns=COLUMNS,
    listing=LISTING,
    sorted_by="time",
    follow=True,
    hint="they come as things happen",
    dropped=lambda s: max(0, s.events_total - len(s.events)),
)
