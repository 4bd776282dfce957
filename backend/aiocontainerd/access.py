"""What a client may change: everything, nothing, or all but some namespaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING

from aiocontainerd.quickdata import dataclass

if TYPE_CHECKING:
    from aiocontainerd.errors import ReadOnly

_NONE: Mapping[str, str] = MappingProxyType({})


def _no_texts() -> Mapping[str, str]:
    return _NONE


class Told(Mapping[str, str]):
    """Sentences by their names, each made when it is first asked for."""

    def __init__(self, tell: Callable[[str], str], names: Iterable[str]) -> None:
        self._tell = tell
        self._texts: dict[str, str | None] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> str:
        text = self._texts[name]
        if text is None:
            text = self._texts[name] = self._tell(name)
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@dataclass(frozen=True, slots=True)
class Access:
    """`read_only` forbids all changes but those in the namespaces of `writable`.

    Changes in `namespaces` are forbidden in any case. `remedies` says how that is lifted, in one
    sentence for each namespace, for "" where all is read-only. `places` says where each namespace
    is named, whatever is said of it there.
    """

    read_only: bool = False
    namespaces: frozenset[str] = frozenset()
    writable: frozenset[str] = frozenset()
    remedies: Mapping[str, str] = field(default_factory=_no_texts, hash=False, compare=False)
    places: Mapping[str, str] = field(default_factory=_no_texts, hash=False, compare=False)

    def is_read_only(self, namespace: str = "") -> bool:
        """Whether changes in this namespace are forbidden; "": those that are in none."""
        if namespace and namespace in self.namespaces:
            return True
        return self.read_only and namespace not in self.writable

    def refusal(self, namespace: str = "", *, subject: str = "") -> ReadOnly:
        """The error for a change in a namespace that is read-only: why, and how it is lifted."""
        from aiocontainerd.errors import ReadOnly  # gRPC: not before the first screen
        from aiocontainerd.safe import safe

        by_name = bool(namespace) and namespace in self.namespaces
        the = "the" if subject else "The"  # a sentence begins with what has no subject before it
        where = f"{the} namespace {safe(namespace)}" if by_name else "ctdeck"
        remedy = self.remedies.get(namespace if by_name else "", "")
        return ReadOnly(
            f"{where} is read-only, and this would change something",
            subject=subject,
            remedy=remedy or "Start ctdeck without --read-only.",
        )


def stricter(one: Access, other: Access) -> Access:
    """What both allow."""
    if one == FREE or other == FREE:
        return one if other == FREE else other
    whole = [access for access in (one, other) if access.read_only]
    writable = [access.writable for access in whole] or [frozenset[str]()]

    def tell(namespace: str) -> str:
        reasons = (access.remedies.get(namespace, "") for access in (one, other))
        return " ".join(dict.fromkeys(filter(None, reasons)))

    return Access(
        read_only=bool(whole),
        namespaces=one.namespaces | other.namespaces,
        writable=frozenset.intersection(*writable),
        remedies=Told(tell, {*one.remedies, *other.remedies}),
        places=Told(
            lambda name: one.places.get(name) or other.places[name],
            dict.fromkeys((*one.places, *other.places)),
        ),
    )


FREE = Access()  # everything may be changed
