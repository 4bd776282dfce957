"""Removal when done (`--rm`), and what a ctdeck that died left half done.

The first lives in this process; what another one left is seen to here, at the start.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from aiocontainerd.models import Container, Key, Snapshot
from ctdeck.desk import Desk, Question
from ctdeck.formatting import age, counted
from ctdeck.rows import ContainerRow
from ctdeck.verbs.delete import delete_containers
from ctdeck.verbs.doing import client_of, name_of, state_of
from ctdeck.verbs.permitted import some
from ctdeck.verbs.tasks import describe

if TYPE_CHECKING:
    from aiocontainerd.operations import Remains


class _Left(NamedTuple):
    """What nobody sees to any more: done and not removed, cut short, and logs of what is gone."""

    rows: Sequence[ContainerRow] = ()
    remains: Sequence[Remains] = ()
    logs: Sequence[Key] = ()

    @property
    def parts(self) -> int:
        """How many different things: all logs are one."""
        return len(self.rows) + len(self.remains) + bool(self.logs)


def follow(desk: Desk, container: Container) -> None:
    """Remove it when its task ends; another ctdeck may do so too, and be first."""
    client, state = client_of(desk), state_of(desk)

    async def remove() -> None:
        from aiocontainerd.operations import remove_when_done

        await remove_when_done(client, container, state=state)

    desk.begin(remove(), group="remove when done")


def stays(desk: Desk) -> list[str]:
    """What leaving means for the containers that run and are to be removed when done."""
    return [
        f"{name_of(row)} is removed when it ends only while ctdeck runs; "
        "else it stays, as a stopped container."
        for row in _marked(desk, desk.snapshot)
        if not _is_left(row)
    ]


async def take_over(desk: Desk) -> None:
    """At the start: follow those that run, and offer to remove what is left; one question."""
    session = desk.session
    if session is None or session.client is None:
        return
    async for snapshot in session.store.watch():
        if snapshot.loaded:
            break
    rows = _marked(desk, snapshot)
    for row in rows:
        if not _is_left(row):
            follow(desk, row.container)
    left, kept = await _find(desk, snapshot, [row for row in rows if _is_left(row)])
    if kept:
        desk.tell(f"{_summary(kept)} What is left of it stays: read-only.")
    if left.parts and await desk.ask(_question(left)):
        await _remove(desk, left)


async def _find(
    desk: Desk, snapshot: Snapshot, rows: Sequence[ContainerRow]
) -> tuple[_Left, list[Remains]]:
    """What can be removed, and what was cut short in namespaces that are read-only."""
    from aiocontainerd.errors import ContainerdError
    from aiocontainerd.operations import cut_short, stray_logs

    client, state, access = client_of(desk), state_of(desk), desk.settings.access
    shown = snapshot.namespaces if desk.scope is None else (desk.scope,)
    try:
        remains = await cut_short(client, shown)
        free = {name for name in shown if not access.is_read_only(name)}
        # While the list is still read, each container not in it would be asked for by itself.
        listed = bool(free) and "containers" not in snapshot.reading
        logs = await stray_logs(client, state, snapshot.containers, free) if listed else []
    except ContainerdError:  # the daemon went away: another start will find it
        return _Left(rows), []
    halves = {each.container.key for each in remains if each.container}
    whole = [row for row in rows if row.container.key not in halves]
    kept = [each for each in remains if access.is_read_only(each.namespace)]
    return _Left(whole, [each for each in remains if each not in kept], logs), kept


def _question(left: _Left) -> Question:
    """All that goes, by name."""
    lines: list[str] = []
    if left.rows:
        many = "container that was" if len(left.rows) == 1 else "containers that were"
        are = "is" if len(left.rows) == 1 else "are"
        lines.append(f"{len(left.rows)} {many} to be removed when done {are} left:")
        lines += [f"  {describe(row)}" for row in left.rows]
    for remains in left.remains:
        lines += [f"{_what(remains)}. Removed:", *(f"  {part}" for part in _parts(remains))]
    if left.logs:
        ids = some([_named(*key) for key in left.logs])
        of = "a container that is" if len(left.logs) == 1 else "containers that are"
        lines.append(f"Logs of {of} gone: {ids}")
    if left.parts > 1 and not (left.remains or left.logs):
        return Question(f"Remove {counted(len(left.rows), 'container')}?", tuple(lines), "Remove")
    return Question(_title(left), tuple(lines), "Remove")


def _title(left: _Left) -> str:
    if left.parts > 1:
        return "Remove what is left?"
    if left.rows:
        return f"Remove {name_of(left.rows[0])}?"
    if left.logs:
        return "Remove logs?"
    (only,) = left.remains
    return f"Remove what is left of {_doing(only)}?"


def _summary(remains: Sequence[Remains]) -> str:
    if len(remains) == 1:
        return f"{_what(remains[0])}."
    return f"{len(remains)} runs or pulls were cut short."


def _what(remains: Remains) -> str:
    """``A run of web1 was cut short 3 min ago``."""
    doing, ago = _doing(remains), age(remains.since, datetime.now(UTC))
    return f"{doing[0].upper()}{doing[1:]} was cut short{f' {ago} ago' if ago else ''}"


def _doing(remains: Remains) -> str:
    word = remains.doing or "change"
    article = "an" if word[0] in "aeiou" else "a"
    return f"{article} {word} of {_named(remains.namespace, remains.subject or '?')}"


def _parts(remains: Remains) -> list[str]:
    parts: list[str] = []
    if remains.container is not None:
        parts.append(f"the container {remains.subject}, which never ran, its snapshot and its log")
    elif remains.task:
        parts.append("its task, which was made and never started; the container stays")
    held = [
        counted(number, word)
        for number, word in (
            (remains.blobs, "blob"),
            (remains.downloads, "unfinished download"),
            (0 if remains.container else remains.snapshots, "snapshot"),
        )
        if number
    ]
    if held:
        parts.append(f"of {', '.join(held)}: what nothing else uses")
    return [*parts, f"the lease {remains.lease}"]


def _named(namespace: str, id: str) -> str:
    return id if namespace == "default" else f"{id} in {namespace}"


async def _remove(desk: Desk, left: _Left) -> None:
    """What is still as it was; the failure of one does not end the others."""
    from aiocontainerd.operations import remove_remains, remove_stray_log

    client, state = client_of(desk), state_of(desk)
    marked = {row.key: row for row in _marked(desk, desk.snapshot) if _is_left(row)}
    if still := [row for row in left.rows if row.key in marked]:  # none that was started meanwhile
        await delete_containers(desk, still, ask=False)
    for remains in left.remains:
        work = remove_remains(client, remains, state=state)
        if await _told(desk, work, f"what was left of {_doing(remains)}"):
            desk.tell(f"What was left of {_doing(remains)} is removed.")
    for key in left.logs:
        await _told(desk, remove_stray_log(client, key, state=state), f"log of {_named(*key)}")


async def _told(desk: Desk, work: Awaitable[None], what: str) -> bool:
    from aiocontainerd.errors import ContainerdError

    try:
        await work
    except ContainerdError as error:
        desk.tell(str(error), title=f"Not removed: {what}", bad=True)
        return False
    return True


def _marked(desk: Desk, snapshot: Snapshot) -> list[ContainerRow]:
    """All in the namespaces shown that are to be removed when done, and may be."""
    access = desk.settings.access
    return [
        ContainerRow(each, snapshot.task_of(each))
        for each in snapshot.containers.values()
        if each.is_to_be_removed
        and desk.scope in (None, each.namespace)
        and not access.is_read_only(each.namespace)
    ]


def _is_left(row: ContainerRow) -> bool:
    from aiocontainerd.operations import left_to_remove

    return left_to_remove(row.container, row.task)
