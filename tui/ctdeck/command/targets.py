"""From what was typed to what is meant: ids and references in the newest snapshot. Pure.

An action binds the objects found here, so what is done is done to what was there when
`Enter` was pressed, and to nothing that takes its name later.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from difflib import get_close_matches

from aiocontainerd.errors import FailedPrecondition, InvalidArgument, NotFound
from aiocontainerd.models import Container, Image, Snapshot
from aiocontainerd.reference import parse as parse_reference
from aiocontainerd.safe import safe

_HEX_ID = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_DIGEST_START = re.compile(r"(sha256:|sha512:)?[0-9a-f]{4,128}")
_HEX_START = re.compile(r"[0-9a-f]{4,64}")


def find_containers(
    snapshot: Snapshot, scope: str | None, ids: Iterable[str]
) -> tuple[Container, ...]:
    """The containers of these ids, or of these names that nerdctl gave, or of the beginnings
    (4 digits or more) of long hexadecimal ids.

    `scope` is the containerd namespace that is shown, None for all of them. Raises NotFound
    with the nearest ids, FailedPrecondition when more than one fits.
    """
    there = [each for each in snapshot.containers.values() if scope in (None, each.namespace)]
    return tuple(dict.fromkeys(_container(text, there, scope) for text in ids))


def find_images(snapshot: Snapshot, scope: str | None, names: Iterable[str]) -> tuple[Image, ...]:
    """The images of these names, full or short (nginx is docker.io/library/nginx:latest); of
    those that are shown alike, by their exact names.

    Raises NotFound with the nearest names, FailedPrecondition when more than one fits.
    """
    there = [each for each in snapshot.images.values() if scope in (None, each.namespace)]
    return tuple(dict.fromkeys(_image(text, there, scope) for text in names))


def is_digest(text: str) -> bool:
    """Whether it is a whole one."""
    return bool(_DIGEST.fullmatch(text))


def find_any(snapshot: Snapshot, scope: str | None, text: str) -> Container | Image:
    """What this names: a container by id or name, an image by name or (the beginning of) its
    digest, or a container by the beginning of its id, if that is clear.

    Raises NotFound, FailedPrecondition when more than one fits.
    """
    containers = [each for each in snapshot.containers.values() if scope in (None, each.namespace)]
    images = [each for each in snapshot.images.values() if scope in (None, each.namespace)]
    with suppress(NotFound):
        return _container(text, containers, scope)
    with suppress(NotFound):
        return _image(text, images, scope)
    return _begun(text, containers, images, scope)


def _begun(
    text: str, containers: Sequence[Container], images: Sequence[Image], scope: str | None
) -> Container | Image:
    if _DIGEST_START.fullmatch(text):
        digest = text if ":" in text else f"sha256:{text}"
        named = [each for each in images if each.target.digest.startswith(digest)]
        if len({each.target.digest for each in named}) == 1:  # several names of one image
            return named[0]
        if named:
            raise _ambiguous("image", text, [each.name for each in named])
    found = [each for each in containers if each.id.startswith(text)]
    if len(found) > 1:
        raise _ambiguous("container", text, [f"{each.namespace}/{each.id}" for each in found])
    if not found:
        near = get_close_matches(text, [each.id for each in containers], n=3)
        raise _absent("container, image or digest", text, scope, near)
    return found[0]


def _container(text: str, there: Sequence[Container], scope: str | None) -> Container:
    found = [each for each in there if each.id == text]
    found = found or [each for each in there if each.display_name == text]
    if not found and _HEX_START.fullmatch(text):
        found = [each for each in there if _HEX_ID.fullmatch(each.id) and each.id.startswith(text)]
    if not found:
        near = get_close_matches(text, [each.id for each in there], n=3)
        raise _absent("container", text, scope, near)
    if len(found) > 1:
        raise _ambiguous("container", text, [f"{each.namespace}/{each.id}" for each in found])
    return found[0]


def _image(text: str, there: Sequence[Image], scope: str | None) -> Image:
    found = [each for each in there if text in _called(each)]
    if not found:
        full = _full_name(text)
        found = [each for each in there if each.name == full]
    if not found:
        names = [each.key.id for each in there]
        near = [name for name in names if text and text in name][:3]
        raise _absent("image", text, scope, near or get_close_matches(text, names, n=3))
    if len(found) > 1:
        raise _ambiguous("image", text, [f"{each.namespace}: {each.key.id}" for each in found])
    return found[0]


def _called(image: Image) -> set[str]:
    """What it answers to: also its exact name, with the quotes and as the `:` line takes it."""
    exact = {image.exact_name, image.exact_name[1:-1]} if image.exact_name else set()
    return {image.name} | exact


def _full_name(text: str) -> str:
    try:
        return str(parse_reference(text))
    except InvalidArgument:
        return text


def _absent(kind: str, text: str, scope: str | None, near: Sequence[str]) -> NotFound:
    where = f"in namespace {scope}" if scope else "in any namespace"
    remedy = f"Did you mean {' or '.join(near)}?" if near else ""
    if not near and scope:
        remedy = "It may be in another namespace: :ns all shows them all."
    return NotFound(f"there is no such {kind} {where}", subject=safe(text[:80]), remedy=remedy)


def _ambiguous(kind: str, text: str, found: Sequence[str]) -> FailedPrecondition:
    listed = ", ".join(found[:4]) + (", …" if len(found) > 4 else "")
    return FailedPrecondition(
        f"{len(found)} {kind}s answer to this: {listed}",
        subject=safe(text[:80]),
        remedy="Type more of the id, or choose a namespace with :ns.",
    )
