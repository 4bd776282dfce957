"""Changes of several calls that leave nothing behind when one of them fails."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from aiocontainerd.errors import ContainerdError, DeadlineExceeded, NotFound, Unavailable
from aiocontainerd.settled import settled

T = TypeVar("T")


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

    async def back_out(self) -> dict[str, str]:
        """Take all steps; return what could not be removed, with the reason."""
        left: dict[str, str] = {}
        while self._steps:
            what, step = self._steps.pop()
            try:
                await step()
            except NotFound:
                pass
            except (ContainerdError, OSError) as error:
                left[what] = str(error)
        return left


@asynccontextmanager
async def undone_on_failure() -> AsyncIterator[Undo]:
    """Run the block; if it fails or is cancelled, take back what it has made.

    What cannot be taken back is named in the remedy of an error of ours, and told with the
    reasons in a note of any exception.
    """
    undo = Undo()
    try:
        yield undo
    except BaseException as error:
        if left := await settled(undo.back_out()):
            reasons = ", ".join(f"{what} ({why})" for what, why in left.items())
            error.add_note(f"Left behind: {reasons}")
            if isinstance(error, ContainerdError):
                error.remedy = f"{error.remedy} Left behind: {', '.join(left)}.".strip()
        raise
