"""The colours of our two looks by name, as the style sheets use them. Pure: no Textual."""

from __future__ import annotations

from typing import Any

# Ours, then Textual's own; a terminal of sixteen colours or none keeps "ctdeck-16".
THEMES = (
    "ctdeck",
    "textual-dark",
    "textual-light",
    "nord",
    "gruvbox",
    "catppuccin-mocha",
    "dracula",
    "tokyo-night",
    "monokai",
    "flexoki",
    "catppuccin-latte",
    "catppuccin-frappe",
    "catppuccin-macchiato",
    "solarized-light",
    "solarized-dark",
    "rose-pine",
    "rose-pine-moon",
    "rose-pine-dawn",
    "atom-one-dark",
    "atom-one-light",
    "ansi-dark",
    "ansi-light",
    "ctdeck-16",
)

DARK: dict[str, Any] = {
    "name": "ctdeck",
    "primary": "#7fa7d1",
    "secondary": "#8b98a8",
    "accent": "#7fc4c9",
    "success": "#93c47d",
    "warning": "#e0b05f",
    "error": "#e57373",
    "foreground": "#d0d6de",
    "background": "#12161b",
    "surface": "#181d24",
    "panel": "#222933",
    # Names that the style sheets use, beside Textual's own.
    "variables": {
        "warning": "#e0b05f",  # again: of what is not here Textual makes a shade
        "error": "#e57373",
        "quiet": "#7d8896",
        "faint": "#3a4450",
        "cursor": "#24405c",
        "cursor-idle": "#1e252e",
        "border-blurred": "#3a4450",
        "scrollbar": "#3a4450",
        "scrollbar-background": "#12161b",
        "footer-key-foreground": "#7fc4c9",
        "input-cursor-background": "#d0d6de",
        "input-cursor-foreground": "#12161b",
    },
}
SIXTEEN: dict[str, Any] = {
    "name": "ctdeck-16",
    "ansi": True,
    "primary": "ansi_bright_blue",
    "secondary": "ansi_cyan",
    "accent": "ansi_cyan",
    "success": "ansi_green",
    "warning": "ansi_yellow",
    "error": "ansi_red",
    "foreground": "ansi_default",
    "background": "ansi_default",
    "surface": "ansi_default",
    "panel": "ansi_default",
    "boost": "ansi_default",
    "variables": {
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "quiet": "ansi_default",
        "faint": "ansi_default",
        "cursor": "ansi_blue",
        "cursor-idle": "ansi_default",
        "border-blurred": "ansi_default",
        "scrollbar": "ansi_white",
        "scrollbar-background": "ansi_default",
        "footer-key-foreground": "ansi_cyan",
        "input-cursor-background": "ansi_white",
        "input-cursor-foreground": "ansi_black",
    },
}
