"""Trying again: a few times after a fault, and when the registry says so after too many requests.

A pull has one Patience, so that many layers do not wait many times over.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiocontainerd.errors import RegistryError
from aiocontainerd.pull.refusals import Interrupted, Throttled, Unanswered, Unreachable

TRIES = 4  # in a row that brought nothing; silence, which has taken long already, counts twice
FIRST_SECONDS = 0.5  # before the second try; it doubles each time
LONGEST_WAIT = 60.0  # seconds that a registry may ask for; a person waits for longer ones
MOST_WAITS = 5  # in one pull
T = TypeVar("T")
Note = Callable[[str], None]


class Patience:
    """`note` is told what is waited for, once a second, and "" when that is over."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._waits = 0
        self._turn = asyncio.Lock()

    async def insist(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` returns, asked again while that may help. Raises its last error."""
        fruitless = 0
        while True:
            try:
                return await ask()
            except Unreachable:  # a wrong name or port is told at once
                raise
            except (Interrupted, Throttled) as error:
                fruitless = await self.before_another(error, fruitless)

    async def before_another(self, error: RegistryError, fruitless: int) -> int:
        """Wait before another try, and return how many have brought nothing.

        Raises `error` when there should be none.
        """
        if isinstance(error, Throttled):
            await self._obey(error)
            return fruitless
        fruitless += 2 if isinstance(error, Unanswered) else 1
        if fruitless >= TRIES:
            raise error
        await asyncio.sleep(FIRST_SECONDS * 2 ** (fruitless - 1))
        return fruitless

    async def _obey(self, error: Throttled) -> None:
        """Wait as long as the registry asks for: those that were refused together wait once."""
        waits = self._waits
        async with self._turn:
            if waits != self._waits:
                return
            if error.after > LONGEST_WAIT or self._waits >= MOST_WAITS:
                raise error
            left = max(error.after, 0.1)  # "0" again and again would be a busy loop
            try:
                while left > 0:
                    self._note(f"{error.host} wants us to wait: {left:.0f} s")
                    await asyncio.sleep(min(left, 1.0))
                    left -= 1.0
            finally:
                self._waits += 1
                self._note("")
