"""`[keys]` of the configuration: which keys an action has instead of its own. Pure: no Textual."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from ctdeck.keynames import BadKey, key_name

KEYS = "keys"
Where = tuple[str, ...]
Fail = Callable[[Where, str, str], NoReturn]
KeyMap = Mapping[str, str]  # by action id, with commas between; "" for none at all


class Remapped(NamedTuple):
    """One line of it: Textual's names of the keys, and where it stands."""

    id: str
    keys: tuple[str, ...]
    where: Where


def read(table: Mapping[str, Any], fail: Fail) -> tuple[Remapped, ...]:
    """What it says, as far as that can be judged without knowing the actions."""
    return tuple(_entries(table, (KEYS,), fail))


def _entries(table: Mapping[str, Any], where: Where, fail: Fail) -> Iterator[Remapped]:
    for name, value in table.items():
        here = (*where, name)
        if isinstance(value, dict):  # task.stop = "s", without quotes
            yield from _entries(value, here, fail)
            continue
        keys = [value] if isinstance(value, str) else value
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            fail(
                here, "this is no key", f'Write "{name}" = "ctrl+s", a list of keys, or "" for none'
            )
        named = []
        for key in filter(None, keys):
            try:
                named.append(key_name(key))
            except BadKey as error:
                fail(here, f"{key!r}: {error}", error.remedy)
        yield Remapped(".".join(here[1:]), tuple(dict.fromkeys(named)), here)


class Bound(NamedTuple):
    """Own keys of an action, with commas between, and where they work: "" is the main screen."""

    keys: str
    place: str = ""


def check(entries: Sequence[Remapped], known: Mapping[str, Bound], fail: Fail) -> None:
    """Refuse an id that is not `known`, and one key for two in one place."""
    from difflib import get_close_matches  # not before the first frame

    for entry in entries:
        if entry.id not in known:
            near = get_close_matches(entry.id, known, n=2, cutoff=0.5)
            remedy = (
                f"Did you mean {' or '.join(near)}?"
                if near
                else "README.md lists them (Configuration)"
            )
            fail(entry.where, f"there is no action {entry.id}", remedy)
        if entry.id in NEVER and set(entry.keys) & NEVER[entry.id]:
            what = "this key must never agree to a question: it is typed ahead, or by habit"
            fail(entry.where, what, "Choose another key")
    remapped = {entry.id: entry for entry in entries}
    for entry in entries:
        for id, bound in known.items():
            theirs = remapped[id].keys if id in remapped else bound.keys.split(",")
            both = set(entry.keys).intersection(theirs) if id != entry.id else ()
            if both and bound.place == known[entry.id].place:
                remedy = f'Give {id} another key, or none: "{id}" = ""'
                fail(entry.where, f"{entry.id} and {id} are both on {min(both)}", remedy)


# Enter is on Cancel, and both are what one presses without reading.
NEVER = {"confirm.yes": {"enter", "space", "escape"}}
