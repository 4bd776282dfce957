"""ctdeck's own folder: logs of containers, the audit, crash logs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from shlex import quote

from aiocontainerd.doctor.finding import Finding, note, ok, problem, warning
from aiocontainerd.doctor.scene import Scene
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.state import StateDirectory


async def folder(scene: Scene) -> Iterable[Finding]:
    """Whether it can be trusted and written to: without the audit nothing is changed."""
    return await asyncio.to_thread(lambda: list(look_at(scene.state)))


def look_at(state: StateDirectory) -> Iterator[Finding]:
    """Nothing is made: a folder that is not there is made with the first change."""
    root = state.root
    try:
        if not root.exists():
            yield ok("ctdeck", f"{root} is not there yet: the first change makes it")
            return
        os.close(state.open_root())
    except FailedPrecondition as error:
        means = "Nothing can be changed through ctdeck: each change is written to the audit first."
        yield problem("ctdeck", f"{error.subject}: {error.what}", means, error.remedy)
        return
    except OSError as error:
        means = "Nothing can be changed through ctdeck: each change is written to the audit first."
        yield problem(
            "ctdeck",
            f"{root}: {error.strerror}",
            means,
            "Run it with sudo, or set XDG_STATE_HOME to a folder of yours.",
        )
        return
    room = os.statvfs(root)
    if room.f_bavail * room.f_frsize < 16 << 20:
        means = "The audit will soon not be written, and then nothing can be changed."
        yield warning(
            "ctdeck", f"{root} has less than 16 MB of room", means, f"$ du -sh {quote(str(root))}/*"
        )
    else:
        size = state.audit.stat().st_size if state.audit.exists() else 0
        yield ok("ctdeck", f"{root} can be trusted; the audit has {size:,} bytes")
    crashes = sorted(each.name for each in root.glob("crash-*.log"))
    if crashes:
        what = f"{len(crashes)} crash logs of ctdeck, the newest {crashes[-1]}"
        yield note(
            "ctdeck",
            what,
            "ctdeck met a fault of its own.",
            f"$ less {quote(str(root))}/{crashes[-1]}",
        )
