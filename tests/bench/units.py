"""What figures are counted in, and how many digits of them say something; pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Figures from `least` on are shown divided by `size`, with `sign`."""

    least: float
    size: float
    sign: str
    digits: int | None = None  # as many as say something, if it is None

    def number(self, figure: float) -> str:
        """The figure in this scale, without its sign."""
        value = figure / self.size
        digits = self.digits
        if digits is None:
            digits = 0 if value == 0 or value >= 100 else 1 if value >= 10 else 2
        return f"{value:.{digits}f}"

    def text(self, figure: float) -> str:
        """The figure in this scale, with its sign."""
        return f"{self.number(figure)} {self.sign}".rstrip()


@dataclass(frozen=True)
class Unit:
    """One kind of figure, in scales from the largest to the one that takes all the rest."""

    scales: tuple[Scale, ...]

    def scale(self, figure: float) -> Scale:
        """The scale that suits a figure."""
        return next((it for it in self.scales if figure >= it.least), self.scales[-1])

    def goal(self, figure: float) -> str:
        """A goal, in few digits: "0.1 s", "16 ms", "1.3 KB"."""
        scale = next((it for it in self.scales if figure >= it.size / 10), self.scales[-1])
        return f"{figure / scale.size:g} {scale.sign}".rstrip()


SECONDS = Unit((Scale(2, 1, "s", 2), Scale(0, 1e-3, "ms")))
BYTES = Unit((Scale(1e6, 1e6, "MB"), Scale(1e3, 1e3, "KB"), Scale(0, 1, "B", 0)))
BYTES_PER_SECOND = Unit((Scale(1e6, 1e6, "MB/s"), Scale(1e3, 1e3, "KB/s"), Scale(0, 1, "B/s")))
PERCENT = Unit((Scale(0, 1, "%"),))
COUNT = Unit((Scale(0, 1, "", 0),))
PER_SECOND = Unit((Scale(0, 1, "/s"),))
