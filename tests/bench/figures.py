"""Figures of a measure and how they are set beside each other; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from statistics import median
from typing import Literal

from .units import SECONDS, Unit

TIMES = "×"  # noqa: RUF001  what the goals are written with
HEADINGS = ("measure", "ours", "beside it", "ratio", "goal", "met")
Statistic = Literal["median", "p95", "highest"]


@dataclass(frozen=True)
class Measure:
    """One line of the table; the figures are in the `unit`'s own (seconds, bytes, %).

    `goal` is the highest good ratio or, with nothing beside or where `absolute`, the highest good
    figure; None for a line that only informs. Ratio and goal are of the `statistic`. A line
    without figures says in `beside_name` why it has none. The bench fills in the `section`.
    """

    name: str
    ours: Sequence[float]
    beside: Sequence[float] = ()
    beside_name: str = ""
    goal: float | None = None
    unit: Unit = SECONDS
    statistic: Statistic = "median"
    absolute: bool = False
    section: str = ""

    @property
    def ratio(self) -> float | None:
        """Our figure by the other's, None without one or beside nothing at all (0)."""
        other = reduced(self.beside, self.statistic) if self.beside else 0
        return reduced(self.ours, self.statistic) / other if self.ours and other else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is no goal or no figure."""
        if self.goal is None or not self.ours:
            return None
        reached = reduced(self.ours, self.statistic) if self._absolute else self.ratio
        return None if reached is None else reached <= self.goal

    @property
    def _absolute(self) -> bool:
        return self.absolute or not self.beside

    def cells(self) -> tuple[str, ...]:
        """The texts of its line, in the order of `HEADINGS`."""
        ours, beside = (spread(it, self.unit, self.statistic) for it in (self.ours, self.beside))
        beside = f"{beside} {self.beside_name}" if self.beside else self.beside_name
        met = {True: "yes", False: "NO", None: ""}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} {TIMES}"
        return (self.name, ours, beside.strip(), ratio, self._limit(), met)

    def _limit(self) -> str:
        if self.goal is None:
            return ""
        return f"≤ {self.unit.goal(self.goal) if self._absolute else f'{self.goal:g} {TIMES}'}"


def reduced(figures: Sequence[float], statistic: Statistic) -> float:
    """The one figure that stands for all; p95 by nearest rank."""
    if statistic == "median":
        return median(figures)
    ordered = sorted(figures)
    return ordered[-1 if statistic == "highest" else ceil(len(ordered) * 0.95) - 1]


def spread(figures: Sequence[float], unit: Unit = SECONDS, statistic: Statistic = "median") -> str:
    """The figure that counts; in brackets lowest to highest, or the median beside another."""
    if not figures:
        return "-"
    scale = unit.scale(reduced(figures, statistic))
    text = scale.text(reduced(figures, statistic))
    if len(figures) == 1:
        return text
    if statistic != "median":
        return f"{statistic} {text} (median {scale.number(median(figures))})"
    return f"{text} ({scale.number(min(figures))} to {scale.number(max(figures))})"


def table(measures: Sequence[Measure]) -> str:
    """All lines under their headings, section by section, in columns as wide as they need to be."""
    cells = [measure.cells() for measure in measures]
    widths = [max(map(len, column)) for column in zip(HEADINGS, *cells, strict=True)]
    lines = [_line(HEADINGS, widths), _line(tuple("─" * width for width in widths), widths)]
    pairs = zip(measures, cells, strict=True)
    for section, group in groupby(pairs, key=lambda pair: pair[0].section):
        lines += ["", section.upper()] if section else []
        lines += [_line(texts, widths) for _, texts in group]
    return "\n".join(lines)


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(text.ljust(w) for text, w in zip(texts, widths, strict=True)).rstrip()
