"""How many containers name an image; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from operator import attrgetter

from aiocontainerd.models import Container, Key
from ctdeck.differing import differing

_named = attrgetter("namespace", "exact_image", "image")


class Users:
    """Counted of one set of containers, and kept up to date."""

    def __init__(self) -> None:
        self._of: Mapping[Key, Container] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def of(self, containers: Mapping[Key, Container]) -> Counter[tuple[str, str]]:
        """By the image's namespace and name; good until it is asked of other containers."""
        if containers is not self._of and not self._of:
            self._counts = _counted(containers)
        elif containers is not self._of:
            for side, step in ((self._of, -1), (containers, 1)):
                named = (side.get(it) for it in differing(self._of, containers))
                for container in filter(None, named):
                    self._counts[container.image_key] += step
        self._of = containers
        return self._counts


def _counted(containers: Mapping[Key, Container]) -> Counter[tuple[str, str]]:
    """As `Container.image_key` has it, at the speed of the interpreter's own loops."""
    counts: Counter[tuple[str, str]] = Counter()
    for (namespace, exact, image), number in Counter(map(_named, containers.values())).items():
        counts[namespace, exact or image] += number
    return counts
