"""Two looks: a calm dark one, and one that uses only the terminal's own sixteen colours."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.theme import Theme

from ctdeck import colours
from ctdeck.terminal.kind import Colours, colours_for

DARK = Theme(**colours.DARK)
SIXTEEN = Theme(**colours.SIXTEEN)


def theme_for(environment: Mapping[str, str] = os.environ) -> Theme:
    """The look that this terminal can show."""
    return DARK if colours_for(environment) >= Colours.PALETTE else SIXTEEN
