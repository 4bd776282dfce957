"""Pure: what the terminal at hand can do, told by TERM, COLORTERM and NO_COLOR."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from ctdeck.formatting import PLAIN_TERMINALS

# What these have is letters, places and little more: no frames, no questions, no mouse.
PLAIN = ("", *PLAIN_TERMINALS)
_WITHOUT_COLOURS = ("", "unknown", "dumb", "vt100", "vt102", "vt220")
_TRUE = ("alacritty", "xterm-kitty", "xterm-ghostty", "foot", "wezterm", "contour")
_LIMITED = ("linux", "screen", "ansi")  # COLORTERM comes from the terminal around, not from them


class Colours(IntEnum):
    """How many there are."""

    NONE = 0
    SIXTEEN = 1
    PALETTE = 2  # of 256
    TRUE = 3


def colours_for(environment: Mapping[str, str]) -> Colours:
    """What may be used. An empty NO_COLOR is none (https://no-color.org)."""
    term = environment.get("TERM", "")
    says_true = environment.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    if environment.get("NO_COLOR"):
        return Colours.NONE
    if "direct" in term or term.startswith(_TRUE):
        return Colours.TRUE
    if says_true and term not in _WITHOUT_COLOURS and not term.startswith(_LIMITED):
        return Colours.TRUE
    if "256color" in term:
        return Colours.PALETTE
    return Colours.NONE if term in _WITHOUT_COLOURS else Colours.SIXTEEN


def is_plain(environment: Mapping[str, str]) -> bool:
    """It knows neither modes of its own nor questions, and may print what it does not know."""
    return environment.get("TERM", "") in PLAIN


def refusal(environment: Mapping[str, str]) -> str:
    """Why there can be no screen on it; empty if there can.

    A COLORTERM comes from a terminal that can: TERM was lost on the way, as below `env -i`.
    """
    term = environment.get("TERM", "")
    if term != "dumb" or environment.get("COLORTERM"):
        return ""
    return "TERM=dumb cannot show a screen; on a terminal that can: TERM=xterm-256color ctdeck"


def colour_system(colours: Colours) -> str:
    """The same in Textual's words (TEXTUAL_COLOR_SYSTEM)."""
    return {Colours.TRUE: "truecolor", Colours.PALETTE: "256"}.get(colours, "standard")
