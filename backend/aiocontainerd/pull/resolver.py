"""aiohttp's look-up of names, kept within bounds; imported with the first pull, as aiohttp is."""

import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from aiocontainerd.pull.reach import Bounds


class BoundedResolver(AbstractResolver):
    """Gives aiohttp only addresses that it may connect to: it looks up nothing else."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._inner = aiohttp.DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises OSError when there is no such name, LedInwardError."""
        found = await self._inner.resolve(host, port, family)
        fine = self._bounds.passed(host, (each["host"] for each in found))
        return [each for each in found if each["host"] in fine]

    async def close(self) -> None:
        """End what it has under way."""
        await self._inner.close()
