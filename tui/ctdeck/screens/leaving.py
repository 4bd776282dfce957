"""Leaving ctdeck: asks only if something of ours would be cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocontainerd.safe import safe
from ctdeck.desk import Question
from ctdeck.settings import Session
from ctdeck.verbs.removal import stays

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen


async def leave(main: MainScreen) -> None:
    """Leave, after a question if need be."""
    lines = [*await cut_off(main.session), *stays(main)] if main.session else []
    ends = bool(lines)
    lines = [*_under_way(main), *lines]
    question = Question("Leave ctdeck?", tuple(lines), "Leave", no="Stay")
    if lines and not await main.ask(question):
        return
    main.end_containers = ends
    main.app.exit()


def _under_way(main: MainScreen) -> list[str]:
    """What is being done to containers and images: nobody goes on with it."""
    return [
        f"{safe(str(key[1] if isinstance(key, tuple) else key))} is being {what}: "
        "the rest of that will not be done."
        for key, what in main.busy.items()
    ]


async def cut_off(session: Session) -> list[str]:
    """What would end with us: pulls, and the containers of the embedded daemon."""
    lines: list[str] = []
    if session.pulls:
        running = [job for job in session.pulls.jobs if not job.done]
        lines += [f"The pull of {job.reference} will be cancelled." for job in running]
    if session.embedded and session.embedded.is_last():
        names = await session.embedded.running_containers()
        lines += [f"Container {name} will be stopped with the embedded daemon." for name in names]
    return lines
