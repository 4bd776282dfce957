"""`:whose`: which container, image and pod a path, a pid, a digest or a cgroup belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocontainerd.models import Container
from ctdeck.desk import Choice, Desk
from ctdeck.formatting import GLYPHS, short_id, short_reference
from ctdeck.masking import masked_text
from ctdeck.verbs.doing import client_of

if TYPE_CHECKING:
    from aiocontainerd.whose import Found


async def tell_whose(desk: Desk, what: str) -> None:
    """Ask, and let one answer be gone to."""
    from aiocontainerd.whose import whose

    desk.progress(f"Asking whose it is {GLYPHS.ellipsis}")
    try:
        found = await whose(client_of(desk), desk.snapshot, what)
    finally:
        desk.progress("")
    if not found:
        desk.tell(f"No container and no image of this containerd has to do with {what}.")
        return
    options = tuple((str(number), _line(each)) for number, each in enumerate(found))
    chosen = await desk.choose(
        Choice(f"Whose is {what}?", options, takes="goes there", leaves="closes")
    )
    if chosen is not None:
        _go(desk, found[int(chosen)])


def _line(found: Found) -> str:
    """``container web1 in k8s.io (shop/web · app): it is in its cgroup · nginx:1.27``."""
    space, id = found.key
    name = short_reference(id) if found.kind == "image" else short_id(id)
    it = found.it if isinstance(found.it, Container) else None
    called = f" ({it.display_name})" if it and it.display_name else ""
    image = f" {GLYPHS.dot} {short_reference(it.image)}" if it and it.image else ""
    return masked_text(f"{found.kind} {name} in {space}{called}: {found.because}{image}")


def _go(desk: Desk, found: Found) -> None:
    from aiocontainerd.disk.things import Node

    if found.kind in ("container", "image"):
        there = desk.go_to(f"{found.kind}s", found.key)
    else:
        there = desk.go_to("disk", Node(found.key.namespace, found.kind, found.key.id))
    if not there:
        desk.tell(f"{found.key.id} is not in the list.")
