"""Our two looks: a calm dark one, and one of only the terminal's own sixteen colours; and how
Textual's own themes are fitted to our style sheets."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from ctdeck import colours
from ctdeck.terminal.kind import Colours, colours_for

DARK = Theme(**colours.DARK)
SIXTEEN = Theme(**colours.SIXTEEN)
ALL = {*BUILTIN_THEMES, DARK.name, SIXTEEN.name}


def theme_for(wanted: str = "", environment: Mapping[str, str] = os.environ) -> str:
    """The look that is wanted, as far as this terminal can show it: else our own for it."""
    if colours_for(environment) < Colours.PALETTE:
        return SIXTEEN.name
    return wanted if wanted in colours.THEMES and wanted in ALL else DARK.name


def shades_of(variables: Mapping[str, str]) -> dict[str, str]:
    """What our style sheets name and Textual's own themes do not, mixed from what these have."""
    if variables["background"].startswith("ansi"):
        return dict(SIXTEEN.variables)
    ground, ink, primary = (
        Color.parse(variables[x]) for x in ("background", "foreground", "primary")
    )

    def mix(other: Color, share: float) -> str:
        return ground.blend(other, share, 1).hex

    return {
        "quiet": mix(ink, 0.65),
        "faint": mix(ink, 0.25),
        "cursor": mix(primary, 0.4),
        "cursor-idle": mix(ink, 0.1),
    }
