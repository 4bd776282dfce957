"""What holds for all kinds of records: identifiers, labels, update masks, list filters. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import TypeVar

from aiocontainerd.simulator.filters import Adaptor, Found, parse
from aiocontainerd.simulator.refusals import Refused, invalid

_LABEL_MAX = 4096  # bytes of key and value together
_LABEL_KEY_SHOWN = 64
_IDENTIFIER_MAX = 76
_IDENTIFIER = re.compile(r"[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*")
_DIGEST = re.compile(r"([a-z0-9]+(?:[.+_-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)")
_DIGEST_SIZES = {"sha256": 64, "sha384": 96, "sha512": 128}

T = TypeVar("T")


def check_id(identifier: str, what: str = "") -> None:
    """Raises Refused INVALID_ARGUMENT unless containerd takes it as an identifier."""
    before = f"{what}: " if what else ""
    if not identifier:
        raise invalid(f"{before}identifier must not be empty")
    if len(identifier) > _IDENTIFIER_MAX:
        raise invalid(
            f'{before}identifier "{identifier}" greater than maximum length '
            f"({_IDENTIFIER_MAX} characters)"
        )
    if not _IDENTIFIER.fullmatch(identifier):
        raise invalid(f'{before}identifier "{identifier}" must match ^{_IDENTIFIER.pattern}$')


def check_labels(labels: Mapping[str, str], what: str = "") -> None:
    """Raises Refused INVALID_ARGUMENT for a label that is too long."""
    before = f"{what}: " if what else ""
    for key, value in labels.items():
        total = len(key.encode()) + len(value.encode())
        if total > _LABEL_MAX:
            raise invalid(
                f"{before}label key and value length ({total} bytes) greater than maximum size "
                f"({_LABEL_MAX} bytes), key: {key[:_LABEL_KEY_SHOWN]}"
            )


def set_labels(
    target: MutableMapping[str, str], labels: Mapping[str, str], paths: Iterable[str]
) -> None:
    """What an update mask asks of labels: `labels` replaces all, `labels.X` one, "" deletes it."""
    for path in paths:
        if path == "labels":
            target.clear()
            target.update({key: value for key, value in labels.items() if value})
        elif path.startswith("labels."):
            key = path[len("labels.") :]
            target.pop(key, None)
            if labels.get(key):
                target[key] = labels[key]


def drop_empty(labels: MutableMapping[str, str]) -> None:
    """The daemon keeps no label without a value."""
    for key in [key for key, value in labels.items() if not value]:
        del labels[key]


def check_digest(digest: str, what: str) -> None:
    """Raises Refused INVALID_ARGUMENT, its text beginning with `what`."""
    found = _DIGEST.fullmatch(digest)
    if found is None:
        raise invalid(f"{what}: invalid checksum digest format")
    if found[1] not in _DIGEST_SIZES:
        raise invalid(f"{what}: unsupported digest algorithm")
    if len(found[2]) != _DIGEST_SIZES[found[1]]:
        raise invalid(f"{what}: invalid checksum digest length")


def adaptor(
    values: Mapping[str, str], labels: Mapping[str, str], *, present: Sequence[str] = ()
) -> Adaptor:
    """What a list filter can ask of one record: `values` by their path, and its labels.

    An empty value counts as absent, unless its path is among `present`. What a path says after
    the name of a value is passed over, as the daemon does.
    """

    def look(path: Sequence[str]) -> Found:
        if path[0] == "labels":
            key = ".".join(path[1:])
            return labels.get(key, ""), key in labels
        whole = ".".join(path)
        name = next((name for name in (path[0], ".".join(path[:2])) if name in values), whole)
        value = values.get(name, "")
        return value, bool(value) or name in present

    return look


def chosen(
    items: Iterable[T], filters: Sequence[str], adapted: Callable[[T], Adaptor]
) -> Iterator[T]:
    """Those that any filter selects, all when there is none. Raises Refused for a bad filter."""
    try:
        wanted = parse(filters)
    except Refused as refused:
        raise invalid(refused.text) from refused
    if wanted is None:
        return iter(items)
    return (item for item in items if wanted(adapted(item)))
