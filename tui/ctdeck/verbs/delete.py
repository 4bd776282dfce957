"""Delete a container with all that is its own, or an image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from aiocontainerd.models import LOG_LABELS, Container, Phase, TaskStatus
from aiocontainerd.owners import keeper_of
from ctdeck import equivalents
from ctdeck.desk import Desk, Question
from ctdeck.formatting import counted, size
from ctdeck.rows import ImageRow
from ctdeck.verbs.doing import (
    LISTED,
    Target,
    address_of,
    asked,
    client_of,
    container_of,
    each,
    life_seen,
    name_of,
    not_busy,
    rest_of,
    signals_told,
    some,
    state_of,
    status_now,
    task_now,
)
from ctdeck.verbs.permitted import permitted
from ctdeck.verbs.tasks import describe, grace_for, told_to_end, unheeded

if TYPE_CHECKING:
    from aiocontainerd.operations import ImagePlan


async def delete_containers(
    desk: Desk,
    rows: Sequence[Target],
    *,
    ask: bool = True,
    grace: float | None = None,
    kill: bool = False,
) -> None:
    """Stop it if it runs, then delete task, container, snapshot and our files.

    With `kill` it is not asked to stop, and gets no time: as `docker rm -f` does it.
    """
    client, state = client_of(desk), state_of(desk)
    not_busy(desk, rows)
    rows = await permitted(desk, "delete", rows)
    if not rows or (ask and not await asked(desk, _question(desk, rows, grace), rows)):
        return

    async def do(row: Target) -> str:
        from aiocontainerd.operations import delete_container as operation

        container = container_of(row)
        desk.last_equivalent = equivalents.delete_line(
            container, status_now(desk, row), address=address_of(desk)
        )
        await operation(
            client,
            container,
            state=state,
            seen=life_seen(row),
            grace=grace,
            kill=kill,
            others=followed(desk),
            report=signals_told(desk, row),
        )
        return f"{name_of(row)} was deleted.{unheeded(desk, row, grace)}"

    await each(desk, rows, "deleted", do)


def followed(desk: Desk) -> Iterable[Container] | None:
    """All containers, if those that are shown are those that there are."""
    world = desk.snapshot
    fresh = world.phase is Phase.LIVE and world.loaded and not world.reading and not world.behind
    return world.containers.values() if fresh else None


def _runs(desk: Desk, row: Target) -> bool:
    task = task_now(desk, row)
    return task is not None and task.status is not TaskStatus.STOPPED


def _question(desk: Desk, rows: Sequence[Target], grace: float | None) -> Question:
    lines: list[str] = []
    for row in rows[:LISTED]:
        lines += _told(desk, row, grace)
    lines += rest_of(rows)
    who = name_of(rows[0]) if len(rows) == 1 else counted(len(rows), "container")
    running = [row for row in rows if _runs(desk, row)]
    few = "1 of them runs" if len(running) == 1 else f"{len(running)} of them run"
    warning = f"{few}, and will be stopped." if running and len(rows) > 1 else ""
    return Question(f"Delete {who}?", tuple(lines), "Delete", warning)


def _told(desk: Desk, row: Target, grace: float | None) -> list[str]:
    """What will become of one container, and of what it has."""
    lines = [describe(row)]
    if _runs(desk, row):
        how = f"{told_to_end(desk, row)}, KILL after {grace_for(row, grace):g} s"
        lines.append(f"  will be stopped first: it {how}")
    lines += _what_goes(container_of(row), task_now(desk, row) is not None)
    if binds := [m.source for m in container_of(row).mounts if m.is_bind]:
        lines.append(f"  stays: {some(binds)} on this host")
    return lines


def _what_goes(container: Container, task: bool) -> list[str]:
    goes = [f"  will be removed: {'its task and ' if task else ''}the container"]
    if container.snapshot_key:
        place = container.snapshotter
        goes.append(f"  will be removed: its snapshot in {place}, with all that it wrote")
    if has_log(container):
        goes.append("  will be removed: its log")
    return goes


def has_log(container: Container) -> bool:
    """Its output is in a file of ours, which goes with it."""
    return any(label in container.labels for label in LOG_LABELS)


async def delete_images(desk: Desk, rows: Sequence[ImageRow], *, ask: bool = True) -> None:
    """Delete image names, with a word on what uses them and what becomes free."""
    client = client_of(desk)
    not_busy(desk, rows)
    rows = await permitted(desk, "delete image", rows)
    if not rows or (ask and not await asked(desk, await _image_question(desk, rows), rows)):
        return

    async def do(row: ImageRow) -> str:
        from aiocontainerd.operations import delete_image as operation

        desk.last_equivalent = equivalents.delete_image_line(row.image, address=address_of(desk))
        await operation(client, row.image)
        return f"{name_of(row)} was deleted."

    await each(desk, rows, "deleted", do)


async def _image_question(desk: Desk, rows: Sequence[ImageRow]) -> Question:
    from aiocontainerd.operations import image_plan, image_plans

    client, world, images = client_of(desk), desk.snapshot, [row.image for row in rows]
    together = 0
    if len(images) == 1:
        plans = [await image_plan(client, world, images[0])]
    else:
        plans, together = await image_plans(client, world, images, most=LISTED)
    lines: list[str] = []
    for plan in plans:
        lines += _image_told(desk, plan)
    lines += rest_of(images)
    if len(images) > 1:
        lines.append(f"All together will free {size(together)}")
    who = f"image {images[0].key.id}" if len(images) == 1 else counted(len(images), "image")
    stay = "Its containers will stay, but cannot be made again from this name."
    warning = stay if any(row.users for row in rows) else ""
    return Question(f"Delete {who}?", tuple(lines), "Delete", warning)


def _image_told(desk: Desk, plan: ImagePlan) -> list[str]:
    """What will become of one name, and who uses it."""
    image = plan.image
    lines = [f"{image.key.id} in {image.namespace}"]
    if keeper := keeper_of(image, desk.snapshot):
        lines.append(f"  {keeper.will('delete image')}")
    if plan.other_names:
        lines.append(f"  also named {some(plan.other_names)}: only this name will be deleted")
    else:
        frees = size(plan.frees) if plan.frees else "nothing: its content is held elsewhere too"
        lines.append(f"  will free {frees}")
    if plan.users:
        ids = some([container.id for container in plan.users])
        lines.append(f"  used by {counted(len(plan.users), 'container')}: {ids}")
    else:
        lines.append("  no container uses it")
    return lines
