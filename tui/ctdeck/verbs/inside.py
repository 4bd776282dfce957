"""A shell or a command inside a running container, on the whole terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from aiocontainerd.audit import acting
from ctdeck import shells, verbs
from ctdeck.desk import Desk
from ctdeck.equivalents import attach_line, exec_line
from ctdeck.verbs.doing import (
    Target,
    address_of,
    client_of,
    container_of,
    life_seen,
    name_of,
    state_of,
)
from ctdeck.verbs.handing import (
    Wish,
    entered,
    leave_word,
    place_for,
    refuse_not_running,
    sizes,
    told,
)
from ctdeck.verbs.permitted import permitted
from ctdeck.verbs.toolbox import debug, no_shell

if TYPE_CHECKING:
    from aiocontainerd.operations import Line
    from ctdeck.terminal.handover import Place


class NoShell(Exception):
    """There is none in the container; the text says which were tried."""


async def execute(desk: Desk, row: Target, wish: Wish | None = None) -> None:
    """Ask what to execute, unless it is known, and give it the terminal until it ends."""
    client_of(desk), state_of(desk)
    container = container_of(row)
    refuse_not_running(desk, row)
    if not await permitted(desk, "exec", [row]):
        return
    place = place_for(desk)
    if wish is None:
        known = await asyncio.to_thread(shells.recall, state_of(desk), container.image)
        names = ", ".join(each for each in shells.in_order(known) if "/" not in each)
        title = f"Execute in {name_of(row)}"
        wish = await desk.fill("exec", title=title, shell=f"a shell: {names}")
    if wish is None:
        return
    try:
        await _execute(desk, row, wish, place)
    except NoShell as error:
        if await desk.ask(no_shell(name_of(row), str(error))):
            with acting("task.debug"):
                await debug(desk, row)


async def attach(desk: Desk, row: Target) -> None:
    """Give it the terminal, as one of those that it has; it goes on when it is left."""
    from aiocontainerd.operations import Size, attached

    client, container, name = client_of(desk), container_of(row), name_of(row)
    place = place_for(desk)
    refuse_not_running(desk, row, paused=True)
    watched = desk.settings.access.is_read_only(container.namespace)
    if not watched and not await permitted(desk, "attach", [row]):
        return
    size = Size(place.columns, place.rows)
    async with AsyncExitStack() as stack:
        attaching = attached(client, container, size, seen=life_seen(row))
        line = await entered(desk, stack, f"Attach to {name}", attaching)
        desk.last_equivalent = attach_line(container, address_of(desk))
        greeting = (
            f"ctdeck: {name}. {leave_word(desk)} leaves it, and it goes on.{_hint(desk, line)}"
        )
        outcome = await desk.hand_over(line, sizes(line, Size), greeting=greeting)
    desk.tell(
        told(
            name,
            outcome,
            left=f"It was left and goes on; {desk.way_to('task.attach')} attaches again.",
        )
    )


def _hint(desk: Desk, line: Line) -> str:
    if line.watched:
        return "\nRead-only: it hears nothing of what you type."
    if line.stdin is None:
        way = desk.way_to("task.restart")
        return f"\nIt hears nothing of what you type: restart it ({way}) to have that."
    if not line.kept:
        return (
            "\nNobody keeps what it writes: 64 KiB after the last one has left it stands still, "
            "and of two who are attached each sees a part."
        )
    return ""


async def _execute(desk: Desk, row: Target, wish: Wish, place: Place) -> None:
    from aiocontainerd.operations import Size

    orphans = verbs.removal.end_orphans(desk)
    desk.begin(orphans, group="remains.remove")  # beside it: that may take its time
    name = name_of(row)
    async with _process(desk, row, wish, place) as (line, program):
        greeting = f"ctdeck: {program} in {name}. {leave_word(desk)} leaves it, and ends it."
        outcome = await desk.hand_over(
            line, sizes(line, Size), greeting=greeting, stay=bool(wish.command)
        )
    desk.tell(told(f"{program} in {name}", outcome, left="It was left, and is ended."))


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
                line = await entered(desk, stack, f"Execute in {name_of(row)}", process)
            except NoProgram:
                if wish.command:
                    raise
                continue
            desk.last_equivalent = exec_line(container, args, wish.user, wish.cwd, address_of(desk))
            if not wish.command:
                await asyncio.to_thread(shells.remember, state, container.image, args[0])
            yield line, args[0]
            return
    raise NoShell(f"None of {', '.join(shells.SHELLS)} is in it.")
