"""What others import for things that ctdeck does not do: executed by the first who uses it.

protobuf has all of itself in Python as well, beside what is written in C, and imports both: 0.7 MB
of memory and 6 ms of each start. The standard library's modules here are of the same kind. It is
`importlib.util.LazyLoader`: the module is there from its import on, and made by a look into it.
Imported before what imports these.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

# Of each: who imports it at the start, and what for.
_LAZY = frozenset(
    {
        "google.protobuf.internal.python_message",  # protobuf, in place of what is written in C
        "calendar",  # protobuf, for dates out of text
        "locale",  # asyncio, for programs that are run and write text
        "mimetypes",  # Textual, for files handed to a browser
        "pkgutil",  # gRPC, for the certificates of authorities
    }
)


class _Finder:
    """Finds these where Python does."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As PathFinder; the module waits for its first use."""
        if fullname not in _LAZY:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


sys.meta_path.insert(0, _Finder())
