"""What the verbs share that hand the whole terminal to a program in a container."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ctdeck.desk import Desk
from ctdeck.verbs.doing import NotNow, Target, name_of, task_now

if TYPE_CHECKING:
    from aiocontainerd.operations import Line, Size
    from ctdeck.terminal.handover import Outcome, Place, Resize


T = TypeVar("T")


class Wish(NamedTuple):
    """What to execute; no `command` means a shell. `user` and `cwd` "" for the container's own.

    With an `image` it is in a toolbox of that.
    """

    command: tuple[str, ...] = ()
    user: str = ""
    cwd: str = ""
    image: str = ""


def place_for(desk: Desk) -> Place:
    """The terminal. Raises NotNow where there is none to hand over."""
    place = desk.terminal()
    if place is None:
        raise NotNow("This terminal cannot be handed to a program: ctdeck does not know it.")
    return place


def refuse_not_running(desk: Desk, row: Target, *, paused: bool = False) -> None:
    """Unless it is `paused`, if that is no hindrance."""
    task = task_now(desk, row)
    if task is None or task.status.name in {"STOPPED", "CREATED"}:
        raise NotNow(f"{name_of(row)} does not run: {desk.way_to('task.start')} starts it.")
    if task.status.name in {"PAUSED", "PAUSING"} and not paused:
        way = desk.way_to("task.pause")
        raise NotNow(
            f"{name_of(row)} is paused, and a shell in it would be, too: {way} resumes it."
        )


async def entered(
    desk: Desk, stack: AsyncExitStack, title: str, beginning: AbstractAsyncContextManager[T]
) -> T:
    """Have it begin in `stack`, with a dialog should that take long: a shell that comes late must
    not take the keys of who has gone on. Raises NotNow when it was called off.
    """
    found: list[T] = []

    async def begin() -> None:
        found.append(await stack.enter_async_context(beginning))

    if not await desk.wait_for(title, begin(), lambda: "It is being started …", background=False):
        raise NotNow(f"{title}: called off.")
    return found[0]


def leave_word(desk: Desk) -> str:
    """The keys that leave a terminal, in words."""
    return desk.settings.detach_keys.replace(",", " ")


def told(what: str, outcome: Outcome, *, left: str) -> str:
    """How it was over, in one sentence or two."""
    if outcome.over.value == "left":
        return f"{what}: {left}"
    if outcome.status is None:
        return f"{what} is over; its exit status is not known."
    return f"{what} has ended (exit status {outcome.status})."


def sizes(line: Line, size: type[Size]) -> Resize:
    """What tells the line of each new size, one after the other."""
    latest: list[Size] = []
    sending: set[asyncio.Task[None]] = set()

    async def send() -> None:
        while latest:
            newest = latest[-1]
            latest.clear()
            await line.resize(newest)

    def resize(columns: int, rows: int) -> None:
        latest.append(size(columns, rows))
        if not sending:
            task = asyncio.ensure_future(send())
            sending.add(task)
            task.add_done_callback(sending.discard)

    return resize
