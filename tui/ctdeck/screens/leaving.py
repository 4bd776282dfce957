"""Leaving ctdeck: asks only if something of ours would be cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdeck import verbs
from ctdeck.desk import Question
from ctdeck.settings import Session
from ctdeck.verbs.doing import some

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen


async def leave(main: MainScreen) -> None:
    """Leave, after a question if need be."""
    lines = [*await cut_off(main.session), *verbs.removal.stays(main)] if main.session else []
    ends = bool(lines)
    lines = [*_under_way(main), *lines]
    question = Question("Leave ctdeck?", tuple(lines), "Leave", no="Stay")
    if lines and not await main.ask(question):
        return
    main.end_containers = ends
    main.app.exit()


def _under_way(main: MainScreen) -> list[str]:
    """What is being done to containers and images: nobody goes on with it."""
    whats = dict.fromkeys(work.what for work in main.busy.values())
    lines = []
    for what in whats:
        names = [work.name for work in main.busy.values() if work.what == what]
        are = "is" if len(names) == 1 else "are"
        lines.append(f"{some(names)} {are} being {what}: the rest of that will not be done.")
    return lines


async def cut_off(session: Session) -> list[str]:
    """What would end with us: pulls, and the containers of the embedded daemon."""
    lines: list[str] = []
    if session.pulls:
        running = [job for job in session.pulls.jobs if not job.done]
        lines += [f"The pull of {job.reference} will be cancelled." for job in running]
    if session.embedded and session.embedded.is_last():
        names = await session.embedded.to_be_stopped()
        lines += [f"Container {name} will be stopped with the embedded daemon." for name in names]
    return lines
