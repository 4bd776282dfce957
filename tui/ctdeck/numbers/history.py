"""One task's numbers over the last minutes, in as few bytes as will do. Pure."""

from __future__ import annotations

from array import array
from math import isnan, nan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiocontainerd.metrics import Rates, Usage

SERIES = ("cpu", "memory", "received", "sent", "read", "written")
KEPT = 150  # samples: 5 minutes of one every 2 s
_WIDTH = 1 + len(SERIES)


class History:
    """A ring of samples: a moment on the daemon's clock, and a value of each series or none."""

    def __init__(self) -> None:
        self._values = array("d")

    def __len__(self) -> int:
        return len(self._values) // _WIDTH

    def add(self, usage: Usage, rates: Rates) -> None:
        """One sample more; the oldest goes."""
        values = (rates.cpu, usage.memory, rates.received, rates.sent, rates.read, rates.written)
        self._values.append(usage.at)
        self._values.extend(nan if value is None else value for value in values)
        del self._values[: max(0, len(self._values) - KEPT * _WIDTH)]

    def line(self, series: str, cells: int, step: float) -> list[float | None]:
        """The highest value in each of the last slots of `step` seconds, at most `cells` of them.

        None where nobody looked; it begins with the first slot that has a value. Slots keep to the
        clock, so that the line moves once in a step and not with each sample.
        """
        place = 1 + SERIES.index(series)
        highest: dict[int, float] = {}
        moments, values = self._values[::_WIDTH], self._values[place::_WIDTH]
        for moment, value in zip(moments, values, strict=True):
            if not isnan(value):
                slot = int(moment // step)
                highest[slot] = max(value, highest.get(slot, 0.0))
        if not highest:
            return []
        newest = int(moments[-1] // step)
        first = max(min(highest), newest - cells + 1)
        return [highest.get(slot) for slot in range(first, newest + 1)]
