"""Which host paths containers bind, counted as containers come and go."""

from collections import Counter
from collections.abc import Iterable, KeysView

from aiocontainerd.models import Container, Mount

# What `safe` puts in place of a character: the real path is not known then.
_REPLACED = {"\ufffd", *map(chr, range(0x2400, 0x2422))}


class Binds:
    """The bind sources of all containers; what a change costs does not grow with their number."""

    def __init__(self) -> None:
        self._users: Counter[str] = Counter()

    @property
    def paths(self) -> KeysView[str]:
        """The absolute paths on the host that containers bind now."""
        return self._users.keys()

    def replace(self, old: Container | None, new: Container | None) -> None:
        """A container came (`old` is None), went (`new` is None) or differs."""
        before, after = (c.mounts if c else () for c in (old, new))
        if before is after:
            return
        for path in _sources(after):
            self._users[path] += 1
        for path in _sources(before):
            self._users[path] -= 1
            if not self._users[path]:
                del self._users[path]


def sources_of(containers: Iterable[Container]) -> set[str]:
    """The absolute paths on the host that these containers bind."""
    return {path for container in containers for path in _sources(container.mounts)}


def _sources(mounts: Iterable[Mount]) -> set[str]:
    return {
        mount.source
        for mount in mounts
        if mount.source.startswith("/") and mount.is_bind and not _REPLACED & set(mount.source)
    }
