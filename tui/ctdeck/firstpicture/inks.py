"""The pens that the style sheets come to on the main screen, without reading them; pure."""

from __future__ import annotations

from ctdeck import colours
from ctdeck.terminal.kind import Colours

# What `styles/table.tcss` makes of the roles of cells.
_ROLES = {
    "": "",
    "header": "bold $quiet",
    "good": "$success",
    "bad": "$error",
    "warn": "$warning",
    "muted": "$quiet",
    "accent": "$accent",
}
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_ATTRIBUTES = {"bold": "1", "reverse": "7"}


def inks_for(theme: str, there: Colours) -> Inks | None:
    """The pens of the look that is wanted; None where only Textual knows its colours."""
    ours = theme not in colours.THEMES or theme == colours.DARK["name"]
    return Inks(there) if ours or there < Colours.PALETTE else None


class Inks:
    """Pens (see `terminal/picture.py`) for so many colours."""

    def __init__(self, there: Colours) -> None:
        self._there = there
        look = colours.DARK if there >= Colours.PALETTE else colours.SIXTEEN
        self._colours: dict[str, str] = {**look["variables"], **look}
        self._pens: dict[tuple[str, str, str], str] = {}

    def pen(self, style: str = "", ground: str = "background", ink: str = "foreground") -> str:
        """The pen of ``bold $primary`` on a background; `ink` is where no colour is named."""
        found = self._pens.get((style, ground, ink))
        if found is None:
            found = self._pens[style, ground, ink] = self._pen(style, ground, ink)
        return found

    def role(self, role: str, cursor: bool = False) -> str:
        """The pen of a table's cell; `cursor`: in the row that has the keys."""
        if not cursor:
            return self.pen(_ROLES[role])
        if self._there >= Colours.PALETTE:
            return self.pen(f"bold {_ROLES[role]}", "cursor")
        return self.pen("bold reverse")

    def blank(self, ground: str = "background") -> str:
        """The pen of cells in which nothing stands."""
        return self._code(ground, 48)

    def _pen(self, style: str, ground: str, ink: str) -> str:
        words = style.split()
        codes = [_ATTRIBUTES[word] for word in words if word in _ATTRIBUTES]
        named = [word[1:] for word in words if word.startswith("$")]
        codes += [self._code((named or [ink])[0], 38), self._code(ground, 48)]
        return ";".join(filter(None, codes))

    def _code(self, name: str, layer: int) -> str:
        """A colour by its name in the style sheets; `layer` is 38 for letters, 48 for what is
        behind them."""
        colour = self._colours[name]
        if self._there is Colours.NONE:
            return ""
        if colour.startswith("ansi_"):
            return str(layer - 8 + _number(colour.removeprefix("ansi_")))
        red, green, blue = bytes.fromhex(colour[1:])
        if self._there is Colours.TRUE:
            return f"{layer};2;{red};{green};{blue}"
        from rich.color import Color, ColorSystem

        nearest = Color.from_rgb(red, green, blue).downgrade(ColorSystem.EIGHT_BIT)
        return f"{layer};5;{nearest.number}"


def _number(name: str) -> int:
    """Of the sixteen: 0 to 7, the bright ones 60 to 67, 9 the terminal's own."""
    if name == "default":
        return 9
    bright = name.startswith("bright_")
    return _NAMES.index(name.removeprefix("bright_")) + 60 * bright
