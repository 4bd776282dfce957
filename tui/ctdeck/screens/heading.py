"""What the top line tells of a snapshot; pure."""

from __future__ import annotations

import socket

from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.safe import safe
from ctdeck.settings import Settings
from ctdeck.widgets.lines import Top


def top_of(snapshot: Snapshot, scope: str | None, settings: Settings) -> Top:
    """Host, version, namespace, and what is not normal: no answer, lost, half read, read-only."""
    alarm = _alarm(snapshot)
    notes = ("read-only",) if settings.read_only else ()
    if not snapshot.loaded and not alarm:
        begun = "starting containerd …" if settings.embedded else "connecting …"
        notes = (*notes, begun)
    return Top(
        host=safe(socket.gethostname()),
        version=safe(snapshot.server.version.removeprefix("v")) if snapshot.server else "",
        namespace=safe(scope or "all"),
        alarm=alarm,
        notes=notes,
    )


def _alarm(snapshot: Snapshot) -> str:
    error = safe(snapshot.error)
    if snapshot.phase is Phase.LOST:
        return f"connection lost, what you see is old: {error}"
    if snapshot.phase is Phase.FAILED:
        return f"no answer: {error}"
    return f"not all could be read: {error}" if error else ""
