"""The images: reference, digest, size, platforms, age, used by, unpacked or not."""

from __future__ import annotations

from datetime import datetime

from ctdeck.formatting import UNKNOWN, age, short_digest, short_reference, size
from ctdeck.listing import stamp
from ctdeck.listings.images import IMAGES as LISTING
from ctdeck.panes.pane import Pane, namespace_column, said_and_whole
from ctdeck.rows import ImageRow
from ctdeck.widgets.column import Cell, Column


def _size(row: ImageRow, now: datetime) -> Cell:
    details = row.image.details
    return size(details.size) if details else (UNKNOWN, "muted")


def _platforms(row: ImageRow, now: datetime) -> Cell:
    details = row.image.details
    if details is None:
        return UNKNOWN, "muted"
    names = [name.removeprefix("linux/") for name in details.platforms]
    return ", ".join(names) or ("none here", "warn")


def _used(row: ImageRow, now: datetime) -> Cell:
    return f"used by {row.users}" if row.users else ("not used", "muted")


def _unpacked(row: ImageRow, now: datetime) -> Cell:
    image = row.image
    if image.details is not None and image.details.missing:
        return "incomplete", "bad"
    if image.unpacked is None:
        return UNKNOWN, "muted"
    return ("unpacked", "") if image.unpacked else ("not unpacked", "warn")


COLUMNS: tuple[Column[ImageRow], ...] = (
    namespace_column(lambda r: r.image.namespace, priority=3),
    Column(
        "reference",
        "REFERENCE",
        lambda r, _: short_reference(r.image.name),
        lambda r: short_reference(r.image.name),
        minimum=20,
        maximum=70,
        cut="host",
        full=lambda r: f"{said_and_whole(r.image.name)} {r.image.target.digest}",
    ),
    Column(
        "digest",
        "DIGEST",
        lambda r, _: (short_digest(r.image.target.digest), "muted"),
        lambda r: r.image.target.digest,
        priority=6,
        minimum=12,
        maximum=12,
    ),
    Column(
        "size",
        "SIZE",
        _size,
        lambda r: -r.image.details.size if r.image.details else 1,
        priority=1,
        minimum=7,
        right=True,
        falling=True,
    ),
    Column(
        "platforms",
        "PLATFORMS",
        _platforms,
        lambda r: r.image.details.platforms if r.image.details else (),
        priority=7,
        minimum=9,
        maximum=24,
    ),
    Column(
        "age",
        "AGE",
        lambda r, now: age(r.image.created_at, now),
        lambda r: stamp(r.image.created_at),
        priority=4,
        minimum=6,
        right=True,
        when=lambda r: r.image.created_at,
    ),
    Column(
        "used", "USE", _used, lambda r: -r.users, priority=2, minimum=9, maximum=12, falling=True
    ),
    Column(
        "unpacked",
        "STATE",
        _unpacked,
        lambda r: (r.image.unpacked is None, not r.image.unpacked),
        priority=5,
        minimum=12,
        maximum=12,
    ),
)

IMAGES = Pane(
    id="images",
    key="1",
    title="Images",
    short="Img",
    noun="image",
    columns=COLUMNS,
    listing=LISTING,
    sorted_by="reference",
    invitation=("image.pull", "press {} to pull one"),
)
