"""Verbs that change only what is looked at: copy, namespace, the words of `ctr`."""

from __future__ import annotations

from collections import Counter

from ctdeck import equivalents
from ctdeck.desk import Choice, Desk
from ctdeck.formatting import counted
from ctdeck.masking import masked_source
from ctdeck.rows import ContainerRow, DiskRow, EventRow, ImageRow, MountRow, Row, TaskRow
from ctdeck.verbs.doing import address_of

COPIED = 1_000  # rows: terminals take some 100 KB
ALL = "\0all"  # no namespace can be named so


def copied_text(row: Row) -> tuple[str, str]:
    """What `c` copies of a row, and what to call it."""
    match row:
        case ImageRow():
            return row.image.key.id, "the reference"
        case ContainerRow():
            return row.container.id, "the id"
        case TaskRow():
            return row.task.id, "the id"
        case MountRow():
            source = masked_source(row.mount.source)  # as it is shown
            return source or row.mount.destination, "the source"
        case EventRow():
            return row.event.subject, "the subject"
        case DiskRow():
            return row.name, "the name"


def copy(desk: Desk) -> None:
    """Copy what names the row, or all the marked ones, a line each."""
    rows = desk.rows
    if not rows:
        desk.tell("There is no row here to copy from.")
        return
    found = [copied_text(row) for row in rows[:COPIED]]
    text, what = "\n".join(text for text, _ in found), found[0][1]

    async def work() -> None:
        where = await desk.copy(text)
        if len(rows) == 1:
            desk.tell(f"Copied {what} {where}".rstrip() + f": {text}")
        else:
            of = "" if len(rows) == len(found) else f" of {len(rows):,}"
            desk.tell(f"Copied {len(found):,}{of} marked rows {where}".rstrip() + ", a line each.")

    desk.begin(work(), group="copy")


def equivalent(desk: Desk) -> None:
    """Show the `ctr` lines for the row, and that of the last action."""
    lines = equivalents.lines_for(desk.row, address=address_of(desk))
    if desk.last_equivalent:
        lines = [("last action", desk.last_equivalent), *lines]
    if not lines:
        desk.tell("No action works on this row, so there is no ctr line for it.")
        return
    desk.open(
        "message", title="The same with ctr", text="\n".join(f"{k}\n  {v}\n" for k, v in lines)
    )


async def choose_namespace(desk: Desk) -> None:
    """Choose a namespace from a list with what is in each, or all of them."""
    snapshot = desk.snapshot
    containers = Counter(c.namespace for c in snapshot.containers.values())
    images = Counter(i.namespace for i in snapshot.images.values())
    names = sorted({*snapshot.namespaces, *containers, *images})

    def described(name: str, c: int, i: int) -> str:
        return f"{name:<16} {counted(c, 'container'):>14}  {counted(i, 'image'):>10}"

    options = [
        (ALL, described("all", containers.total(), images.total())),
        *((name, described(name, containers[name], images[name])) for name in names),
    ]
    current = ALL if desk.scope is None else desk.scope
    chosen = await desk.choose(Choice("Namespace", tuple(options), current))
    if chosen is not None:
        desk.set_scope(None if chosen == ALL else chosen)
