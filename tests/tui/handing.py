"""The terminal that is handed to programs in containers, played: what is typed, what is shown."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import Any

import pytest

from ctdeck.terminal import handover
from ctdeck.terminal.handover import Outcome, Place
from ctdeck.terminal.pump import Over


@dataclass
class Played:
    """A terminal of 80 by 24: `typed` goes into each line at its beginning; `shown` comes out."""

    typed: str = "exit\r"
    greetings: list[str] = field(default_factory=list)
    shown: str = ""
    leave: bool = False  # by its keys, once `until` is shown
    until: str = ""
    heard: bool = False  # the last line took what was typed

    async def hand_over(
        self, app: Any, line: Any, resize: Any, *, keys: bytes, greeting: str, stay: bool = False
    ) -> Outcome:
        """As `handover.hand_over`."""
        self.greetings.append(greeting)
        resize(80, 24)
        self.heard = line.stdin is not None
        if line.stdin is not None:
            os.write(line.stdin, self.typed.encode())
        ending = asyncio.ensure_future(line.ended())
        try:
            async with asyncio.timeout(20):
                while not (self.leave and self.until in self.shown):
                    over = ending.done()
                    data = self._read(line.stdout)
                    self.shown += data.decode()
                    if over and not data:
                        return Outcome(Over.CLOSED, ending.result())
                    await asyncio.sleep(0.005)
            return Outcome(Over.LEFT)
        finally:
            ending.cancel()

    def _read(self, fd: int) -> bytes:
        try:
            return os.read(fd, 65536)
        except BlockingIOError:
            return b""


def play(monkeypatch: pytest.MonkeyPatch, typed: str = "exit\r") -> Played:
    """From now on programs get this terminal."""
    played = Played(typed)
    monkeypatch.setattr(handover, "place_of", lambda app: Place(80, 24, "xterm"))
    monkeypatch.setattr(handover, "hand_over", played.hand_over)
    return played
