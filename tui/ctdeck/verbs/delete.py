"""Delete a container with all that is its own, or an image."""

from __future__ import annotations

from collections.abc import Sequence

from aiocontainerd.models import Container, Image, TaskStatus
from aiocontainerd.owners import keeper_of
from ctdeck import equivalents
from ctdeck.desk import Desk, Question
from ctdeck.formatting import counted, size
from ctdeck.rows import ImageRow
from ctdeck.verbs.doing import (
    Target,
    address_of,
    client_of,
    container_of,
    each,
    life_seen,
    name_of,
    not_busy,
    state_of,
    task_now,
)
from ctdeck.verbs.permitted import SHOWN, permitted, some
from ctdeck.verbs.tasks import describe, grace_for, resumed_for, stop_signal


async def delete_containers(
    desk: Desk, rows: Sequence[Target], *, ask: bool = True, grace: float | None = None
) -> None:
    """Stop it if it runs, then delete task, container, snapshot and our files."""
    client, state = client_of(desk), state_of(desk)
    not_busy(desk, rows)
    rows = await permitted(desk, "delete", rows)
    if not rows or (ask and not await desk.ask(_question(desk, rows, grace))):
        return

    async def do(row: Target) -> str:
        from aiocontainerd.operations import delete_container as operation

        container = container_of(row)
        desk.last_equivalent = equivalents.delete_line(
            container, running=_runs(desk, row), address=address_of(desk)
        )
        await operation(client, container, state=state, seen=life_seen(row), grace=grace)
        return f"{name_of(row)} is deleted."

    await each(desk, rows, "deleted", do)


def _runs(desk: Desk, row: Target) -> bool:
    task = task_now(desk, row)
    return task is not None and task.status is not TaskStatus.STOPPED


def _question(desk: Desk, rows: Sequence[Target], grace: float | None) -> Question:
    lines: list[str] = []
    for row in rows:
        lines.append(describe(row))
        if _runs(desk, row):
            how = f"{resumed_for(desk, row)}{stop_signal(row)}"
            lines.append(f"  is stopped first: {how}, KILL after {grace_for(row, grace):g} s")
        lines += _what_goes(container_of(row), task_now(desk, row) is not None)
        if binds := [m.source for m in container_of(row).mounts if m.is_bind]:
            lines.append(f"  kept: {', '.join(binds[:SHOWN])} on this host")
    who = name_of(rows[0]) if len(rows) == 1 else counted(len(rows), "container")
    running = [row for row in rows if _runs(desk, row)]
    warning = f"{len(running)} of them run." if running and len(rows) > 1 else ""
    return Question(f"Delete {who}?", tuple(lines), "Delete", warning)


def _what_goes(container: Container, task: bool) -> list[str]:
    goes = [f"  removed: {'its task and ' if task else ''}the container"]
    if container.snapshot_key:
        goes.append(f"  removed: its snapshot in {container.snapshotter}, with all that it wrote")
    return [*goes, "  removed: its log"] if "io.ctdeck/stdout" in container.labels else goes


async def delete_images(desk: Desk, rows: Sequence[ImageRow], *, ask: bool = True) -> None:
    """Delete image names, with a word on what uses them and what becomes free."""
    client = client_of(desk)
    not_busy(desk, rows)
    rows = await permitted(desk, "delete image", rows)
    images = [row.image for row in rows]
    if not rows or (ask and not await desk.ask(await _image_question(desk, images))):
        return

    async def do(row: ImageRow) -> str:
        from aiocontainerd.operations import delete_image as operation

        desk.last_equivalent = equivalents.delete_image_line(row.image, address=address_of(desk))
        await operation(client, row.image)
        return f"{name_of(row)} is deleted."

    await each(desk, rows, "deleted", do)


async def _image_question(desk: Desk, images: Sequence[Image]) -> Question:
    from aiocontainerd.operations import image_plan

    lines: list[str] = []
    used = 0
    for image in images:
        plan = await image_plan(client_of(desk), desk.snapshot, image)
        used += len(plan.users)
        lines.append(f"{image.key.id} in {image.namespace}")
        if keeper := keeper_of(image, desk.snapshot):
            lines.append(f"  {keeper.will('delete image')}")
        if plan.other_names:
            lines.append(f"  also named {some(plan.other_names)}: only this name goes")
        else:
            frees = size(plan.frees) if plan.frees else "nothing: its content is held elsewhere too"
            lines.append(f"  frees {frees}")
        if plan.users:
            ids = some([container.id for container in plan.users])
            lines.append(f"  used by {counted(len(plan.users), 'container')}: {ids}")
        else:
            lines.append("  no container uses it")
    who = images[0].key.id if len(images) == 1 else counted(len(images), "image")
    warning = "Its containers stay, but cannot be made again from this name." if used else ""
    return Question(f"Delete image {who}?", tuple(lines), "Delete", warning)
