"""A field for `SRC:DST[:ro]` whose Tab completes the host path, as in a shell."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.message import Message

from aiocontainerd.safe import safe
from ctdeck.forms.host_paths import (
    Listing,
    PathQuery,
    complete_path,
    read_directory,
    source_query,
    surroundings,
)
from ctdeck.offloop import off_loop as in_thread
from ctdeck.settings import Session
from ctdeck.widgets.fields import Field

if TYPE_CHECKING:
    from aiocontainerd.client import Client

T = TypeVar("T")
PATIENCE = 1.5  # seconds that Tab waits for a directory
LISTED = 60  # candidates that are shown
_under_way: set[str] = set()  # paths that a thread still looks at


class PathField(Field):
    """Tab completes the source; where there is nothing to complete it goes to the next field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete the path", show=False, id="path.complete"),
    ]

    @dataclass
    class Completed(Message):
        """Tab has looked: `choices` all still fit; `problem` is why nothing could be found."""

        field: "PathField"
        choices: tuple[str, ...] = ()
        problem: str = ""

        @property
        def control(self) -> "PathField":
            """The field."""
            return self.field

    def action_complete(self) -> None:
        """Look the path before the cursor up, beside the screen."""
        home, here = surroundings()
        before = self.value[: self.cursor_position]
        query = source_query(before, home=home, here=here)
        if query is None:
            self.screen.focus_next()
        else:
            self.run_worker(self._complete(query), group="paths", exclusive=True)

    async def _complete(self, query: PathQuery) -> None:
        value, cursor = self.value, self.cursor_position
        listing = await look_up(query, client_of(self.app))
        if (self.value, self.cursor_position) != (value, cursor) or not self.has_focus:
            return  # typed on in the meantime: the answer is to another question
        if not listing.names and not listing.more:
            self.post_message(self.Completed(self, problem=listing.problem))
            if not listing.problem:
                self.screen.focus_next()
            return
        made = complete_path(query, listing)
        self.value = made.text + value[cursor:]
        self.cursor_position = len(made.text)
        more = ("…",) if listing.more else ()
        self.post_message(self.Completed(self, tuple(safe(c) for c in made.choices) + more))


def listed(choices: Sequence[str]) -> str:
    """The candidates in a row, not more than can be read."""
    rest = len(choices) - LISTED
    return "  ".join(choices[:LISTED]) + (f"  … {rest} more" if rest > 0 else "")


def client_of(app: App[Any]) -> "Client | None":
    """Whose daemon's files are meant; None before there is one: then those are ours."""
    session = getattr(app, "session", None)
    return session.client if isinstance(session, Session) else None


async def look_up(query: PathQuery, client: "Client | None") -> Listing:
    """`read_directory` on the host of the client's daemon; on this one without a client.

    Beside the loop; a problem instead of an answer that does not come.
    """
    root = (await client.locate()).root if client else None
    query = replace(query, root=root or "")
    silent = Listing(problem=f"{safe(query.directory)} does not answer; type on")
    return await off_loop(query.directory, lambda: read_directory(query), default=silent)


async def off_loop(path: str, work: Callable[[], T], *, default: T) -> T:
    """`work`, which looks at `path`, in a thread; `default` if it takes longer than PATIENCE.

    While one hangs at a path no second one is sent there.
    """
    if path in _under_way:
        return default

    def look() -> T:
        try:
            return work()
        finally:
            _under_way.discard(path)

    _under_way.add(path)
    try:
        async with asyncio.timeout(PATIENCE):  # not wait_for: it can lose a cancellation
            return await in_thread(look, "host-paths")
    except TimeoutError:
        return default
