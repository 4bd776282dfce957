"""What the top line tells of a snapshot; pure."""

from __future__ import annotations

import socket

from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.safe import safe
from ctdeck.formatting import plain_version
from ctdeck.settings import Session, Settings
from ctdeck.widgets.lines import Top


def top_of(
    snapshot: Snapshot,
    scope: str | None,
    settings: Settings,
    session: Session | None = None,
    *,
    filtered: str = "",
) -> Top:
    """Host, version, socket, namespace, and what is not normal: no answer, half read, read-only.

    `filtered` is the filter, where nothing else tells of it.
    """
    address = safe(session.address.removeprefix("unix://")) if session else ""
    return Top(
        host="" if settings.demo else safe(socket.gethostname()),
        daemon=_daemon(snapshot, settings),
        address="nothing here is real" if settings.demo else address,
        kind=_kind(settings, session),
        namespace=safe(scope or "all"),
        alarm=_alarm(snapshot),
        notes=tuple(filter(None, (filtered, "read-only" if settings.read_only else ""))),
    )


def _kind(settings: Settings, session: Session | None) -> str:
    if settings.demo:
        return "demo"
    return "embedded" if session and session.embedded else ""


def _daemon(snapshot: Snapshot, settings: Settings) -> str:
    if snapshot.server is not None:
        return f"containerd {safe(plain_version(snapshot.server.version))}{_read_so_far(snapshot)}"
    if snapshot.phase is not Phase.CONNECTING:
        return ""
    return "starting containerd …" if settings.embedded else "connecting …"


def _read_so_far(snapshot: Snapshot) -> str:
    """Long lists show their first rows before they are complete: say that more will come."""
    if snapshot.loaded or not snapshot.reading:
        return ""
    counts = {kind: len(getattr(snapshot, kind)) for kind in sorted(snapshot.reading)}
    kind, count = max(counts.items(), key=lambda item: item[1])
    return f", reading: {count:,} {kind} so far …" if count else ""


def _alarm(snapshot: Snapshot) -> str:
    error = safe(snapshot.error)
    if snapshot.phase is Phase.LOST:
        return f"lost: {error} (what you see is old)"  # the end may be cut: why comes first
    if snapshot.phase is Phase.FAILED:
        return f"no answer: {error}"
    return f"not all could be read: {error}" if error else ""
