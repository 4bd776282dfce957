"""Textual's frame updates (8.2) as cells of a picture, and whether they are the ones we know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Region
from textual.message_pump import MessagePump
from textual.strip import Strip

from ctdeck.terminal.picture import Picture, Run

if TYPE_CHECKING:
    from rich.console import Console

Update = LayoutUpdate | ChopsUpdate


def size_of(update: Update) -> tuple[int, int]:
    """Columns and lines of the screen that an update is for."""
    if isinstance(update, LayoutUpdate):
        return update.region.right, update.region.bottom
    return max((ends[-1] for ends in update.chop_ends if ends), default=0), len(update.chops)


def draw(update: Update, picture: Picture, system: ColorSystem) -> Iterator[int]:
    """Write an update into the picture; yields the lines that it touches.

    The same cells, in the same order, as the update's own `render_segments`.
    """
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            picture.put(update.region.x, y, (run for strip in line for run in _runs(strip, system)))
            yield y
    else:
        yield from _draw_chops(update, picture, system)


def _draw_chops(update: ChopsUpdate, picture: Picture, system: ColorSystem) -> Iterator[int]:
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x <= x2 and end > x1:
                whole = x2 > x >= x1 and end <= x2
                shown = strip if whole else strip.crop(0, min(end, x2) - x)
                picture.put(x, y, _runs(shown, system))
        yield y


def _runs(strip: Iterable[Segment], system: ColorSystem) -> Iterator[Run]:
    for text, style, _ in strip:
        yield text, "" if style is None else _pen(style, system)


def _pen(style: Style, system: ColorSystem) -> str:
    codes = style._ansi
    if codes is None:
        codes = Strip.render_ansi(style, system)
    return codes  # the link is left out: nothing of ours has one


def color_system(console: Console) -> ColorSystem:
    """The colours that Textual draws with on this console."""
    return console._color_system or ColorSystem.TRUECOLOR


def unknown_internals() -> str:
    """What of Textual is not as we know it; empty if all is."""
    for function, arguments in _KNOWN:
        code = getattr(function, "__code__", None)
        if code is None or code.co_varnames[: code.co_argcount] != ("self", *arguments):
            return getattr(function, "__qualname__", repr(function))
    attributes = {*App.__init__.__code__.co_names, *MessagePump.__init__.__code__.co_names}
    if missing := _ATTRIBUTES - attributes:
        return ", ".join(sorted(missing))
    try:
        return "" if _draws_as_known() else "what updates are written as"
    except Exception as error:  # whatever it is: we do not know it
        return repr(error)


def _draws_as_known() -> bool:
    """One update of each kind gives the text that we stand in for."""
    console = cast("Console", SimpleNamespace(_color_system=None))
    strip = Strip([Segment("ab", Style(bold=True)), Segment("cd")])
    full = LayoutUpdate([[strip]], Region(0, 0, 4, 1)).render_segments(console)
    chops = ChopsUpdate([{0: strip, 4: None}], [(0, 0, 3)], [[4, 8]]).render_segments(console)
    bold = "\x1b[1;1H\x1b[1mab\x1b[0m"
    return (full, chops) == (f"{bold}cd", f"{bold}c")


_ATTRIBUTES = {"_sync_available", "_driver", "_batch_count", "_running", "_closed"}
_KNOWN = (
    (LayoutUpdate.__init__, ("strips", "region")),
    (ChopsUpdate.__init__, ("chops", "spans", "chop_ends")),
    (App._display, ("screen", "renderable")),
    (LinuxDriver.write, ("data",)),
    (LinuxDriver.start_application_mode, ()),
    (LinuxDriver.stop_application_mode, ()),
    (LinuxDriver.disable_input, ()),
    (LinuxDriver.close, ()),
    (LinuxDriver.process_message, ("message",)),
)
