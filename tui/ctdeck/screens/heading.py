"""What the top line tells of a snapshot; pure."""

from __future__ import annotations

import socket

from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.safe import safe
from ctdeck.formatting import plain_version
from ctdeck.settings import Session, Settings
from ctdeck.widgets.lines import Top


def top_of(
    snapshot: Snapshot, scope: str | None, settings: Settings, session: Session | None = None
) -> Top:
    """Host, version, socket, namespace, and what is not normal: no answer, half read, read-only."""
    return Top(
        host=safe(socket.gethostname()),
        daemon=_daemon(snapshot, settings),
        address=safe(session.address.removeprefix("unix://")) if session else "",
        kind="embedded" if session and session.embedded else "",
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
        return f"lost: {error} (what you see is old)"  # the end may be cut: why comes first
    if snapshot.phase is Phase.FAILED:
        return f"no answer: {error}"
    return f"not all could be read: {error}" if error else ""
