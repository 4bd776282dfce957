"""The first screen when no daemon answers: what was tried, what is wrong, what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from aiocontainerd.safe import safe
from ctdeck.desk import Question
from ctdeck.embedded import OWN
from ctdeck.formatting import GLYPHS
from ctdeck.keygate import KeyGate
from ctdeck.screens.boundkeys import Named, bottom_keys
from ctdeck.screens.confirm import ConfirmScreen
from ctdeck.settings import Settings
from ctdeck.styles import style_path
from ctdeck.widgets.lines import BottomLine, Line

if TYPE_CHECKING:
    from aiocontainerd.discovery import Probe

_EMBEDDED = Named("start ctdeck's own", ("nodaemon.embedded",))
KEYS = (Named("try now", ("nodaemon.again",)), _EMBEDDED, Named("quit", ("nodaemon.quit",)))
ELSEWHERE = (
    ("ctdeck --address SOCK", "another socket"),
    ("ctdeck --embedded", "a private containerd, to try things out (root)"),
    ("ctdeck --demo", "a simulated host to learn on (without root)"),
)


class NoDaemonScreen(Screen[None]):
    """Filled anew after each round of trying."""

    app: App[None]

    CSS_PATH = style_path("nodaemon")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r,enter", "again", "try now", id="nodaemon.again", tooltip="Try again now"),
        Binding(
            "e",
            "embedded",
            "start ctdeck's own",
            id="nodaemon.embedded",
            tooltip="Start a private containerd with a sample image, to try things out",
        ),
        Binding("q,escape", "app.leave", "quit", id="nodaemon.quit", tooltip="Leave"),
        Binding("j,down", "scroll(1)", "down", id="nodaemon.down", tooltip="Scroll down"),
        Binding("k,up", "scroll(-1)", "up", id="nodaemon.up", tooltip="Scroll up"),
    ]

    def __init__(self, settings: Settings, keys: KeyGate) -> None:
        super().__init__()
        self._settings = settings
        self._keys = keys
        self._again = asyncio.Event()
        self._question: ConfirmScreen | None = None
        self._refused: tuple[Probe, ...] = ()  # why our own could not be started
        self.rounds = 0  # of trying
        self._embedded = False  # asked for by the key

    def compose(self) -> ComposeResult:
        """A top line, the text, the keys."""
        yield Line(id="top")
        with VerticalScroll(id="text-scroll", can_focus=False):
            yield Static(id="text", markup=False)
        yield BottomLine(id="bottom")

    def on_mount(self) -> None:
        """The keys."""
        self._show_state("no daemon")
        # Where our own is what is tried, trying again is all there is.
        with_own = not (self._settings.read_only or self._settings.embedded)
        keys = [each for each in KEYS if with_own or each is not _EMBEDDED]
        shown = bottom_keys(self, keys, self.app.size.width)
        self.query_one(BottomLine).show_keys(shown)

    def _show_state(self, words: str) -> None:
        for line in self.query("#top").results(Line):
            line.show([(" ctdeck", "bold $primary"), (f"   {words}", "")])

    def show(self, probes: Sequence[Probe]) -> None:
        """Tell what this round of trying has given."""
        self.rounds += 1
        ours = tuple(probe for probe in probes if probe.address == OWN)
        self._refused = ours or self._refused
        tried = (*(probe for probe in probes if probe.address != OWN), *self._refused)
        text = told(tried, self._settings, self.rounds, _others(self._settings))
        self._show_state("no daemon")
        for static in self.query("#text").results(Static):  # none while we are leaving
            static.update(text)

    async def wait(self, seconds: float) -> None:
        """Wait for the next round, or for the key."""
        self._again.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._again.wait()
        except TimeoutError:
            return

    def action_again(self) -> None:
        """Now."""
        self._again.set()

    def action_embedded(self) -> None:
        """The embedded daemon, once that is agreed to, and unless another one answers meanwhile."""
        if self._settings.embedded:
            self.action_again()
            return
        self._keys.expect(self)  # what is typed now is not for what the question stands over
        self.run_worker(self._ask_first(), group="offer", exclusive=True)

    async def _ask_first(self) -> None:
        try:
            await self._offer()
        finally:
            self._keys.done(self)

    async def _offer(self) -> None:
        from aiocontainerd.state import StateDirectory
        from ctdeck.embedded.offer import offer

        question = None
        if not self._settings.read_only:
            question = await offer(StateDirectory.default().root)
        if question is None or await self._agreed(question):
            self._embedded = True
            self._refused = ()
            self._show_state("starting ctdeck's own containerd …")
            self._again.set()

    async def _agreed(self, question: Question) -> bool:
        self._question = ConfirmScreen(question)
        answer: bool | None = await self.app.push_screen_wait(self._question)
        return bool(answer)

    def take_offer(self) -> bool:
        """Whether the embedded daemon shall be started now; each yes is for one start."""
        taken, self._embedded = self._embedded, False
        return taken

    def close(self) -> None:
        """A daemon answers: this screen goes, and its question, which is answered by that."""
        if self._question is not None:
            self._question.dismiss(False)
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one("#text-scroll").scroll_relative(y=lines, animate=False)

    def on_line_clicked(self, event: Line.Clicked) -> None:
        """A click on a key's name."""
        self.app.simulate_key(event.name)


def by_problem(probes: Sequence[Probe]) -> dict[tuple[str, str], list[str]]:
    """The addresses by what is wrong with them, in the order of trying."""
    groups: dict[tuple[str, str], list[str]] = {}
    for probe in probes:
        groups.setdefault((probe.problem, probe.remedy), []).append(probe.address)
    return groups


def _others(settings: Settings) -> tuple[str, ...]:
    """The sockets of this host that were not tried because one was named."""
    from aiocontainerd.discovery import others_here  # beside the first frame, as in connect.py

    return others_here(settings.address) if settings.address else ()


def told(
    probes: Sequence[Probe], settings: Settings, rounds: int, others: Sequence[str] = ()
) -> Content:
    """The text: the sockets with their problem and remedy, then what else there is."""
    parts: list[str | tuple[str, str]] = [("No containerd answers.\n\n", "bold")]
    for (problem, remedy), addresses in by_problem(probes).items():
        parts += [(f"{GLYPHS.warning} {safe(address)}\n", "$warning") for address in addresses]
        parts.append(f"  {safe(problem)}\n")
        if remedy:
            parts.append((f"  {GLYPHS.arrow} {safe(remedy)}\n", "$accent"))
        parts.append("\n")
    parts += [(f"There is also {safe(path)}: ctdeck -a {safe(path)}\n", "") for path in others]
    times = "once" if rounds == 1 else f"{rounds} times"
    parts.append((f"Tried {times}; ctdeck goes on trying by itself.\n\n", "$quiet"))
    if not settings.embedded:
        parts.append(("Or start it anew as\n", "$quiet"))
        for command, what in ELSEWHERE:
            parts += [(f"  {command:<24}", "bold"), (f"{what}\n", "")]
    return Content.assemble(*parts)
