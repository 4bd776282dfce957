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
        """The highest values in `cells` slots of `step` seconds, up to the newest sample.

        None where nobody looked. A sample that is a little late does not leave a gap.
        """
        place = 1 + SERIES.index(series)
        moments, values = self._values[::_WIDTH], self._values[place::_WIDTH]
        line: list[float | None] = [None] * cells
        if not moments:
            return line
        newest = moments[-1]
        for moment, value in zip(moments, values, strict=True):
            slot = cells - 1 - round((newest - moment) / step)
            if 0 <= slot < cells and not isnan(value):
                line[slot] = max(value, line[slot] or 0.0)
        for slot in range(1, cells - 1):
            if line[slot] is None and line[slot + 1] is not None:
                line[slot] = line[slot - 1]
        return line
