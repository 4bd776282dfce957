"""Reading the bodies of answers: bounded, or in pieces as they come."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from aiocontainerd.errors import RegistryError
from aiocontainerd.pull.http import CHUNK
from aiocontainerd.pull.refusals import unreachable
from aiocontainerd.reference import Reference
from aiocontainerd.safe import safe

if TYPE_CHECKING:
    import aiohttp

_SLOW_SECONDS = 0.3
_WHOLE_SECONDS = 60.0  # for a body that is read whole: small ones
# A blob that comes more slowly than this has stalled, though its server sends a byte at times.
_WINDOW_SECONDS = 60.0
_WINDOW_BYTES = 4096


async def read(response: "aiohttp.ClientResponse", limit: int, reference: Reference) -> bytes:
    """The body, at most `limit` bytes of it. Raises Interrupted when it breaks off or stalls."""
    data = bytearray()
    try:
        async with asyncio.timeout(_WHOLE_SECONDS):
            while len(data) < limit and (more := await response.content.read(limit - len(data))):
                data += more
    except _broken() as error:
        raise _interrupted(error, response, reference) from error
    return bytes(data)


async def chunks(response: "aiohttp.ClientResponse", reference: Reference) -> AsyncIterator[bytes]:
    """The body in pieces of CHUNK, or less when they come slowly, so that progress shows.

    Raises Interrupted when it breaks off or stalls, after what had come.
    """
    parts: list[bytes] = []
    size, clock = 0, asyncio.get_running_loop().time
    last = since = clock()
    count = 0
    trouble: RegistryError | None = None
    while True:
        try:
            # Bytes may come and be none of the body: the size of a chunk in digits without end.
            async with asyncio.timeout(_WINDOW_SECONDS):
                data = await response.content.read(CHUNK - size)
            count += len(data)
            if clock() - since > _WINDOW_SECONDS:
                if data and count < _WINDOW_BYTES:
                    raise TimeoutError
                since, count = clock(), 0
        except _broken() as error:
            trouble, data = _interrupted(error, response, reference), b""
        parts.append(data)
        size += len(data)
        if size and (not data or size >= CHUNK or clock() - last > _SLOW_SECONDS):
            yield b"".join(parts)
            parts, size, last = [], 0, clock()
        if trouble is not None:
            raise trouble
        if not data:
            return


def _broken() -> tuple[type[Exception], ...]:
    """What a body that breaks off raises."""
    import aiohttp

    return aiohttp.ClientError, OSError, TimeoutError


def _interrupted(
    error: Exception, response: "aiohttp.ClientResponse", reference: Reference
) -> RegistryError:
    return unreachable(error, reference=reference, host=safe(response.url.authority))
