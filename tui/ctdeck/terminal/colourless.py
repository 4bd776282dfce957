"""For NO_COLOR and terminals without colours: what had a background of its own is reversed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_KEPT = ("bold", "dim", "underline", "strike", "blink")  # italic is reversed by some


class Colourless(LineFilter):
    """Textual's own ones write greys, or drop what only the background tells, as the cursor."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same text without colours."""
        return [
            Segment(text, None if style is None else _without_colours(style), control)
            for text, style, control in segments
        ]


@lru_cache(maxsize=1024)
def _without_colours(style: Style) -> Style:
    ground = style.bgcolor
    is_marked = bool(style.reverse) != (ground is not None and not ground.is_default)
    kept: dict[str, Any] = {name: True for name in _KEPT if getattr(style, name)}
    plain = Style(reverse=True if is_marked else None, link=style.link, **kept)
    return plain + Style.from_meta(style.meta) if style.meta else plain


FILTERS = (Colourless(),)
