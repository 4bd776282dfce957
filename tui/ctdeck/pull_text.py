"""A pull in words: one headline, one line for each layer. Pure."""

from __future__ import annotations

import textwrap
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

import humanize

from aiocontainerd.safe import safe
from ctdeck.formatting import counted, short_digest, short_reference, size
from ctdeck.masking import masked_text
from ctdeck.widgets.column import fit
from ctdeck.widgets.pullstrip import HELD, bar

if TYPE_CHECKING:
    from aiocontainerd.pull import LayerProgress, PullProgress

Text = tuple[str, str]  # the text of a line, and the role that colours it
WINDOW = 5.0  # seconds over which the speed is taken
PATIENT = 3.0  # seconds without a sign of life, from which on they are counted
_HOST = 32  # cells that its name may take
_STAGES = {
    "resolving": ("asking the registry …", "accent"),
    "pulling": ("pulling", "accent"),
    "done": ("done", "good"),
    "failed": ("failed", "bad"),
    "cancelled": ("cancelled", "warn"),
}
_UNPACK = {
    "waiting": "waiting",
    "downloading": "downloading",
    "downloaded": "downloaded",
    "unpacking": "unpacking",
    "unpacked": "unpacked",
    "exists": "was here",
}


class Meter:
    """Speed of one download, over the last few seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, now: float, count: int) -> float:
        """Note `count` bytes at `now` seconds; returns bytes per second."""
        self._seen.append((now, count))
        while now - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        then, before = self._seen[0]
        return max(0.0, (count - before) / (now - then)) if now - then >= 0.2 else 0.0


def headline(
    progress: PullProgress,
    rate: float,
    width: int,
    *,
    now: float = 0.0,
    cancelling: bool = False,
    where: str = "",
) -> Text:
    """``nginx:1.27  3 of 5 layers  41 MB of 120 MB  12 MB/s  4 seconds left``, cut to the width.

    `rate` is in bytes per second, `now` as `time.monotonic` counts; `where` names the namespace if
    it is not the obvious one.
    """
    words, role = _STAGES[progress.stage]
    if cancelling and progress.stage in ("resolving", "pulling"):
        words, role = "being cancelled: what it took is given back …", "warn"
    elif progress.waiting:
        words, role = safe(progress.waiting), "warn"
    elif silent := _silent(progress, now):
        words, role = silent, "warn"
    elif progress.stage == "pulling":
        facts = _facts(progress, rate)
        while len(facts) > 1 and len("  ".join(facts)) + min(len(progress.reference), 20) > width:
            facts.pop()
        words = "  ".join(facts)
    elif progress.stage == "done":
        words = f"done, {size(progress.total)} in {counted(len(progress.layers), 'layer')}"
    elif progress.stage == "cancelled":
        words = "cancelled; nothing of it is left behind"
    name = short_reference(safe(progress.reference)) + (f" in {where}" if where else "")
    room = max(10, width - len(words) - 2)
    return fit(f"{fit(name, min(len(name), room), cut='middle')}  {words}", width), role


def _silent(progress: PullProgress, now: float) -> str:
    """Who is waited for and how long by now, if somebody is."""
    stages = {layer.stage for layer in progress.layers}
    downloads = bool(stages & {"waiting", "downloading"}) and "unpacking" not in stages
    asks = progress.stage == "resolving" or (progress.stage == "pulling" and downloads)
    seconds = now - progress.since
    if not asks or not progress.host or seconds < PATIENT:
        return ""
    done = f"{_facts(progress, 0)[0]}  " if progress.layers else ""
    return f"{done}waiting for {_short(safe(progress.host))} {int(seconds)} s"


def _short(host: str) -> str:
    return fit(host, min(len(host), _HOST), cut="middle")


def details(progress: PullProgress, width: int, *, again: str = "") -> list[Text]:
    """Below the headline: each layer, or the registry's own words and how it is tried `again`."""
    if progress.stage == "failed":
        lines = textwrap.wrap(safe(masked_text(progress.error)), max(10, width - 2)) or [
            "no reason was given"
        ]
        return [(f"  {line}", "bad") for line in [*lines[:12], again]]
    if progress.stage == "cancelled":
        return []
    return [layer_line(layer, width) for layer in progress.layers]


def layer_line(layer: LayerProgress, width: int) -> Text:
    """``4c1f2ab39d01   41.0 MB  ▰▰▰▰▰▰▱▱▱▱   62 %  downloaded``, less of it when narrow."""
    share = 1.0 if layer.stage in HELD else layer.downloaded / layer.total if layer.total else 0.0
    there = layer.stage == "exists"
    cells = 20 if width >= 90 else 10 if width >= 60 else 5
    parts = [short_digest(layer.digest)[: 12 if width >= 60 else 8]]
    parts += [f"{size(layer.total) if layer.total else '':>8}"] if width >= 60 else []
    parts += [" " * cells if there else bar(share, cells)]
    parts += ["     " if there else f"{int(min(share, 1.0) * 100):>3} %"]
    parts += [_UNPACK[layer.stage]]
    role = "muted" if layer.stage in ("waiting", "exists") else ""
    return fit("  " + "  ".join(parts), width), role


def _facts(progress: PullProgress, rate: float) -> list[str]:
    """What is known while it runs, the most wanted first."""
    layers, held = progress.layers, sum(each.stage in HELD for each in progress.layers)
    if layers and held == len(layers):
        return [f"{progress.unpacked_layers} of {counted(len(layers), 'layer')} unpacked"]
    facts = [f"{held} of {counted(len(layers), 'layer')}"]
    facts += [f"{size(progress.downloaded)} of {size(progress.total)}"] if progress.total else []
    if rate:
        left = timedelta(seconds=max(0.0, progress.total - progress.downloaded) / rate)
        facts += [f"{size(int(rate))}/s", f"{humanize.naturaldelta(left)} left"]
    return facts
