"""Long work in slices, so that nobody else on the event loop waits for the whole of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

SLICE = 100  # items, of at most some 50 µs each

T = TypeVar("T")


async def sliced(items: Iterable[T], size: int = SLICE) -> AsyncIterator[T]:
    """The same items; after each `size` of them all others on the loop get their turn."""
    for number, item in enumerate(items, 1):
        yield item
        if number % size == 0:
            await asyncio.sleep(0)
