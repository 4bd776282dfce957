"""Actions that mark rows, for those to which an action can be done together."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ctdeck.actions.action import Action
from ctdeck.desk import Desk


def _mark(how: str) -> Callable[[Desk], None]:
    return lambda desk: desk.mark(how)


def marking(actions: Iterable[Action]) -> tuple[Action, ...]:
    """They work in the panes on whose rows one of these `actions` takes several."""
    panes = frozenset().union(*(action.panes for action in actions if action.many))
    return tuple(
        Action(id, keys, title, tooltip, _mark(how), panes, footer=footer, group=GROUP, many=True)
        for id, keys, title, tooltip, how, footer in (
            (
                "mark",
                "space",
                "mark",
                "Mark the row, or take its mark away; an action then takes all the marked rows",
                "one",
                16,
            ),
            (
                "mark.range",
                "ctrl+@",
                "mark up to here",
                "Mark all rows from the last one that was marked to this one",
                "range",
                0,
            ),
            (
                "mark.all",
                "ctrl+a",
                "mark all",
                "Mark all rows that the filter shows; if they are, take their marks away",
                "all",
                0,
            ),
        )
    )


GROUP = "Marks"
