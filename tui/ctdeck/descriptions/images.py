"""What the details say of an image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from aiocontainerd.models import Container, Image, Snapshot
from aiocontainerd.owners import keeper_of, owner_in
from ctdeck.descriptions.facts import Fact, Tabs, ago, event_facts, label_facts, owner_fact
from ctdeck.formatting import size, status_text

MOST_NAMES = 20  # other names of the same digest that are listed


def image_tabs(image: Image, snapshot: Snapshot, now: datetime) -> Tabs:
    """The tabs of an image."""
    users = snapshot.users_of(image)
    return {
        "Details": _image_facts(image, snapshot, now),
        f"Used by {len(users)}": [*_users(users, snapshot), *_other_names(image, snapshot)],
        "Events": event_facts(snapshot, image.namespace, image.name),
    }


def _users(users: Sequence[Container], snapshot: Snapshot) -> list[Fact]:
    facts = [Fact("", _user(each, snapshot)) for each in users]
    return facts or [Fact("", "No container names this image.", "muted")]


def _user(user: Container, snapshot: Snapshot) -> str:
    return f"{status_text(snapshot.task_of(user))}  {user.id}  {user.display_name}".rstrip()


def _other_names(image: Image, snapshot: Snapshot) -> Iterable[Fact]:
    """Names of the same digest, in any namespace, and who uses the image by them."""
    others = [
        each
        for each in snapshot.images.values()
        if each.target.digest == image.target.digest and each.key != image.key
    ]
    names = {each.name for each in others}
    users = [each for each in snapshot.containers.values() if each.image in names]
    for place, other in enumerate(sorted(others, key=lambda each: each.key)[:MOST_NAMES]):
        where = "" if other.namespace == image.namespace else f" in {other.namespace}"
        yield Fact("" if place else "also named", f"{other.name}{where}")
        for user in users:
            if user.image_key == other.key:
                yield Fact("", f"  {_user(user, snapshot)}")


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
