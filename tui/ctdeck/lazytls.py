"""TLS is for registries alone: loaded by the first who wants it, not by asyncio at the start.

asyncio imports `ssl` for what it might do, which has OpenSSL with it: 4 MB of memory and 6 ms of
each start. Imported before asyncio, this module keeps it out, as asyncio provides for (a Python may
be built without it); the first import of `ssl` by anyone else gives it back to asyncio.
"""

import sys
from collections.abc import Sequence
from importlib import reload
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from importlib.abc import Loader  # which imports what takes 2 ms

_TLS = "ssl"


class _GivingBack:
    """Loads `ssl`, then has asyncio know it."""

    def __init__(self, loader: "Loader") -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the loader that it stands before."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """The same, and what asyncio would have done."""
        self._loader.exec_module(module)
        for name, part in tuple(sys.modules.items()):
            if name.startswith("asyncio.") and vars(part).get(_TLS, module) is None:
                setattr(part, _TLS, module)
        reload(sys.modules["asyncio.sslproto"])  # some of it is made of what `ssl` holds


class _Finder:
    """Finds `ssl`, once."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where Python finds it, with our loader before the one that it has there."""
        if fullname != _TLS:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = cast("Loader", _GivingBack(spec.loader))
        return spec


def _import_asyncio_without_tls() -> None:
    if {_TLS, "asyncio"} & sys.modules.keys():
        return  # too late
    sys.modules[_TLS] = None  # type: ignore[assignment]  # an import of it fails
    try:
        import asyncio  # noqa: F401
    finally:
        del sys.modules[_TLS]
    sys.meta_path.insert(0, _Finder())


_import_asyncio_without_tls()
