"""Figures of a measure and how they are set beside each other; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

TIMES = "×"  # noqa: RUF001  what the goals are written with
HEADINGS = ("measure", "ours", "beside it", "ratio", "goal", "met")


@dataclass(frozen=True)
class Measure:
    """One line of the table. Times in seconds; `beside` is empty where the goal is a time.

    `goal` is the highest good ratio or, with nothing beside, the highest good time; None for a
    line that only informs.
    """

    name: str
    ours: Sequence[float]
    beside: Sequence[float] = ()
    beside_name: str = ""
    goal: float | None = None

    @property
    def ratio(self) -> float | None:
        """Our median by the other's, None without one."""
        return median(self.ours) / median(self.beside) if self.ours and self.beside else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is no goal or no figure."""
        reached = median(self.ours) if self.ours and not self.beside else self.ratio
        return None if self.goal is None or reached is None else reached <= self.goal

    def cells(self) -> tuple[str, ...]:
        """The texts of its line, in the order of `HEADINGS`."""
        beside = f"{spread(self.beside)} {self.beside_name}" if self.beside else self.beside_name
        limit = "" if self.goal is None else f"≤ {self.goal:g} {TIMES if self.beside else 's'}"
        met = {True: "yes", False: "NO", None: ""}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} {TIMES}"
        return (self.name, spread(self.ours), beside.strip(), ratio, limit, met)


def spread(times: Sequence[float]) -> str:
    """Median, lowest and highest, in milliseconds, or in seconds when they are long."""
    if not times:
        return "-"
    unit, factor, digits = ("s", 1.0, 2) if median(times) >= 2 else ("ms", 1000.0, 0)
    middle, low, high = (f"{t * factor:.{digits}f}" for t in (median(times), *_ends(times)))
    return f"{middle} {unit} ({low} to {high})"


def table(measures: Sequence[Measure]) -> str:
    """All lines under their headings, in columns as wide as they need to be."""
    rows = [HEADINGS, *(measure.cells() for measure in measures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    rows.insert(1, tuple("─" * width for width in widths))
    return "\n".join(
        "  ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _ends(times: Sequence[float]) -> tuple[float, float]:
    return min(times), max(times)
