"""One line for each pull that is under way, while it is not looked at elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from aiocontainerd.safe import safe
from ctdeck.formatting import GLYPHS, short_reference, size
from ctdeck.widgets.column import fit

if TYPE_CHECKING:
    from aiocontainerd.pull import PullJob, PullProgress, Pulls

BAR = 10
PACE = 0.25  # seconds between two looks
HELD = ("downloaded", "unpacking", "unpacked", "exists")


def bar(done: float, width: int = BAR) -> str:
    """A bar of `width` cells for a share between 0 and 1."""
    full = round(max(0.0, min(1.0, done)) * width)
    return GLYPHS.full * full + GLYPHS.vacant * (width - full)


def strip_text(progress: PullProgress, rate: float, width: int) -> str:
    """``⇣ busybox:1.36  3/5 layers ▰▰▰▱▱ 41 MB/s``, cut to the width."""
    name = short_reference(safe(progress.reference))
    layers = progress.layers
    if progress.waiting:
        return fit(f"{GLYPHS.pull} {name}  {safe(progress.waiting)}", width)
    if progress.stage == "resolving" or not layers:
        return fit(f"{GLYPHS.pull} {name}  {progress.stage} …", width)
    held = sum(layer.stage in HELD for layer in layers)
    share = progress.downloaded / progress.total if progress.total else 0.0
    tail = f"{held}/{len(layers)} layers"
    unpacked = progress.unpacked_layers
    if held == len(layers):
        tail += f", {unpacked} unpacked {bar(unpacked / len(layers))}"
    else:
        tail += f" {bar(share)} {size(progress.downloaded)}"
        tail += f" of {size(progress.total)}" if progress.total else ""
        tail += f"  {size(int(rate))}/s" if rate else ""
    room = width - len(tail) - 5
    name = fit(name, min(len(name), max(8, room)), cut="middle")
    return fit(f"{GLYPHS.pull} {name}  {tail}", width)


class PullStrip(Static):
    """Looks at the jobs a few times a second, and only while there are any."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(markup=False, id=id)
        self._timer: Timer | None = None
        self._seen: dict[int, tuple[float, int, float]] = {}

    def follow(self, pulls: Pulls) -> None:
        """Draw the pulls that run, and look again until none does."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._show(pulls.jobs, 3 if self.app.size.height >= 30 else 1)
        if self.display:
            self._timer = self.set_timer(PACE, lambda: self.follow(pulls))

    def _show(self, jobs: Sequence[PullJob], lines: int) -> None:
        """Draw the running jobs, at most `lines` of them; hidden when there are none."""
        running = [job for job in jobs if not job.done]
        self.display = bool(running)
        if not running:
            self._seen.clear()
            return
        width = max(10, self.size.width or self.app.size.width - 2)
        more = f"  +{len(running) - lines} more" if len(running) > lines else ""
        room = width - len(more)
        texts = [strip_text(j.progress, self._rate(j), room) for j in running[:lines]]
        texts[-1] += more
        self.styles.height = len(texts)
        self.update(Content("\n".join(texts)), layout=False)

    def _rate(self, job: PullJob, clock: Callable[[], float] = time.monotonic) -> float:
        """Bytes per second, smoothed over about two seconds."""
        now, count = clock(), job.progress.downloaded
        then, before, rate = self._seen.get(id(job), (now, count, 0.0))
        rate = float(rate)
        span = now - then
        if span > 0.2:
            rate = rate * 0.6 + (count - before) / span * 0.4 if rate else (count - before) / span
            self._seen[id(job)] = (now, count, rate)
        elif id(job) not in self._seen:
            self._seen[id(job)] = (now, count, 0.0)
        return max(0.0, rate)
