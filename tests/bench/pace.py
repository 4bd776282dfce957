"""How often to measure: A B A B …, so that a noisy minute hits both sides alike."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Side = Callable[[], Awaitable[float]]


@dataclass(frozen=True)
class Pace:
    """At most `repeats` rounds that count, and none begun after `budget` seconds (but two)."""

    repeats: int = 7
    budget: float = 60.0

    async def rounds(self, *sides: Side) -> list[list[float]]:
        """Call the sides in turn, once to warm up, and return each one's times in seconds."""
        begun = time.monotonic()
        for side in sides:
            await side()
        times: list[list[float]] = [[] for _ in sides]
        for number in range(self.repeats):
            if number >= 2 and time.monotonic() - begun > self.budget:
                break
            for side, kept in zip(sides, times, strict=True):
                kept.append(await side())
        return times
