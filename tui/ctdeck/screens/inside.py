"""The main screen's part in terminals of containers: methods of `MainScreen`.

What they need is imported when it is first wanted.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiocontainerd.operations import Line
    from ctdeck.screens.main import MainScreen
    from ctdeck.terminal.handover import Outcome, Place, Resize


def terminal(main: MainScreen) -> Place | None:
    """Our terminal, if it can be handed over."""
    from ctdeck.terminal import handover

    return handover.place_of(main.app)


async def hand_over(
    main: MainScreen, line: Line, resize: Resize, *, greeting: str, stay: bool = False
) -> Outcome:
    """Let a process in a container have it until one of the two is over."""
    from ctdeck.terminal import handover
    from ctdeck.terminal.detach import keys_of

    keys = keys_of(main.settings.detach_keys)
    main.keys.clear()  # what was typed ahead was for the program, and none of it for the lists
    if (task := asyncio.current_task()) is not None:
        main.talking.add(task)
        task.add_done_callback(main.talking.discard)
    return await handover.hand_over(main.app, line, resize, keys=keys, greeting=greeting, stay=stay)


async def hang_up(main: MainScreen) -> None:
    """ctdeck ends: what is executed in containers is ended first, while there is a daemon to ask.

    How long that may take is the business of who ends us.
    """
    talking = set(main.talking)
    for task in talking:
        task.cancel()
    if talking:
        await asyncio.wait(talking)


async def fill(main: MainScreen, form: str, **arguments: Any) -> Any:
    """Show a form by its name, and wait for what was filled in; None if it was left."""
    if form == "exec":
        from ctdeck.screens.exec import ExecScreen

        filled = await main.app.push_screen_wait(ExecScreen(**arguments))
        if filled is not None:
            _hold_keys(main)
        return filled
    raise KeyError(form)


def _hold_keys(main: MainScreen) -> None:
    """Until the terminal is handed over, or the work ends without: they are not for the lists."""
    if (task := asyncio.current_task()) is not None:
        main.keys.expect(task)
        task.add_done_callback(main.keys.done)
