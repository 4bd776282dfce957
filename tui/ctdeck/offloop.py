"""Work that may take long, or hang at a dead file system, in a thread that nobody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


async def off_loop(work: Callable[[], T], name: str) -> T:
    """What `work` returns or raises.

    The thread is a daemon one and not of asyncio's pool: a hung file system would otherwise keep
    ctdeck from leaving.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def give(result: T | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(result)  # type: ignore[arg-type]
        else:
            answer.set_exception(error)

    def run() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as raised:  # handed on to who awaits it
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(give, result, error)

    Thread(target=run, name=name, daemon=True).start()
    return await answer
