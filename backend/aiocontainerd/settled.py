"""Calls that must not be cut short."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def settled(awaitable: Awaitable[T]) -> T:
    """Await a changing call to its end, whatever cancels us; the cancellation is raised after it.

    A call that is cut short may or may not have had its effect, and could not be undone.
    It is bounded all the same: every call has its deadline.
    """
    future = asyncio.ensure_future(awaitable)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            try:
                await asyncio.wait({future})
            except asyncio.CancelledError:  # asked again: the answer is the same
                continue
        if not future.cancelled():
            future.exception()  # seen: asyncio would otherwise complain about it
        raise
