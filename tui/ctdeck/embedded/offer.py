"""What is asked before a key starts the embedded daemon: what it is, where, and how it ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiocontainerd.programs import output_of
from aiocontainerd.safe import safe
from ctdeck.desk import Question
from ctdeck.embedded import process
from ctdeck.embedded.place import Place
from ctdeck.embedded.programs import find_needs, needs_root, search_path, which
from ctdeck.formatting import plain_version

_PATIENCE = 2.0  # s for the program to say its version


async def offer(state: Path) -> Question | None:
    """The question; None where the start will be refused anyway, which says why."""
    if needs_root() is not None or (await asyncio.to_thread(find_needs, state)).packages:
        return None
    place = Place.below(state)
    if pid := await asyncio.to_thread(process.find, place):
        runs = f"It runs already, as root (pid {pid}), for another ctdeck or left by one."
        title, verb, lines = "Use the containerd of ctdeck's own?", "Use", (runs,)
    else:
        program = which("containerd") or "containerd"
        title, verb = "Start a containerd of ctdeck's own?", "Start"
        named = f"{program} {await version_of(program)}".strip()
        lines = (f"program  {named}, run as root",)
    return Question(title, (*lines, *_about(place)), verb)


def _about(place: Place) -> tuple[str, ...]:
    return (
        f"socket   {place.socket}",
        f"data     {place.folder}",
        "",
        "It gets a small sample image; what it pulls stays in its data folder.",
        "It ends with the last ctdeck on it, which asks if something still runs.",
        "Only if that ctdeck is killed it stays; this key finds it again.",
    )


async def version_of(program: str) -> str:
    """The version that this containerd says it is; empty if it does not say in time."""
    env = {"PATH": search_path()}
    told = await output_of(program, "--version", patience=_PATIENCE, env=env)
    words = safe(told[:200]).split()  # containerd github.com/containerd/containerd 2.1.9 …
    return plain_version(words[2]) if len(words) > 2 and words[0] == "containerd" else ""
