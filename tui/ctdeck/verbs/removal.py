"""Removal when done (`--rm`), and what a ctdeck that died left half done.

The first lives in this process; what another one left is seen to here, at the start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from aiocontainerd.models import TOOLBOX_LABEL, Container, Key, Snapshot, TaskStatus
from aiocontainerd.owners import owner_in, owner_of
from ctdeck import verbs
from ctdeck.desk import Desk, Question
from ctdeck.formatting import age, counted
from ctdeck.rows import ContainerRow
from ctdeck.verbs.doing import client_of, name_of, some, state_of

if TYPE_CHECKING:
    from aiocontainerd.operations import Remains


# What this process follows, by desk; names, so that leaving can say which.
_followed: WeakKeyDictionary[Desk, Counter[Key]] = WeakKeyDictionary()


class _Left(NamedTuple):
    """What nobody sees to any more.

    `rows` are done and not removed, `running` go when they end if somebody follows them; then what
    was cut short, and logs of what is gone.
    """

    rows: Sequence[ContainerRow] = ()
    running: Sequence[ContainerRow] = ()
    remains: Sequence[Remains] = ()
    logs: Sequence[Key] = ()

    @property
    def parts(self) -> int:
        """How many different things: all logs are one."""
        return len(self.rows) + len(self.running) + len(self.remains) + bool(self.logs)


def follow(desk: Desk, container: Container) -> None:
    """Remove it when its task ends; another ctdeck may do so too, and be first."""
    client, state = client_of(desk), state_of(desk)
    followed = _followed.setdefault(desk, Counter())

    async def remove() -> None:
        from aiocontainerd.operations import remove_when_done

        followed[container.key] += 1
        try:
            await remove_when_done(client, container, state=state)
        finally:
            followed[container.key] -= 1

    desk.begin(remove(), group="run.remove")


def stays(desk: Desk) -> list[str]:
    """What leaving means for the containers that run and that we remove when they are done."""
    followed = _followed.get(desk, Counter())
    return [
        f"{name_of(row)} is removed when it ends only while ctdeck runs; "
        "else it stays, as a stopped container."
        for row in _rows(desk.snapshot, desk.snapshot.containers.values())
        if followed[row.container.key] > 0 and not _is_done(row)
    ]


async def take_over(desk: Desk) -> None:
    """At the start: offer to remove what is left, now or when it ends; one question."""
    session = desk.session
    if session is None or session.client is None:
        return
    async for snapshot in session.store.watch():
        if snapshot.loaded:
            break
    left, kept = await _find(desk, snapshot)
    await end_orphans(desk)
    if kept:
        desk.tell(f"{_summary(kept)} What is left of it stays: read-only.")
    if left.parts and await desk.ask(_question(left)):
        await _remove(desk, await _unlocked(desk, left))


async def _find(desk: Desk, snapshot: Snapshot) -> tuple[_Left, list[Remains]]:
    """What can be removed, and what was cut short in namespaces that are read-only."""
    from aiocontainerd.errors import ContainerdError
    from aiocontainerd.operations import cut_short, left_behind

    client, state, access = client_of(desk), state_of(desk), desk.settings.access
    shown = snapshot.namespaces if desk.scope is None else (desk.scope,)
    marked = [
        each
        for each in snapshot.containers.values()
        if each.is_to_be_removed
        and desk.scope in (None, each.namespace)
        and not access.is_read_only(each.namespace)
    ]
    try:
        rows = _rows(snapshot, await left_behind(client, marked, state=state))
        remains = await cut_short(client, shown, state=state)
        logs = await _logs(desk, snapshot)
    except ContainerdError:  # the daemon went away: another start will find it
        return _Left(), []
    halves = {each.container.key for each in remains if each.container}
    whole = [row for row in rows if row.container.key not in halves]
    kept = [each for each in remains if access.is_read_only(each.namespace)]
    left = _Left(
        [row for row in whole if _goes(row)],
        [row for row in whole if not _goes(row)],
        [each for each in remains if each not in kept],
        logs,
    )
    return left, kept


async def end_orphans(desk: Desk) -> None:
    """What a ctdeck that was killed left running has no terminal, nor what did not end in time."""
    from aiocontainerd.errors import ContainerdError
    from aiocontainerd.operations import end_orphans as operation

    try:
        found = await operation(client_of(desk), state_of(desk))
    except ContainerdError:  # the daemon went away: another start will find it
        return
    if found:
        names = some([_named(*key) for key in dict.fromkeys(found)])
        desk.tell(f"What an earlier shell or command had left running in {names} was ended.")


async def _logs(desk: Desk, snapshot: Snapshot) -> list[Key]:
    """Those of containers that are gone, and of namespaces that are."""
    from aiocontainerd.operations import stray_logs

    access = desk.settings.access
    if "containers" in snapshot.reading:  # each not in the list would be asked for by itself
        return []
    wanted = None if desk.scope is None else {desk.scope}
    found = await stray_logs(client_of(desk), state_of(desk), snapshot.containers, wanted)
    return [key for key in found if not access.is_read_only(key.namespace)]


async def _unlocked(desk: Desk, left: _Left) -> _Left:
    """Without what stays locked, by each owner's namespace that the answer touches.

    What is one owner's by its labels is asked for as it is deleted, and not followed.
    """
    there = desk.snapshot.namespaces
    names = dict.fromkeys(
        [row.container.namespace for row in (*left.rows, *left.running)]
        + [each.namespace for each in left.remains]
        + [key.namespace for key in left.logs]
    )
    ask = verbs.permitted.permitted_into
    shut = {
        name
        for name in names
        if name in there and owner_in(name) and not await ask(desk, "delete", name)
    }
    if shut:
        desk.tell(f"What is left in {', '.join(sorted(shut))} stays: locked.")
    return _Left(
        [row for row in left.rows if row.container.namespace not in shut],
        [
            row
            for row in left.running
            if row.container.namespace not in shut
            and owner_of(row.container) == owner_in(row.container.namespace)
        ],
        [each for each in left.remains if each.namespace not in shut],
        [key for key in left.logs if key.namespace not in shut],
    )


def _question(left: _Left) -> Question:
    """All that goes, by name."""
    lines: list[str] = []
    if left.rows:
        many = "container that was" if len(left.rows) == 1 else "containers that were"
        are = "is" if len(left.rows) == 1 else "are"
        lines.append(f"{len(left.rows)} {many} to be removed when done {are} left:")
        lines += [f"  {verbs.tasks.describe(row)}" for row in left.rows]
    if left.running:
        one = len(left.running) == 1
        lines.append(
            f"{len(left.running)} {'container runs and is' if one else 'containers run and are'} "
            "to be removed when done, and nobody sees to it; ctdeck will, while it runs:"
        )
        lines += [f"  {verbs.tasks.describe(row)}" for row in left.running]
    for remains in left.remains:
        lines += [f"{_what(remains)}. Will be removed:", *(f"  {part}" for part in _parts(remains))]
    if left.logs:
        ids = some([_named(*key) for key in left.logs])
        of = "a container that is" if len(left.logs) == 1 else "containers that are"
        lines.append(f"Logs of {of} gone will be removed: {ids}")
    if left.parts > 1 and not (left.running or left.remains or left.logs):
        return Question(f"Remove {counted(len(left.rows), 'container')}?", tuple(lines), "Remove")
    return Question(_title(left), tuple(lines), "Remove")


def _title(left: _Left) -> str:
    if left.parts > 1:
        return "Remove what is left?"
    if left.rows:
        return f"Remove {name_of(left.rows[0])}?"
    if left.running:
        return f"Remove {name_of(left.running[0])} when it ends?"
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
    return parts if remains.expired else [*parts, f"the lease {remains.lease}"]


def _named(namespace: str, id: str) -> str:
    return id if namespace == "default" else f"{id} in {namespace}"


async def _remove(desk: Desk, left: _Left) -> None:
    """What is still as it was; the failure of one does not end the others."""
    from aiocontainerd.operations import adopt, remove_remains, remove_stray_log

    client, state = client_of(desk), state_of(desk)
    world = desk.snapshot
    now = {row.key: row for row in _rows(world, world.containers.values())}
    if still := [row for row in left.rows if row.key in now and _goes(now[row.key])]:
        kill = not all(map(_is_done, still))
        # Without `kill`: none was started meanwhile.
        await verbs.delete.delete_containers(desk, still, ask=False, kill=kill)
    for row in left.running:
        await adopt(client, row.container, state=state)
        follow(desk, row.container)
    for remains in left.remains:
        work = remove_remains(client, remains, state=state)
        if await _told(desk, work, f"what was left of {_doing(remains)}"):
            desk.tell(f"What was left of {_doing(remains)} was removed.")
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


def _rows(snapshot: Snapshot, containers: Iterable[Container]) -> list[ContainerRow]:
    return [ContainerRow(each, snapshot.task_of(each)) for each in containers]


def _goes(row: ContainerRow) -> bool:
    """It is to be removed now: done, or a toolbox whose terminal nobody has any more."""
    return _is_done(row) or TOOLBOX_LABEL in row.container.labels


def _is_done(row: ContainerRow) -> bool:
    return row.task is None or row.task.status is TaskStatus.STOPPED
