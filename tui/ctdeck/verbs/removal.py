"""Removal when done (`--rm`): it lives in this process; what another one left is seen to here."""

from __future__ import annotations

from aiocontainerd.models import Container, Snapshot
from ctdeck.desk import Desk, Question
from ctdeck.formatting import counted
from ctdeck.rows import ContainerRow
from ctdeck.verbs.delete import delete_containers
from ctdeck.verbs.doing import client_of, name_of, state_of
from ctdeck.verbs.tasks import describe


def follow(desk: Desk, container: Container) -> None:
    """Remove it when its task ends; another ctdeck may do so too, and be first."""
    client, state = client_of(desk), state_of(desk)

    async def remove() -> None:
        from aiocontainerd.operations import remove_when_done

        await remove_when_done(client, container, state=state)

    desk.begin(remove(), group="remove when done")


def stays(desk: Desk) -> list[str]:
    """What leaving means for the containers that run and are to be removed when done."""
    if desk.settings.read_only:
        return []
    return [
        f"{name_of(row)} is removed when it ends only while ctdeck runs; "
        "else it stays, as a stopped container."
        for row in _marked(desk, desk.snapshot)
        if not _is_left(row)
    ]


async def take_over(desk: Desk) -> None:
    """At the start: follow those that run, and offer to remove those that are done."""
    session = desk.session
    if desk.settings.read_only or session is None or session.client is None:
        return
    async for snapshot in session.store.watch():
        if snapshot.loaded:
            break
    rows = _marked(desk, snapshot)
    for row in rows:
        if not _is_left(row):
            follow(desk, row.container)
    if not (left := [row for row in rows if _is_left(row)]):
        return
    many = "container that was" if len(left) == 1 else "containers that were"
    are = "is" if len(left) == 1 else "are"
    lines = (
        f"{len(left)} {many} to be removed when done {are} left:",
        *(f"  {describe(row)}" for row in left),
    )
    title = f"Remove {name_of(left[0]) if len(left) == 1 else counted(len(left), 'container')}?"
    if not await desk.ask(Question(title, lines, "Remove")):
        return
    marked = {row.key: row for row in _marked(desk, desk.snapshot) if _is_left(row)}
    if still := [row for row in left if row.key in marked]:  # none that was started meanwhile
        await delete_containers(desk, still, ask=False)


def _marked(desk: Desk, snapshot: Snapshot) -> list[ContainerRow]:
    """All in the namespaces shown that are to be removed when done."""
    return [
        ContainerRow(each, snapshot.task_of(each))
        for each in snapshot.containers.values()
        if desk.scope in (None, each.namespace) and each.is_to_be_removed
    ]


def _is_left(row: ContainerRow) -> bool:
    from aiocontainerd.operations import left_to_remove

    return left_to_remove(row.container, row.task)
