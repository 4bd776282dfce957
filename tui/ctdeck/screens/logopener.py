"""Opens the log screen for the main screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocontainerd.logs import LogSource, find_log
from aiocontainerd.models import Container, Task
from ctdeck.screens.logs import LogScreen
from ctdeck.styles import add_sheet
from ctdeck.verbs.doing import NotNow, client_of

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen


def open_logs(main: MainScreen, container: Container, times: bool = False) -> None:
    """The log of this container as it is now: not of one that takes its name later."""
    try:
        client = client_of(main)
    except NotNow as error:
        main.tell(str(error))
        return
    session = main.session
    assert session is not None

    async def find() -> tuple[LogSource, str]:
        root = (await client.locate()).root or ""
        return await find_log(client, container, root), root

    def task() -> Task | None:
        return session.store.snapshot.task_of(container)

    for sheet in ("prompts", "text"):
        add_sheet(main.app, sheet)
    screen = LogScreen(container, find, task, main.keys.opened)
    main.app.push_screen(screen)
    if times:
        screen.call_later(screen.action_times)
