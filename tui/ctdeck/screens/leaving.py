"""Leaving ctdeck: asks only if something of ours would be cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdeck.desk import Question
from ctdeck.settings import Session
from ctdeck.verbs.removal import stays

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen


async def leave(main: MainScreen) -> None:
    """Leave, after a question if need be."""
    lines = [*await cut_off(main.session), *stays(main)] if main.session else []
    question = Question("Leave ctdeck?", tuple(lines), "Leave", no="Stay")
    if lines and not await main.ask(question):
        return
    main.end_containers = bool(lines)
    main.app.exit()


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
