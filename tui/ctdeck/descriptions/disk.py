"""What the details say of a thing on disk: its size, what a delete frees, why it is kept."""

from __future__ import annotations

from datetime import datetime

from aiocontainerd.disk.reasons import named, why
from aiocontainerd.models import Snapshot
from ctdeck.descriptions.facts import Fact, Tabs, ago
from ctdeck.formatting import clock, counted, size
from ctdeck.rows import DiskRow

LISTED = 300  # things that it holds


def disk_tabs(row: DiskRow, snapshot: Snapshot, now: datetime) -> Tabs:
    """The thing, why it is kept, what it holds; and all that there is, by kind."""
    held = row.report.holdings.held_by(row.thing.node) - {row.thing.node}
    sizes = row.report.sizes
    things = sorted(held, key=lambda node: (-(sizes[node] or 0), node))
    parts = [
        Fact(size(sizes[node] or 0), named(node, row.report.survey)) for node in things[:LISTED]
    ]
    if len(things) > LISTED:
        parts.append(Fact("", f"and {len(things) - LISTED:,} more", "muted"))
    tabs = {"Disk": _facts(row, now), "Why": _reasons(row, now)}
    if things:
        tabs[f"Holds {len(things):,}"] = parts
    return {**tabs, "All": _totals(row)}


def _totals(row: DiskRow) -> list[Fact]:
    """As `docker system df`: the bytes are those of blobs, snapshots and ingests."""
    report = row.report
    facts = [
        Fact(f"{kind}s", f"{number:,}".rjust(9) + (f"  {size(held)}" if held else ""))
        for kind, (number, held) in sorted(report.totals.items())
    ]
    facts.append(Fact("in all", f"{size(report.used):>9}"))
    facts.append(Fact("garbage", f"{size(report.garbage):>9} that nothing holds"))
    problems = [Fact(name, problem, "bad") for name, problem in report.survey.problems.items()]
    return [*facts, *problems]


def _facts(row: DiskRow, now: datetime) -> list[Fact]:
    thing, report = row.thing, row.report
    facts = [
        Fact("kind", row.kind if thing.node.kind != "snapshot" else f"{thing.detail} snapshot"),
        Fact("name", row.name),
        Fact("namespace", thing.node.namespace),
        Fact(_SIZES.get(thing.node.kind, "size"), _bytes(row.size)),
        _frees(row),
        _held(row),
        Fact("created", ago(thing.created_at, now)),
    ]
    if thing.node.kind == "snapshot":
        facts.insert(2, Fact("snapshotter", thing.node.key.partition("/")[0]))
    if thing.node.kind == "blob" and thing.detail:
        facts.append(Fact("diff id", thing.detail, "muted"))
    others = report.survey.copies.get(thing.node.key, ()) if thing.node.kind == "blob" else ()
    if len(others) > 1:
        names = ", ".join(name for name in others if name != thing.node.namespace)
        facts.append(Fact("also in", f"{names}: the bytes are there once, and go with the last"))
    if thing.node.kind == "ingest" and thing.detail:
        facts.append(Fact("of", f"{size(int(thing.detail))} in the end"))
    measured = "" if report.survey.is_whole else ", sizes are still coming"
    facts.append(Fact("as of", f"{clock(report.taken_at)}{measured}", "muted"))
    return facts


def _held(row: DiskRow) -> Fact:
    words, role = row.held
    several = words.removesuffix(" +")
    return Fact("held by", several if several == words else f"{several} and others", role)


_SIZES = {"image": "keeps", "lease": "keeps", "container": "has written"}


def _bytes(count: int | None) -> str:
    return "not measured yet" if count is None else f"{size(count)} ({counted(count, 'byte')})"


def _frees(row: DiskRow) -> Fact:
    if row.is_garbage:
        return Fact("frees", f"{size(row.frees)} with the next collection", "warn")
    if not row.is_root:
        return Fact("frees", "nothing by itself: what holds it has to go", "muted")
    words = {"image": "deleting this name", "container": "deleting it", "lease": "deleting it"}
    doing = words.get(row.thing.node.kind, "its end")
    if row.frees:
        return Fact("frees", f"{size(row.frees)}: what {doing} leaves to nobody")
    return Fact("frees", f"nothing: {doing} leaves all of it to others", "muted")


def _reasons(row: DiskRow, now: datetime) -> list[Fact]:
    lines = why(row.report.holdings, row.thing.node, now)
    return [Fact("" if number else "because", line) for number, line in enumerate(lines)]
