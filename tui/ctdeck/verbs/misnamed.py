"""Namespaces that only the configuration has: one that is misspelt there protects nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiocontainerd.owners import owner_in
from ctdeck.desk import Desk


async def tell_misnamed(desk: Desk) -> None:
    """Tell of them when the daemon's are known; it could not be told before."""
    places = desk.settings.access.places
    if desk.session is None or desk.settings.demo or not places:
        return
    async for snapshot in desk.session.store.watch():
        if snapshot.loaded:
            break
    if text := misnamed(places, snapshot.namespaces):
        desk.tell(text)


def misnamed(places: Mapping[str, str], there: Iterable[str]) -> str:
    """One sentence about those that are not `there`, "" if there are none. Pure.

    Of `default` and of those that engines make, nothing: they come by themselves.
    """
    there = set(there)
    first, *more = [
        name for name in places if name not in there and name != "default" and not owner_in(name)
    ] or [""]
    if not first:
        return ""
    from difflib import get_close_matches

    likely = get_close_matches(first, sorted({*there, "k8s.io", "moby", "buildkit"}), 1)
    others = f", and {len(more)} more" if more else ""
    hint = f" Did you mean {likely[0]}?" if likely else ""
    where = f"{places[first]}, names namespace {first}{others}"
    return f"{where}, which this daemon does not have.{hint}"
