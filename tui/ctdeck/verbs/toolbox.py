"""A toolbox in the namespaces of a container that has no shell."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aiocontainerd.owners import owner_in
from ctdeck.desk import Desk, Question
from ctdeck.equivalents import toolbox_line
from ctdeck.verbs.doing import (
    Target,
    address_of,
    client_of,
    container_of,
    life_seen,
    name_of,
    state_of,
    task_now,
)
from ctdeck.verbs.handing import (
    Wish,
    entered,
    leave_word,
    place_for,
    refuse_not_running,
    sizes,
    told,
)
from ctdeck.verbs.permitted import permitted, permitted_into, require
from ctdeck.verbs.pull import start_pull

if TYPE_CHECKING:
    from ctdeck.terminal.handover import Place

IMAGE = "docker.io/library/busybox:latest"  # of the toolbox, where the configuration names none
_images: WeakKeyDictionary[Desk, str] = WeakKeyDictionary()  # the one that was chosen last


async def debug(desk: Desk, row: Target, wish: Wish | None = None) -> None:
    """Ask which image, unless it is known, and run it beside the container until it is left."""
    client_of(desk), state_of(desk), container_of(row)
    refuse_not_running(desk, row, paused=True)
    if not await permitted(desk, "debug", [row]):
        return
    place = place_for(desk)
    image = (wish.image if wish else "") or _images.get(desk, desk.settings.toolbox or IMAGE)
    if wish is None:
        title, shell = f"A toolbox for {name_of(row)}", "its shell, among the container's files"
        wish = await desk.fill("exec", title=title, shell=shell, image=image)
        image = wish.image if wish else ""
    if wish is None or not (image := await _there(desk, row, image)):
        return
    _images[desk] = image
    await _debug(desk, row, wish._replace(image=image), place)


def no_shell(name: str, why: str) -> Question:
    """Asked where a shell was wanted."""
    lines = (
        f"{why}",
        "",
        "A toolbox is a container of another image that shares its processes, network and host "
        "name, and sees its files. It is removed when it is left.",
    )
    return Question(f"{name} has no shell. Look into it with a toolbox?", lines, "Toolbox")


def _namespace_for(row: Target) -> str:
    """Where the toolbox goes: beside the container, but not among what is somebody else's."""
    namespace = container_of(row).namespace
    return "default" if owner_in(namespace) else namespace


async def _there(desk: Desk, row: Target, name: str) -> str:
    """The image's full name, pulled if it is agreed to; "" if not. Raises what a pull raises."""
    from aiocontainerd.errors import NotFound
    from aiocontainerd.operations.chosen import find_image
    from aiocontainerd.reference import parse

    namespace, full = _namespace_for(row), str(parse(name))
    if not await permitted_into(desk, "run", namespace, full):
        return ""
    try:
        return (await find_image(client_of(desk), name, namespace)).name
    except NotFound:
        pass
    line = f"{full} is not in namespace {namespace}. It stays there when the toolbox is gone."
    if not await desk.ask(Question("Pull the toolbox's image?", (line,), "Pull")):
        return ""
    job = start_pull(desk, full, namespace=namespace, watched=lambda: True)
    desk.progress(f"{full} is being pulled …")
    try:
        return (await job.wait()).name
    finally:
        desk.progress("")


async def _debug(desk: Desk, row: Target, wish: Wish, place: Place) -> None:
    from aiocontainerd.operations import Size, toolbox

    namespace, name = _namespace_for(row), name_of(row)
    require(desk, namespace, wish.image)
    container, task = container_of(row), task_now(desk, row)
    desk.last_equivalent = toolbox_line(
        wish.image, task.pid if task else 0, namespace=namespace, address=address_of(desk)
    )
    running = toolbox(
        client_of(desk),
        container,
        wish.image,
        namespace=namespace,
        state=state_of(desk),
        size=Size(place.columns, place.rows),
        term=place.term,
        command=wish.command,
        seen=life_seen(row),
    )
    async with AsyncExitStack() as stack:
        box = await entered(desk, stack, f"A toolbox for {name}", running)
        greeting = (
            f"ctdeck: a toolbox in {name}, whose files are in {box.files}.\n"
            f"{leave_word(desk)} leaves it, and removes it."
        )
        outcome = await desk.hand_over(
            box.line, sizes(box.line, Size), greeting=greeting, stay=bool(wish.command)
        )
    desk.tell(f"{told(f'The toolbox in {name}', outcome, left='It was left.')} It is removed.")
