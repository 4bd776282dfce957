"""Hands keys on one by one, so that those typed after an opener reach what it opened.

Textual gives a key to what has the focus when the key arrives. What is written to a terminal
in one piece (`:run …` over a slow line, a paste) would all go to the list, before the `:` line
is there. So the next key waits until the one before has done its work, and until what that
one opens has the focus.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

PATIENCE = 1.5  # s; what was to be opened has not come by then: its keys must act on nothing else

Typed = events.Key | events.Paste
HandOn = Callable[[Typed], Awaitable[None]]


def _at(event: events.Key, name: str, character: str) -> events.Key:
    """Another key, typed when this one was."""
    key = events.Key(name, character)
    key.time = event.time
    return key


class _Follower:
    """Goes behind a key: each of its stations has done its work when it calls back.

    By a callback without arguments: with some, Textual reads its signature each time, which for
    the fifteen of a key takes longer than to draw the row.
    """

    def __init__(self, stations: Iterable[DOMNode], done: Callable[[], None]) -> None:
        self._left = iter(stations)
        self._done = done

    def hop(self) -> None:
        """To the next one that still takes messages."""
        for station in self._left:
            if station.post_message(events.Callback(callback=self.hop)):
                return
        self._done()


class KeyGate:
    """`hand_on` gives a key to what has the focus; it is called for one key at a time."""

    def __init__(self, app: App[None], hand_on: HandOn) -> None:
        self._app = app
        self._hand_on = hand_on
        self._waiting: deque[Typed] = deque()
        self._busy = False  # a key is on its way
        self._expected: set[object] = set()  # works that will open something
        self._opening: set[MessagePump] = set()  # opened, and without the focus so far
        self._watch: asyncio.TimerHandle | None = None

    @property
    def is_busy(self) -> bool:
        """A key is on its way, or the next ones wait."""
        return self._busy or bool(self._expected) or bool(self._opening)

    async def take(self, event: Typed) -> None:
        """A key or a paste from the terminal."""
        for each in self._apart(event):
            if self.is_busy or self._waiting:
                self._waiting.append(each)
            else:
                await self._pass(each)

    def _apart(self, event: Typed) -> tuple[Typed, ...]:
        """Esc and a letter in one piece come as alt and that letter: they are two keys again.

        Nothing of ours is on alt. Where one types it stays: there people mean alt by it. An Enter
        that was typed before the terminal was ours came as the end of a line.
        """
        if not isinstance(event, events.Key):
            return (event,)
        if event.key == "ctrl+j":
            return (_at(event, "enter", "\r"),)
        character = event.character
        if not character or not event.key.startswith("alt+"):
            return (event,)
        from textual.widgets import Input  # not before the first frame

        if isinstance(self._app.focused, Input):
            return (event,)
        return _at(event, "escape", "\x1b"), _at(event, character, character)

    def clear(self) -> None:
        """Forget the keys that wait, and what they wait for."""
        self._waiting.clear()
        self._release()

    def expect(self, work: object) -> None:
        """This work opens something soon: keys wait for that; `done` ends it."""
        self._expected.add(work)
        self._guard()

    def done(self, work: object) -> None:
        """It has ended; with or without having opened anything."""
        if work in self._expected:
            self._expected.remove(work)
            self._later()

    def opened(self, widget: Widget) -> None:
        """This is being opened: a screen, or a line in which one types."""
        if widget not in self._opening:
            self._opening.add(widget)
            self._expected.clear()
            self._guard()
            if not widget.call_after_refresh(self._app.call_later, self._ready, widget):
                self._ready(widget)

    def on_screen_change(self, screen: Screen[object]) -> None:
        """Another screen is in front."""
        self.opened(screen)

    async def _pass(self, event: Typed) -> None:
        self._busy = True
        self._guard()
        target: DOMNode = self._app.focused or self._app.screen
        await self._hand_on(event)
        # Behind the key itself on its way up to the app, where it does its work; then behind
        # what that gave rise to (Submitted) and behind what came of it in turn (Closed).
        way = target.ancestors_with_self
        stations = [*way, *(each for each in way for _ in range(2))]
        _Follower(stations, self._followed).hop()

    def _followed(self) -> None:
        self._busy = False
        self._later()

    def _ready(self, widget: Widget) -> None:
        self._opening.discard(widget)
        self._later()

    def _later(self) -> None:
        if not self.is_busy:
            self._unguard()
            if self._waiting:
                self._app.call_later(self._next)

    async def _next(self) -> None:
        if self._waiting and not self.is_busy:
            await self._pass(self._waiting.popleft())

    def _guard(self) -> None:
        self._unguard()
        self._watch = asyncio.get_running_loop().call_later(PATIENCE, self._give_up)

    def _unguard(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _give_up(self) -> None:
        if self._expected or self._opening:
            self._waiting.clear()
        self._release()

    def _release(self) -> None:
        self._busy = False
        self._expected.clear()
        self._opening.clear()
        self._later()
