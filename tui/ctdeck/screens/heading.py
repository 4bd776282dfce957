"""What the top line tells of a snapshot; pure."""

from __future__ import annotations

import socket

from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.safe import safe
from ctdeck.formatting import plain_version
from ctdeck.settings import Settings
from ctdeck.widgets.lines import Top


def top_of(snapshot: Snapshot, scope: str | None, settings: Settings) -> Top:
    """Host, version, namespace, and what is not normal: no answer, lost, half read, read-only."""
    return Top(
        host=safe(socket.gethostname()),
        daemon=_daemon(snapshot, settings),
        namespace=safe(scope or "all"),
        alarm=_alarm(snapshot),
        notes=("read-only",) if settings.read_only else (),
    )


def _daemon(snapshot: Snapshot, settings: Settings) -> str:
    if snapshot.server is not None:
        return f"containerd {safe(plain_version(snapshot.server.version))}"
    if snapshot.phase is not Phase.CONNECTING:
        return ""
    return "starting containerd …" if settings.embedded else "connecting …"


def _alarm(snapshot: Snapshot) -> str:
    error = safe(snapshot.error)
    if snapshot.phase is Phase.LOST:
        return f"connection lost, what you see is old: {error}"
    if snapshot.phase is Phase.FAILED:
        return f"no answer: {error}"
    return f"not all could be read: {error}" if error else ""
