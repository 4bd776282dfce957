"""What the main screen says to its user, and work beside it: methods of `MainScreen`."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from aiocontainerd.audit import acting
from aiocontainerd.safe import safe
from ctdeck import clipboard
from ctdeck.desk import Choice, Lock, Question
from ctdeck.failures import plain_words
from ctdeck.masking import masked_text
from ctdeck.widgets.lines import Line

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen

LONG = 180  # characters from which on a text is a dialog and not a toast


def tell(main: MainScreen, text: str, *, title: str = "", bad: bool = False) -> None:
    """A toast, or a dialog for what is long."""
    text = masked_text(text)
    if len(text) > LONG or "\n" in text:
        main.open("message", title=title or "ctdeck", text=text, bad=bad)
        return
    app, words = main.app, safe(text)
    for toast in [toast for toast in app._notifications if toast.message == words]:
        app._unnotify(toast, refresh=False)  # the same again begins its time anew
    app.notify(words, title=safe(title), severity="error" if bad else "information", markup=False)


def progress(main: MainScreen, text: str) -> None:
    """A line over the bottom one while something is being done; empty takes it away."""
    line = main.query_one("#progress", Line)
    line.display = bool(text)
    line.show([(f" {safe(text)}", "$accent")])
    for view in main.views.values():
        view.table.tick()  # what is being done to a row is its status, too


def begin(
    main: MainScreen, work: Coroutine[Any, Any, None], *, group: str, opens: bool = False
) -> None:
    """Do it beside the screen; what it raises is told. `opens`: keys wait for its question."""
    if opens:
        main.keys.expect(work)
    main.run_worker(_guarded(main, work, group), group=group, exit_on_error=False)


async def _guarded(main: MainScreen, work: Coroutine[Any, Any, None], group: str) -> None:
    try:
        with acting(group):
            await work
    except Exception as error:
        title, text = plain_words(error)
        main.tell(text, title=title, bad=True)
    finally:
        main.keys.done(work)


async def ask(main: MainScreen, question: Question) -> bool:
    """Put a question and wait for its answer."""
    from ctdeck.screens.confirm import ConfirmScreen

    answer: bool | None = await main.app.push_screen_wait(ConfirmScreen(question))
    return bool(answer)


async def choose(main: MainScreen, choice: Choice) -> str | None:
    """Let one of several be chosen."""
    from ctdeck.screens.choose import ChooseScreen

    return await main.app.push_screen_wait(ChooseScreen(choice))


async def copy(main: MainScreen, text: str) -> str:
    """To the clipboard; returns where else it went, in words."""
    return await clipboard.copy(main.app, text)


def unlock(main: MainScreen, *locks: Lock) -> None:
    """Let these be changed until ctdeck ends; without any, all is locked again."""
    main.unlocked = main.unlocked | set(locks) if locks else frozenset()
    main.showing.lines()
