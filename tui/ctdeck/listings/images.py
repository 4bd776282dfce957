"""The images, in the order of what is shown of them; with how many containers use each."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence, Set
from typing import Any

from aiocontainerd.models import Key, Snapshot
from ctdeck.formatting import short_reference
from ctdeck.imageusers import Twins, Users
from ctdeck.listing import (
    InTurns,
    Listing,
    at_once,
    by_id,
    count_by_namespace,
    differing_within,
    sorted_by,
    sorted_by_id,
    within,
)
from ctdeck.rows import ImageRow, Scope
from ctdeck.widgets.maderows import Made

_users, _twins = Users(), Twins()


def _image_row(snapshot: Snapshot, key: Key) -> ImageRow | None:
    image = snapshot.images.get(key)
    return None if image is None else ImageRow(image, _count_users(snapshot, key))


def _count_users(snapshot: Snapshot, key: Key) -> int:
    users = _users.of(snapshot.containers)
    return sum(users[each] for each in _twins.of(snapshot.images).get(key, (key,)))


def _image_rows(snapshot: Snapshot, keys: Sequence[Key]) -> Iterable[ImageRow]:
    if _twins.of(snapshot.images):
        return (ImageRow(snapshot.images[key], _count_users(snapshot, key)) for key in keys)
    users = _users.of(snapshot.containers)
    return Made(ImageRow, map(snapshot.images.__getitem__, keys), map(users.__getitem__, keys))


def _image_order(snapshot: Snapshot, key: Key) -> Any:
    """By what is shown, of which many begin alike; the same names by all of them."""
    image = snapshot.images.get(key)
    return None if image is None else (short_reference(image.name), *by_id(key))


def _images_in_turns(snapshot: Snapshot, scope: Scope) -> InTurns:
    keys = sorted_by_id(within(scope, snapshot.images))
    images = snapshot.images
    return (yield from sorted_by(keys, lambda key: short_reference(images[key].name)))


def _images_touched(old: Snapshot, new: Snapshot, scope: Scope) -> Set[Hashable]:
    found: set[Key] = {*differing_within(old.images, new.images, scope)}
    for key in differing_within(old.containers, new.containers, scope):
        before, after = old.containers.get(key), new.containers.get(key)
        names = {it.image_key for it in (before, after) if it is not None}
        if before is None or after is None or len(names) == 2:
            found.update(names)
    for twins in (_twins.of(old.images), _twins.of(new.images)):
        found.update(*(twins[key] for key in [*found] if key in twins))
    return {*found}


IMAGES = Listing(
    keys=lambda s, scope: at_once(_images_in_turns(s, scope)),
    row=_image_row,
    rows=_image_rows,
    order=_image_order,
    touched=_images_touched,
    count=lambda counts, old, new: count_by_namespace(counts, old.images, new.images),
    stored=lambda s, scope: within(scope, s.images),
    in_turns=_images_in_turns,
)
