"""A shell or a command inside a running container, on the whole terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from ctdeck import shells
from ctdeck.desk import Desk
from ctdeck.equivalents import exec_line
from ctdeck.verbs.doing import (
    NotNow,
    Target,
    address_of,
    client_of,
    container_of,
    life_seen,
    name_of,
    some,
    state_of,
    task_now,
)
from ctdeck.verbs.permitted import permitted

if TYPE_CHECKING:
    from aiocontainerd.models import Key
    from aiocontainerd.operations import Line, Size
    from ctdeck.terminal.handover import Outcome, Place, Resize


class Wish(NamedTuple):
    """What to execute; no `command` means a shell. `user` and `cwd` "" for the container's own."""

    command: tuple[str, ...] = ()
    user: str = ""
    cwd: str = ""


async def execute(desk: Desk, row: Target, wish: Wish | None = None) -> None:
    """Ask what to execute, unless it is known, and give it the terminal until it ends."""
    client_of(desk), state_of(desk)
    container = container_of(row)
    place = place_for(desk)
    _refuse_not_running(desk, row)
    if not await permitted(desk, "exec", [row]):
        return
    if wish is None:
        known = await asyncio.to_thread(shells.recall, state_of(desk), container.image)
        wish = await desk.fill("exec", name=name_of(row), shells=shells.in_order(known))
    if wish is not None:
        await _execute(desk, row, wish, place)


async def end_orphans(desk: Desk) -> None:
    """At the start: what a ctdeck that was killed left running in containers has no terminal."""
    from aiocontainerd.errors import ContainerdError
    from aiocontainerd.operations import end_orphans as operation

    try:
        found = await operation(client_of(desk), state_of(desk))
    except ContainerdError:  # the daemon went away: another start will find it
        return
    if found:
        names = some([_named(key) for key in dict.fromkeys(found)])
        desk.tell(f"What a ctdeck that was killed had executed in {names} was ended.")


def _named(key: Key) -> str:
    return key.id if key.namespace == "default" else f"{key.id} in {key.namespace}"


def place_for(desk: Desk) -> Place:
    """The terminal. Raises NotNow where there is none to hand over."""
    place = desk.terminal()
    if place is None:
        raise NotNow("This terminal cannot be handed to a program: ctdeck does not know it.")
    return place


def _refuse_not_running(desk: Desk, row: Target) -> None:
    task = task_now(desk, row)
    if task is None or task.status.name in {"STOPPED", "CREATED"}:
        raise NotNow(f"{name_of(row)} does not run: S starts it.")
    if task.status.name in {"PAUSED", "PAUSING"}:
        raise NotNow(f"{name_of(row)} is paused, and a shell in it would be, too: z resumes it.")


async def _execute(desk: Desk, row: Target, wish: Wish, place: Place) -> None:
    from aiocontainerd.operations import Size

    name = name_of(row)
    async with _process(desk, row, wish, place) as (line, program):
        greeting = f"ctdeck: {program} in {name}. {leave_word(desk)} leaves it, and ends it."
        outcome = await desk.hand_over(
            line, _sizes(line, Size), greeting=greeting, stay=bool(wish.command)
        )
    desk.tell(told(f"{program} in {name}", outcome, left="It was left, and is ended."))


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


def _sizes(line: Line, size: type[Size]) -> Resize:
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


@asynccontextmanager
async def _process(
    desk: Desk, row: Target, wish: Wish, place: Place
) -> AsyncIterator[tuple[Line, str]]:
    """The line to it, and what it is called: the first shell that there is, or the command."""
    from aiocontainerd.errors import NoProgram
    from aiocontainerd.operations import ExecOptions, Size, executed

    client, state, container = client_of(desk), state_of(desk), container_of(row)
    known = await asyncio.to_thread(shells.recall, state, container.image)
    tries: Sequence[tuple[str, ...]] = [(each,) for each in shells.in_order(known)]
    for args in [wish.command] if wish.command else tries:
        options = ExecOptions(
            args, wish.user, wish.cwd, place.term, Size(place.columns, place.rows)
        )
        process = executed(client, container, options, state=state, seen=life_seen(row))
        async with AsyncExitStack() as stack:
            try:
                line = await stack.enter_async_context(process)
            except NoProgram:
                if wish.command:
                    raise
                continue
            desk.last_equivalent = exec_line(container, args, wish.user, wish.cwd, address_of(desk))
            if not wish.command:
                await asyncio.to_thread(shells.remember, state, container.image, args[0])
            yield line, args[0]
            return
    raise NotNow(f"{name_of(row)} has no shell: none of {', '.join(shells.SHELLS)} is in it.")
