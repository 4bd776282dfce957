"""What the main screen says to its user, and work beside it: methods of `MainScreen`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from aiocontainerd.audit import acting
from aiocontainerd.safe import safe
from ctdeck import clipboard
from ctdeck.desk import Choice, Lock, Question
from ctdeck.failures import plain_words
from ctdeck.masking import masked_text

if TYPE_CHECKING:
    from textual.app import App
    from textual.notifications import SeverityLevel

    from aiocontainerd.disk.plan import Item
    from ctdeck.screens.main import MainScreen
    from ctdeck.verbs.prune import Plan

LONG = 180  # characters from which on a text is a dialog and not a toast


def tell(main: MainScreen, text: str, *, title: str = "", bad: bool = False) -> None:
    """A toast, or a dialog for what is long; that takes no keys from a line in which one types."""
    text = masked_text(text)
    if len(text) > LONG or "\n" in text:
        message = Message(title or "ctdeck", text, bad)
        if main.query_one("#prompt").children:
            main.untold.append(message)
        else:
            _open(main, message)
        return
    toast = Toast(safe(text), safe(title), "error" if bad else "information")
    if main.app.screen.is_modal:
        main.held = [*(each for each in main.held if each != toast), toast]
    else:
        _show(main, toast)


class Message(NamedTuple):
    """What is told in a dialog."""

    title: str
    text: str
    bad: bool


def _open(main: MainScreen, message: Message) -> None:
    main.open("message", title=message.title, text=message.text, bad=message.bad)


def tell_on(main: MainScreen) -> None:
    """The line is closed: open what has waited for that."""
    untold, main.untold = main.untold, []
    for message in untold:
        _open(main, message)


class Toast(NamedTuple):
    """A short text that goes by itself, after so many seconds; None is as long as ever."""

    words: str
    title: str
    severity: SeverityLevel
    seconds: float | None = None


def _show(main: MainScreen, toast: Toast) -> None:
    words, title, severity, seconds = toast
    main.app.notify(words, title=title, severity=severity, timeout=seconds, markup=False)


def hold(main: MainScreen) -> None:
    """A dialog has opened: toasts would cover what it says, so that they wait until it closes."""
    if main.app.screen.is_modal:
        there = [each for each in main.app._notifications if not each.has_expired]
        main.held += [
            Toast(each.message, each.title, each.severity, each.time_left) for each in there
        ]
        untell(main.app)


def release(main: MainScreen) -> None:
    """It was closed: show them, for the time that each of them had left."""
    held, main.held = main.held, []
    for toast in held:
        _show(main, toast)


def untell(app: App[Any], words: str | None = None) -> None:
    """Take the toasts with these words away, or all of them.

    Textual's `clear_notifications` leaves a widget of each on the screen for ever.
    """
    if not app._notifications:
        return
    from textual.widgets._toast import Toast

    gone = [each for each in app._notifications if words is None or each.message == words]
    for each in gone:
        app._unnotify(each, refresh=False)
    for screen in app.screen_stack:
        for toast in screen.query(Toast):
            if toast._notification in gone:
                toast._expire()


def progress(main: MainScreen, text: str) -> None:
    """A line over the bottom one while something is being done; empty takes it away."""
    main.under_way.say(text)


def busy_changed(main: MainScreen) -> None:
    """What is being done to objects is another thing now."""
    main.under_way.changed()


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


async def pick(main: MainScreen, plan: Plan) -> Sequence[Item] | None:
    """Let what could be pruned be ticked and unticked."""
    from ctdeck.screens.prune import PruneScreen

    return await main.app.push_screen_wait(PruneScreen(plan))


async def wait_for(
    main: MainScreen,
    title: str,
    work: Coroutine[Any, Any, None],
    words: Callable[[], str],
    *,
    background: bool = True,
) -> bool:
    """Wait for it; a dialog tells how far it is, and can cancel it."""
    from ctdeck.screens.waiting import wait

    return await wait(main.app, title, work, words, background=background)


async def copy(main: MainScreen, text: str) -> str:
    """To the clipboard; returns where else it went, in words."""
    return await clipboard.copy(main.app, text)


def unlock(main: MainScreen, *locks: Lock) -> None:
    """Let these be changed until ctdeck ends; without any, all is locked again."""
    main.unlocked = main.unlocked | set(locks) if locks else frozenset()
    main.showing.lines()
