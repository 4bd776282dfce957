"""Brings the row under the cursor into the details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocontainerd.models import Container, Image
from ctdeck.descriptions import describe, title_of
from ctdeck.descriptions.facts import Fact, hides, with_secrets, within
from ctdeck.rows import ContainerRow, ImageRow, MountRow, Row, TaskRow
from ctdeck.screens.looking import Looking
from ctdeck.widgets.table import Table

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen


def gone(main: MainScreen) -> str:
    """The cursor waits where a row was."""
    keys = f"{main.way_to('move.down')}, {main.way_to('move.up')}"
    return f"The row you were on is gone. Move ({keys}) to choose another one."


class DetailView:
    """Draws only while the details are seen, and once for a burst of moves."""

    def __init__(self, main: MainScreen) -> None:
        self._main = main
        self._due = False
        self._kind: type[Row] | None = None
        self._looking = Looking(main, self.refresh)
        self._secrets_of: object = None  # the row whose secrets are shown
        self._hides = False  # something of what is shown now

    @property
    def shows_secrets(self) -> bool:
        """Only of the row for which one asked, and until it is left: nobody forgets them so."""
        if self._secrets_of is not None and self._secrets_of != self._identity():
            self._secrets_of = None
        return self._secrets_of is not None

    def turn_secrets(self) -> None:
        """Show what is hidden of the row, or hide it again; opens the details for it."""
        main = self._main
        if main.row is not None and not main.details.display:
            main.open_row()
        self.refresh()
        if not self._hides:
            main.tell("Nothing is hidden in the details of this row, as far as they were read.")
            return
        self._secrets_of = None if self.shows_secrets else self._identity()
        self.refresh()
        main.showing.lines()

    def left(self) -> None:
        """The cursor has moved: hide at once what was shown of another row."""
        if self._secrets_of is not None and not self.shows_secrets:
            self._main.showing.lines()

    def _identity(self) -> object:
        """Of the row, with its birth: another one may have its name later."""
        main, row = self._main, self._main.row
        if row is None or not main.details.display:
            return None
        owner: Container | Image | None = row.image if isinstance(row, ImageRow) else None
        if isinstance(row, ContainerRow | TaskRow | MountRow):
            owner = row.container
        return main.pane_id, row.key, owner.created_at if owner else None

    def later(self) -> None:
        """Draw soon; several calls in a row are one."""
        if not self._due:
            self._due = True
            self._main.call_after_refresh(self.refresh)

    def refresh(self) -> None:
        """Show the row under the cursor, as the newest snapshot has it."""
        self._due = False
        main = self._main
        main.sampling.wake()
        row = main.row if main.details.display else None
        if row is None:
            self._looking.rest()
        if not main.details.display:
            return
        self._hides = False
        if row is None:
            words = gone(main) if main.view.table.view.missing is not None else "no row to tell of"
            main.details.show("", {"Details": [Fact("", words, "muted")]})
            return
        if type(row) is not self._kind:  # a tab of tasks says nothing of what one wants of mounts
            self._kind = type(row)
            main.details.tab = ""
        way = main.way_to("raw")
        told = describe(row, main.snapshot, Table.now())
        tabs = {name: within(facts, len(facts), way) for name, facts in told.items()}
        tabs = main.sampling.at(row, tabs)
        tabs = self._looking.at(row, tabs)
        self._hides = hides(tabs)
        main.details.show(title_of(row), with_secrets(tabs) if self.shows_secrets else tabs)
