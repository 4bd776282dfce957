"""The log as a text to read: what is searched for is looked for in all of its files."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.widget import Widget

from aiocontainerd.errors import ContainerdError
from aiocontainerd.logs import Entry
from aiocontainerd.safe import safe
from ctdeck.screens.logfeed import LogFeed
from ctdeck.widgets.textpage import TextPage
from ctdeck.widgets.textview import TextView


class LogPage(TextPage):
    """What stands before and behind the lines of the view comes from `feed`.

    A search that goes on there ends with the next key; Esc does nothing else then.
    """

    def __init__(
        self, view: TextView[Entry], feed: LogFeed, opened: Callable[[Widget], None]
    ) -> None:
        super().__init__(view, opened)
        self._feed = feed
        self._has_ended = False  # a search, by this key

    def on_key(self, event: events.Key) -> None:
        """Any key ends a search that is under way."""
        self._has_ended = bool(self._feed.looking)
        if self._has_ended:
            self.workers.cancel_group(self, "walk")

    def action_back(self) -> None:
        """One step back."""
        if not self._has_ended:
            super().action_back()

    def action_first(self) -> None:
        """To the first line of all, which may have to be read."""
        self.view.to_first()
        if self.has_more(-1):
            self.run_worker(self._to_head(), group="walk", exclusive=True)

    async def _to_head(self) -> None:
        try:
            await self._feed.reopen(at_head=True)
        except ContainerdError as error:
            self._say(safe(str(error)))

    def has_more(self, step: int) -> bool:
        """Whether there are lines above or below that are not in the view."""
        view, lines = self.view, self.view.lines
        if step > 0:
            return view.goes_on or bool(lines.cut)
        return bool(self._feed.unread or lines.dropped)

    @property
    def count_text(self) -> str:
        """How many lines are shown of how many, which may not be all of the log."""
        text = super().count_text
        if not self.view.seeker.is_filtering or not (self.has_more(-1) or self.has_more(1)):
            return text
        if not self.has_more(1):
            return text.replace(" of ", " of the newest ")
        return text.replace(" of ", " of the first " if not self.has_more(-1) else " of some ")

    async def look_further(self, step: int) -> bool:
        """Go to the next of them with what is searched for; whether there is one."""
        view, search = self.view, self.view.search
        wants, paint = view.seeker.wish(), view.paint
        if search is None:
            return False
        try:
            number = await self._feed.find(
                step, lambda entry: search.is_in(paint(entry).text) and wants(entry)
            )
        except ContainerdError as error:
            self._say(safe(str(error)))
            return True  # told already
        if number is not None:
            await view.seeker.looked()
            view.go_to(number)
        return number is not None
