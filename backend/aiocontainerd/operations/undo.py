"""Changes of several calls that leave nothing behind when one of them fails."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from aiocontainerd.errors import ContainerdError, DeadlineExceeded, NotFound, Unavailable

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


class Undo:
    """The steps back, newest first; each does nothing when its thing is already gone.

    `unsure` turns true when a call was not answered and may have had its effect all the same.
    """

    def __init__(self) -> None:
        self.unsure = False
        self._steps: list[tuple[str, Callable[[], Awaitable[object]]]] = []

    def add(self, what: str, step: Callable[[], Awaitable[object]]) -> None:
        """`what` is made now; `step` removes it again."""
        self._steps.append((what, step))

    async def make(
        self,
        what: str,
        call: Awaitable[T],
        step: Callable[[], Awaitable[object]],
        *,
        unsure: Callable[[], Awaitable[object]] | None = None,
    ) -> T:
        """Await `call`, which makes `what`; `step` is taken back if it has succeeded.

        When it was not answered, `unsure` is taken back: it must do nothing if what it finds is
        not ours. A cancellation waits for the call's end, so that it is known which it is.
        """

        async def made() -> T:
            try:
                value = await call
            except (DeadlineExceeded, Unavailable):
                self.unsure = True
                if unsure is not None:
                    self.add(what, unsure)
                raise
            self.add(what, step)
            return value

        return await settled(made())

    async def back_out(self) -> list[str]:
        """Take all steps; return what could not be removed, with the reason."""
        left: list[str] = []
        while self._steps:
            what, step = self._steps.pop()
            try:
                await step()
            except NotFound:
                pass
            except (ContainerdError, OSError) as error:
                left.append(f"{what} ({error})")
        return left


@asynccontextmanager
async def undone_on_failure() -> AsyncIterator[Undo]:
    """Run the block; if it fails or is cancelled, take back what it has made.

    What cannot be taken back is told in a note of the exception.
    """
    undo = Undo()
    try:
        yield undo
    except BaseException as error:
        if left := await settled(undo.back_out()):
            error.add_note(f"Left behind: {', '.join(left)}")
        raise
