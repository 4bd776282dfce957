"""How many containers name an image, and which records are of the same one; pure."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from operator import attrgetter

from aiocontainerd.models import Container, Image, Key
from ctdeck.differing import differing

_KEPT = 2  # answers: a list is brought from one snapshot to the next
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


class Twins:
    """The records that the CRI plugin keeps of one image, by the key of each of them."""

    def __init__(self) -> None:
        self._answers: deque[tuple[Mapping[Key, Image], Mapping[Key, tuple[Key, ...]]]] = deque(
            [({}, {})], _KEPT
        )

    def of(self, images: Mapping[Key, Image]) -> Mapping[Key, tuple[Key, ...]]:
        """All records of the image behind a key, itself too; nothing for those of one record."""
        for known, answer in self._answers:
            if known is images:
                return answer
        same: defaultdict[tuple[str, str], list[Key]] = defaultdict(list)
        for key, image in images.items():
            if image.labels and image.is_managed:
                same[image.namespace, image.target.digest].append(key)
        found = {key: tuple(keys) for keys in same.values() if len(keys) > 1 for key in keys}
        self._answers.appendleft((images, found))
        return found


def _counted(containers: Mapping[Key, Container]) -> Counter[tuple[str, str]]:
    """As `Container.image_key` has it, at the speed of the interpreter's own loops."""
    counts: Counter[tuple[str, str]] = Counter()
    for (namespace, exact, image), number in Counter(map(_named, containers.values())).items():
        counts[namespace, exact or image] += number
    return counts
