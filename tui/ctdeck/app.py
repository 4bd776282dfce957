"""The Textual app: themes, the connection beside the first frame, and nothing of the lists."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.reactive import Initialize, Reactive
from textual.theme import Theme

from aiocontainerd.safe import safe
from ctdeck import terminal
from ctdeck.connect import connect, disconnect, look
from ctdeck.formatting import ASCII, GLYPHS
from ctdeck.keygate import KeyGate
from ctdeck.keynames import UNBOUND
from ctdeck.lettinggo import let_go
from ctdeck.remembered import Remembered, root_for
from ctdeck.screens.inside import hang_up
from ctdeck.screens.main import MainScreen
from ctdeck.screens.telling import untell
from ctdeck.settings import Session, Settings
from ctdeck.styles import style_path
from ctdeck.theme import DARK, SIXTEEN, shades_of, theme_for

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.command import Provider
    from textual.filter import LineFilter
    from textual.screen import Screen
    from textual.timer import Timer

    from aiocontainerd.client import Client
    from aiocontainerd.pull import Pulls
    from aiocontainerd.state import StateDirectory
    from aiocontainerd.store import Store
    from ctdeck.connect import Found
    from ctdeck.firstpicture.stage import Stage


def _palette() -> type[Provider]:
    from ctdeck.screens.palette import ActionsProvider

    return ActionsProvider


_ASCII = ("ascii",) if GLYPHS is ASCII else ()  # what a terminal without Unicode needs


REMEMBERED_AFTER = 1.0  # seconds, in which more may be changed


def _look(app: Any) -> str:
    return str(app.look)


let_go()


class CtdeckApp(App[None], inherit_bindings=False):
    """`session` is for tests and the demo: with it nothing is looked for.

    `first` is the first look for a daemon, if it was begun before the app was made; `stage` has
    the terminal until then, if something was drawn before.
    """

    TITLE = "ctdeck"
    # Known before the style sheets are read: a theme set later has them all parsed again.
    theme: Reactive[str] = Reactive(Initialize(_look))
    # All that the first screen needs, at once: a screen's own sheet has the others parsed again.
    CSS_PATH: ClassVar = [style_path(name) for name in ("table", "main", "app", *_ASCII)]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+c",
            "leave",
            "quit",
            id="interrupt",
            tooltip="Leave; asks only while work of ours is under way",
            priority=True,
            show=False,
        ),
        # In the dialogs too, which see no other binding of the app. In the table for the help.
        Binding("ctrl+l", "redraw", "redraw", id="redraw", priority=True, show=False),
    ]

    def __init__(
        self,
        settings: Settings,
        session: Session | None = None,
        *,
        first: asyncio.Task[Found] | None = None,
        stage: Stage | None = None,
    ) -> None:
        self.remembered = Remembered(root_for(settings, session))
        self.look = theme_for(settings.theme or self.remembered.theme)
        palette = settings.keys.get("palette", "ctrl+p").split(",")[0]
        self.COMMAND_PALETTE_BINDING = palette or UNBOUND  # type: ignore[misc]  # of this app
        driver = terminal.driver_class() or terminal.whole_driver()
        if driver is None and stage is not None:  # Textual's own knows nothing of it
            stage.give_back()
        super().__init__(driver_class=driver)
        self.fault: BaseException | None = None  # what ended the app, if a fault did
        self.on_leaving: Callable[[], None] = lambda: None  # called when it is to end
        self.set_keymap({id: keys or UNBOUND for id, keys in settings.keys.items()})
        self.settings = settings
        self.session = session
        self._first = first
        self.stage = stage
        self._remembering: Timer | None = None
        self.keys = KeyGate(self, self._hand_on)
        self.main = MainScreen(settings, self.keys, self.remembered)
        self.key_time = 0.0
        self.animation_level = "none"
        self.set_class(bool(_ASCII), "-ascii")

    @cached_property
    def available_themes(self) -> dict[str, Theme]:
        """Ours beside Textual's own, which asks for them with each widget that it draws."""
        return {**super().available_themes, DARK.name: DARK, SIXTEEN.name: SIXTEEN}

    def get_css_variables(self) -> dict[str, str]:
        """Also for Textual's own themes the names that only our style sheets use."""
        variables = super().get_css_variables()
        return variables if "quiet" in variables else {**variables, **shades_of(variables)}

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What all that is drawn passes: without colours, our own."""
        if not self.no_color:
            return super().get_line_filters()
        from ctdeck.terminal.colourless import FILTERS

        return FILTERS

    def get_default_screen(self) -> MainScreen:
        """The first screen of all: none that is never seen has to be made before it."""
        return self.main

    def on_mount(self) -> None:
        """The frame first; who answers is found out beside it."""
        self.screen_change_signal.subscribe(self, self.keys.on_screen_change, immediate=True)
        self.app_resume_signal.subscribe(self, self._repaint)
        self.keys.opened(self.main)
        self.remembered.on_change = self._remember_soon
        if self.remembered.trouble:
            self.main.tell(f"The remembered order and columns: {self.remembered.trouble}.")
        first = self._first
        found = first.result() if first is not None and first.done() else self.session
        if isinstance(found, Session):  # the first frame shows what is known by then
            self._begin(found)
        else:
            self.run_worker(self._connect(first or look(self.settings)), group="connect")

    def _repaint(self, _: object) -> None:
        """Back from the shell (ctrl+z, fg): the terminal has forgotten what was drawn."""
        for screen in self._background_screens:
            screen.refresh(layout=True)
        self.screen.refresh(layout=True)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Only what changed goes to the terminal, where our layer knows it and Textual."""
        if not terminal.show(self, renderable):
            super()._display(screen, renderable)

    def _remember_soon(self) -> None:
        """Not at each key."""
        if self._remembering is None:
            self._remembering = self.set_timer(REMEMBERED_AFTER, self._remember)

    def _remember(self) -> None:
        self._remembering = None
        self.run_worker(asyncio.to_thread(self.remembered.save), group="remember")

    async def _connect(self, first: Awaitable[Found]) -> None:
        self._begin(await connect(self, first))

    def _begin(self, session: Session) -> None:
        self.session = session
        if session.following is not None:
            self.run_worker(session.following, group="reconcile")
        self.main.attach(session)

    async def on_unmount(self) -> None:
        """Let go of the daemon, and write down what is to be remembered."""
        if self.remembered.is_dirty:
            await asyncio.to_thread(self.remembered.save)
        await hang_up(self.main)
        if self.session is not None:
            await disconnect(self.session, end_containers=self.main.end_containers)

    async def on_event(self, event: events.Event) -> None:
        """What is typed goes through the gate; ctrl+c passes it and ends all waiting."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            if isinstance(event, events.MouseDown):
                self.key_time = event.time
            await super().on_event(event)
        elif isinstance(event, events.Key) and event.key == "ctrl+c":
            self.keys.clear()
            await self._hand_on(event)
        else:
            await self.keys.take(event)

    async def _hand_on(self, event: events.Key | events.Paste) -> None:
        """Remember when the key at hand was pressed (see `screens/dialog.py`)."""
        self.key_time = event.time
        if isinstance(event, events.Paste):  # also for what is not ours: the palette's line
            event.text = re.sub("[^\r\n]+", lambda line: safe(line[0]), event.text)
        await super().on_event(event)

    def notify(self, message: str, **options: Any) -> None:
        """As Textual's; the same again takes the place of the one that is shown."""
        untell(self, message)
        super().notify(message, **options)

    def action_redraw(self) -> None:
        """ctrl+l, also from within a dialog."""
        terminal.redraw(self)

    def action_suspend_process(self) -> None:
        """ctrl+z; not where it would be for ever."""
        from ctdeck.terminal.jobs import can_be_continued

        if can_be_continued():
            super().action_suspend_process()
        else:
            self.main.tell("ctrl+z: no shell is there to bring ctdeck back with fg.")

    def action_command_palette(self) -> None:
        """Textual binds ctrl+p to it, and shows a palette of its own here."""
        from ctdeck.screens.palette import PaletteScreen

        if not isinstance(self.screen, PaletteScreen):
            self.push_screen(PaletteScreen(id="--command-palette"))

    def action_leave(self) -> None:
        """ctrl+c, also from within a dialog."""
        self.main.leave()

    def exit(self, *arguments: Any, **options: Any) -> None:
        """As Textual's."""
        self.on_leaving()
        super().exit(*arguments, **options)

    def _handle_exception(self, error: Exception) -> None:
        """Any fault, in a handler, a worker or the driver: keep it for the log, and end."""
        self.fault = self.fault or getattr(error, "error", error)  # a worker's is wrapped
        self.on_leaving()
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Textual's prints a traceback with the values of all variables: not ours to show."""
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """As above: nothing is printed over what the shell shows."""
        self._close_messages_no_wait()

    @property
    def _connected(self) -> Session:
        if self.session is None:
            raise RuntimeError("asked before a daemon has answered")
        return self.session

    @property
    def store(self) -> Store:
        """The newest snapshot; raises RuntimeError before there is a session, as do the others."""
        return self._connected.store

    @property
    def client(self) -> Client | None:
        """The client; None in tests that only show."""
        return self._connected.client

    @property
    def pulls(self) -> Pulls | None:
        """The pulls of this session."""
        return self._connected.pulls

    @property
    def state(self) -> StateDirectory | None:
        """Where our own files are."""
        return self._connected.state
