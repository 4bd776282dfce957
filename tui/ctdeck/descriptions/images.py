"""What the details say of an image."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from aiocontainerd.models import Image, Snapshot
from aiocontainerd.owners import keeper_of, owner_in
from ctdeck.descriptions.facts import Fact, Tabs, ago, event_facts, label_facts, owner_fact
from ctdeck.formatting import size, status_text


def image_tabs(image: Image, snapshot: Snapshot, now: datetime) -> Tabs:
    """The tabs of an image."""
    users = snapshot.users_of(image)
    return {
        "Details": _image_facts(image, snapshot, now),
        f"Used by {len(users)}": [
            Fact("", f"{status_text(snapshot.task_of(c))}  {c.id}  {c.display_name}".rstrip())
            for c in users
        ]
        or [Fact("", "No container names this image.", "muted")],
        "Events": event_facts(snapshot, image.namespace, image.name),
    }


def _image_facts(image: Image, snapshot: Snapshot, now: datetime) -> list[Fact]:
    details = image.details
    unpacked = {None: "not known yet", True: "yes", False: "no: run unpacks it first"}
    facts = [
        Fact("image", image.name),
        *([Fact("exact name", image.exact_name)] if image.exact_name else []),
        Fact("namespace", image.namespace),
        *_image_owner(image, snapshot),
        Fact("digest", image.target.digest),
        Fact("type", image.target.media_type),
    ]
    if details is None:
        facts.append(Fact("content", "being read …", "muted"))
    else:
        facts += [
            Fact("size", f"{size(details.size)} of compressed content here"),
            Fact("platforms", ", ".join(details.platforms) or "none complete here"),
        ]
        if details.missing:
            facts.append(Fact("content", "incomplete: pull it again", "bad"))
    return [
        *facts,
        Fact("unpacked", unpacked[image.unpacked], "" if image.unpacked else "muted"),
        Fact("created", ago(image.created_at, now)),
        Fact("changed", ago(image.updated_at, now)),
        *label_facts(image.labels),
    ]


def _image_owner(image: Image, snapshot: Snapshot) -> Iterable[Fact]:
    keeper = keeper_of(image, snapshot)
    yield from owner_fact(keeper or owner_in(image.namespace))
    if keeper is not None:
        yield Fact("protected", keeper.will("delete image"))
