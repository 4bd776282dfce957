"""What the top line tells of a snapshot; pure."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable

from aiocontainerd.access import Access
from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.safe import safe
from ctdeck.desk import Lock
from ctdeck.formatting import plain_version
from ctdeck.masking import masked_text
from ctdeck.settings import Session, Settings
from ctdeck.widgets.parts import Top


def top_of(
    snapshot: Snapshot,
    scope: str | None,
    settings: Settings,
    session: Session | None = None,
    *,
    filtered: str = "",
    unlocked: Collection[Lock] = (),
    secrets: bool = False,
    lost_for: str = "",
) -> Top:
    """Host, version, socket, namespace, and what is not normal: no answer, half read, read-only.

    `filtered` is the filter, where nothing else tells of it; `unlocked` what is somebody else's
    and may be changed. `secrets` of a row are shown. `lost_for` is how long there is no connection.
    """
    opened = _opened(unlocked) if unlocked else ""
    read_only = _read_only(settings.access)
    open_secrets = "secrets shown" if secrets else ""
    behind = f"events {snapshot.behind} s behind" if snapshot.behind else ""
    address = safe(session.address.removeprefix("unix://")) if session else ""
    return Top(
        host="" if settings.demo else safe(socket.gethostname()),
        daemon=_daemon(snapshot, settings),
        address="nothing here is real" if settings.demo else address,
        kind=_kind(settings, session),
        namespace=safe(scope or "all"),
        alarm=_alarm(snapshot, lost_for),
        notes=tuple(filter(None, (open_secrets, filtered, read_only, behind, opened))),
    )


def _opened(unlocked: Collection[Lock]) -> str:
    from ctdeck.verbs.permitted import words_of  # not before the first frame

    return _named("unlocked: ", map(words_of, unlocked))


def _read_only(access: Access) -> str:
    """``read-only``, ``read-only: k8s.io``, or ``read-only but for dev``."""
    if not access.read_only:
        return _named("read-only: ", access.namespaces)
    return _named("read-only but for ", access.writable) or "read-only"


def _named(head: str, namespaces: Iterable[str]) -> str:
    """The first of them by name, the others by their number; empty for none."""
    first, *more = sorted(namespaces) or [""]
    return f"{head}{first}{f' and {len(more)} more' if more else ''}" if first else ""


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
    """Long lists show their first rows before they are complete: say that more will come.

    A list that others did not wait for, or that is read anew after a break, is named as well.
    """
    if not snapshot.reading or snapshot.phase is Phase.LOST:
        return ""
    counts = {kind: len(getattr(snapshot, kind)) for kind in sorted(snapshot.reading)}
    kind, count = max(counts.items(), key=lambda item: item[1])
    if snapshot.loaded:
        return f", still reading the {kind} …"
    return f", reading: {count:,} {kind} so far …" if count else ""


def _alarm(snapshot: Snapshot, lost_for: str) -> tuple[str, ...]:
    """Each form with less of the reason than the one before."""
    error = safe(masked_text(snapshot.error)) if snapshot.error else ""
    old = ""
    if snapshot.phase is Phase.LOST:
        lost = f"lost {lost_for}".strip() + ", retrying"
        head = lost if snapshot.heard_at is None else f"no answer for {lost_for or 'a while'}"
        old = " (what you see is old)"
    elif snapshot.phase is Phase.FAILED:
        head = "no answer, retrying"
    elif error:
        head = "not all could be read"
    else:
        return ()
    problem = error.partition(". ")[0].rstrip(".")  # without what to do about it
    brief = problem.partition(": ")[0]
    told = (f"{error}{old}", f"{problem}{old}", problem, brief) if error else (old.strip(" ()"),)
    return (*(f"{head}: {each}" for each in told if each), head)
