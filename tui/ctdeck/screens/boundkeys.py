"""Keys of screens and dialogs in words, as they are bound: no text names one that does nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len
from textual.binding import Binding
from textual.widget import Widget

from ctdeck.keynames import first_key

Kinds = tuple[type[Widget], ...]


def _own(node: Widget, id: str, also: Kinds) -> str:
    bindings = [each for kind in (type(node), *also) for each in kind.BINDINGS]
    return next(each.key for each in bindings if isinstance(each, Binding) and each.id == id)


def key_for(node: Widget, id: str, also: Kinds = ()) -> str:
    """The first key of one of its bindings, as it is bound; empty for none.

    `also` are the kinds of widgets in it that have bindings of their own.
    """
    return first_key(node.app._keymap, id, _own(node, id, also))


def keys_line(
    node: Widget, *told: str | tuple[str, ...], between: str = ", ", also: Kinds = ()
) -> str:
    """``Esc closes, c copies``: of each the ids of its bindings, and what they do.

    A text is taken as it is; what has no key is left out. `also` as `key_for` has it.
    """
    parts = []
    for each in told:
        if isinstance(each, str):
            parts.append(each)
            continue
        *ids, does = each
        if keys := " or ".join(filter(None, (key_for(node, id, also) for id in ids))):
            parts.append(f"{keys} {does}")
    return between.join(parts)


class Named(NamedTuple):
    """An entry of a bottom line: what it does, and the ids of its bindings."""

    does: str
    ids: tuple[str, ...]
    between: str = " "


def bottom_keys(
    node: Widget, wanted: Iterable[Named], width: int, also: Kinds = ()
) -> list[tuple[str, str, str]]:
    """(key to press, keys, what they do) of those that fit, the most wanted first."""
    kept, room = [], width - 1
    for does, ids, between in wanted:
        keys = between.join(filter(None, (key_for(node, id, also) for id in ids)))
        room -= cell_len(keys) + cell_len(does) + 3 if keys else 0
        if room < 0:
            break
        if keys:
            press = node.app._keymap.get(ids[0], _own(node, ids[0], also)).split(",")[0]
            kept.append((press if len(ids) == 1 else "", keys, does))
    return kept
