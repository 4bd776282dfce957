"""Who holds a thing on disk, in few words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocontainerd.disk.reasons import holder
from ctdeck.formatting import short_reference

if TYPE_CHECKING:
    from aiocontainerd.disk.things import Thing
    from ctdeck.rows import DiskRow


def held_by(row: DiskRow) -> tuple[str, str]:
    """Words and their role: ``nginx:1.27``, ``container web1 +`` if others do too, ``nothing``."""
    node, report = row.thing.node, row.report
    if node.kind == "lease":
        return ("nothing: expired", "warn") if not row.is_root else ("itself", "muted")
    root, others = holder(report.holdings, node)
    if root is None:
        known = node.namespace not in report.survey.problems
        return ("nothing", "warn") if known else ("not known", "muted")
    if root == node:
        gc_root = node.kind in ("blob", "snapshot")
        return ("the label gc.root", "") if gc_root else ("itself", "muted")
    words = _root(report.survey.things[root])
    return f"{words} +" if others else words, ""


def _root(thing: Thing) -> str:
    if thing.node.kind == "image":
        return short_reference(thing.node.key)
    return f"{thing.node.kind} {thing.node.key}"
