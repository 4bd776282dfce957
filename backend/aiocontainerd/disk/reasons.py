"""Why the collector keeps something, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from aiocontainerd.disk.holding import SEVERAL, Holdings
from aiocontainerd.disk.things import (
    BLOB,
    CONTAINER,
    IMAGE,
    INGEST,
    LEASE,
    SNAPSHOT,
    Node,
    Survey,
    Thing,
)

_AS = {"layer": "a layer", "config": "the config", "manifest": "a manifest", "index": "an index"}


def kind_of(thing: Thing, survey: Survey) -> str:
    """What it is, in a word: ``layer`` for a blob that a manifest names so."""
    if thing.node.kind == BLOB:
        return survey.roles.get(thing.node.key, BLOB)
    return thing.node.kind


def named(node: Node, survey: Survey) -> str:
    """A thing by its kind and name, short."""
    if node.kind == SNAPSHOT:
        snapshotter, _, key = node.key.partition("/")
        return f"snapshot {_short(key)} in {snapshotter}"
    if node.kind == BLOB:
        return f"{survey.roles.get(node.key, BLOB)} {_short(node.key)}"
    return f"{node.kind} {node.key}"


def holder(holdings: Holdings, node: Node) -> tuple[Node | None, bool]:
    """The root that holds it on the shortest way, and whether others do too; None for nobody."""
    chain = holdings.why(node)
    if not chain:
        return None, False
    return chain[-1], holdings.only_root(node) == SEVERAL


def why(holdings: Holdings, node: Node, now: datetime) -> Iterator[str]:
    """Sentences from the thing to what holds it in the end."""
    survey = holdings.survey
    chain = holdings.why(node)
    for held, by in pairwise(chain):
        yield _step(held, by, survey)
    if chain:
        yield _root(survey.things[chain[-1]], now, survey)
    elif node.namespace in survey.problems:
        yield f"Not known: not all of {node.namespace} could be read."
    elif node.kind == LEASE:
        yield "It has expired and holds nothing: it goes with the next collection."
    else:
        yield "Nothing holds it: it goes with the next collection."


def _step(held: Node, by: Node, survey: Survey) -> str:
    what, whom = named(held, survey), named(by, survey)
    match by.kind, held.kind:
        case "image", _:
            return f"{what} is what {whom} names"
        case "container", "snapshot":
            return f"{what} is what {whom} writes into"
        case "snapshot", "snapshot":
            return f"{what} lies under {whom}"
        case "blob", "snapshot":
            return f"{what} was unpacked from the image of {whom}"
        case "blob", "blob":
            role = _AS.get(survey.roles.get(held.key, ""), "a part")
            return f"{what} is {role} of {whom}"
        case "ingest", _:
            return f"{what} is what {whom} brings"
    return f"{what} is held by {whom}"


def _root(thing: Thing, now: datetime, survey: Survey) -> str:
    what = named(thing.node, survey)
    if thing.node.kind == IMAGE:
        return f"{what} is kept until its name is deleted"
    if thing.node.kind == CONTAINER:
        return f"{what} is kept until it is deleted"
    if thing.node.kind == LEASE:
        if thing.until is None:
            return f"{what} never expires: it holds this until it is deleted"
        seconds = max(0, int((thing.until - now).total_seconds()))
        return f"{what} expires in {_span(seconds)}"
    if thing.node.kind == INGEST:
        return f"{what} is under way: the daemon drops it 24 h after it last grew"
    return f"{what} has the label containerd.io/gc.root: it stays until it or the label is deleted"


def _span(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def _short(key: str) -> str:
    algorithm, colon, digits = key.partition(":")
    return f"{algorithm}:{digits[:12]}" if colon and len(digits) > 16 else key
