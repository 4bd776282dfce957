"""What the details say of a row, tab by tab; pure: facts in, no layout.

What must be asked for first is in `ctdeck.lookups`.
"""

from __future__ import annotations

from datetime import datetime

from aiocontainerd.models import Event, Snapshot
from ctdeck.descriptions.containers import container_tabs, mount_facts
from ctdeck.descriptions.facts import Fact, Tabs, fact
from ctdeck.descriptions.images import image_tabs
from ctdeck.formatting import event_words, moment
from ctdeck.masking import masked_value
from ctdeck.rows import ContainerRow, DiskRow, EventRow, ImageRow, MountRow, Row, TaskRow


def title_of(row: Row) -> str:
    """How the details are headed."""
    match row:
        case ImageRow():
            return row.image.name
        case ContainerRow() | MountRow():
            return row.container.id
        case TaskRow():
            return row.task.id
        case EventRow():
            return row.event.subject or row.event.topic
        case DiskRow():
            return row.name


def describe(row: Row, snapshot: Snapshot, now: datetime) -> Tabs:
    """Tab names and their facts, in the order in which they are shown."""
    match row:
        case ImageRow():
            return image_tabs(row.image, snapshot, now)
        case ContainerRow():
            return container_tabs(row.container, row.task, snapshot, now)
        case TaskRow():
            return container_tabs(row.container, row.task, snapshot, now)
        case MountRow():
            task = snapshot.task_of(row.container)
            tabs = container_tabs(row.container, task, snapshot, now)
            return {"Mount": mount_facts(row), **tabs}
        case EventRow():
            return {"Event": _event_facts(row.event)}
        case DiskRow():
            from ctdeck.descriptions.disk import disk_tabs  # not before the first frame

            return disk_tabs(row, snapshot, now)


def _event_facts(event: Event) -> list[Fact]:
    return [
        Fact("time", moment(event.timestamp)),
        Fact("namespace", event.namespace or "none"),
        Fact("topic", event.topic),
        Fact("subject", event.subject),
        Fact("words", event_words(event)),
        *(
            fact(key, masked_value(key, value), value, "muted")
            for key, value in sorted(event.attributes.items())
        ),
    ]
