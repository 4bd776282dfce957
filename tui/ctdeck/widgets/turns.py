"""What takes a table long, in turns with all else that there is to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.timer import Timer

    from ctdeck.widgets.table import Table

# s between two turns of a filter: more than a frame, to be painted in; and of all else, which
# paints nothing before its end.
BREATH, A_TURN = 0.02, 0.001


class Turns:
    """Sorts, filters, and looks for rows that fill a column, as long as a table has to."""

    def __init__(self, table: Table[Any]) -> None:
        self._table = table
        self._timer: Timer | None = None

    @property
    def are_over(self) -> bool:
        """There is nothing to go on with."""
        return self._table.view.is_settled and not self._table.sheet.widths.is_looking

    def await_next(self) -> None:
        """Go on soon, if there is anything left to do."""
        if self._timer is None and not self.are_over:
            view = self._table.view
            filters = view.is_sorted and not view.is_complete
            self._timer = self._table.set_timer(BREATH if filters else A_TURN, self._go_on)

    def sort(self) -> None:
        """As soon as all is known that it is sorted by; until then the list stays."""
        if self._table.view.read_on():
            self._table.rearrange(self._table.view.arrange)
        else:
            self.await_next()

    def _go_on(self) -> None:
        self._timer, table = None, self._table
        if not table.display:  # its rows may be gone; all is made anew when it is seen
            return
        if not table.view.is_sorted:
            self.sort()
        elif not table.view.is_complete:
            table.rearrange(table.view.look_on, frozenset())
            table.post_message(table.MoreFound(table))
        elif table.sheet.widths.look_on(table.now()):
            table.rearrange(lambda: None, frozenset())
        else:
            self.await_next()
