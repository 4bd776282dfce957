"""Screens and prompts that actions open by name; each is imported when it is first wanted."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen


def _filter(main: MainScreen) -> None:
    from ctdeck.screens.prompts import open_filter

    open_filter(main)


def _details(main: MainScreen, tab: str, key: Hashable = None) -> None:
    from ctdeck.screens.going import show_tab

    show_tab(main, tab, key)


def _usage(main: MainScreen) -> None:
    main.show_pane("containers")
    main.view.table.sort_by("cpu")


def _help(main: MainScreen) -> None:
    from ctdeck.formatting import GLYPHS
    from ctdeck.masking import masked_text
    from ctdeck.screens.footing import refusal_here
    from ctdeck.screens.help import HelpScreen

    server, session = main.snapshot.server, main.session
    where = f" at {session.address}" if session and session.address else ""
    about = f"containerd {server.version}{where}" if server else where.strip()
    if main.snapshot.error:
        about = f"{about}\n{GLYPHS.warning} {masked_text(main.snapshot.error)}".strip()
    help = HelpScreen(
        main.pane_id, refusal=refusal_here(main), about=about, keymap=main.settings.keys
    )
    main.app.push_screen(help)


def _columns(main: MainScreen) -> None:
    from ctdeck.screens.columns import ColumnsScreen

    main.app.push_screen(ColumnsScreen(main.view, main.snapshot))


def _theme(main: MainScreen, look: str = "") -> None:
    from ctdeck.screens.themes import choose_theme, set_theme

    if look:
        set_theme(main, look)
    else:
        main.begin(choose_theme(main), group="theme", opens=True)


def _logs(main: MainScreen, **arguments: Any) -> None:
    from ctdeck.screens.logopener import open_logs

    open_logs(main, **arguments)


def _message(main: MainScreen, title: str, text: str, bad: bool = False) -> None:
    from ctdeck.screens.message import MessageScreen

    main.app.push_screen(MessageScreen(title, text, bad=bad))


def _reading(main: MainScreen, **arguments: Any) -> None:
    from ctdeck.screens.reading import ReadingScreen
    from ctdeck.styles import add_sheet

    for sheet in ("prompts", "text"):
        add_sheet(main.app, sheet)
    main.app.push_screen(ReadingScreen(**arguments, opened=main.keys.opened))


def _palette(main: MainScreen) -> None:
    main.app.action_command_palette()


def _redraw(main: MainScreen) -> None:
    from ctdeck.terminal import redraw

    redraw(main.app)


def _suspend(main: MainScreen) -> None:
    main.app.action_suspend_process()


def _pull(main: MainScreen, **arguments: Any) -> None:
    from ctdeck.screens.forms import open_pull

    open_pull(main, **arguments)


def _run(main: MainScreen, **arguments: Any) -> None:
    from ctdeck.screens.forms import open_run

    open_run(main, **arguments)


def _command(main: MainScreen, **arguments: Any) -> None:
    from ctdeck.screens.forms import open_command

    open_command(main, **arguments)


OPENERS: Mapping[str, Callable[..., None]] = {
    "columns": _columns,
    "command": _command,
    "details": _details,
    "filter": _filter,
    "help": _help,
    "logs": _logs,
    "message": _message,
    "palette": _palette,
    "pull": _pull,
    "reading": _reading,
    "redraw": _redraw,
    "run": _run,
    "suspend": _suspend,
    "theme": _theme,
    "usage": _usage,
}


def open_by_name(main: MainScreen, name: str, arguments: Mapping[str, Any]) -> None:
    """Open it; raises KeyError for a name that is not in the table."""
    OPENERS[name](main, **arguments)
