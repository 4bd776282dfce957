"""A long text by itself: moving, wrapping, finding, filtering, following, and its bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from types import SimpleNamespace

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from ctdeck.ansi import Painted, painted
from ctdeck.finding import compile_search
from ctdeck.styles import style_path
from ctdeck.widgets import textlaid, textseek
from ctdeck.widgets.textpage import TextPage
from ctdeck.widgets.textview import TextView
from tests.tui.apps import screen_text, until


class TextApp(App[None]):
    CSS_PATH = [style_path("prompts"), style_path("text")]  # noqa: RUF012

    def __init__(self, view: TextView[str]) -> None:
        super().__init__()
        from ctdeck.theme import DARK

        self.register_theme(DARK)
        self.theme = DARK.name
        self.view = view
        self.left = 0

    def compose(self) -> ComposeResult:
        yield TextPage(self.view, lambda _: None)

    def on_mount(self) -> None:
        self.view.focus()

    def on_text_page_left(self) -> None:
        self.left += 1


@asynccontextmanager
async def text(
    *lines: str, follows: bool = False, size: tuple[int, int] = (40, 6), most: int = 1 << 20
) -> AsyncIterator[tuple[TextApp, Pilot[None]]]:
    view: TextView[str] = TextView(painted, len, follows=follows, most=most)
    app = TextApp(view)
    async with app.run_test(size=size) as pilot:
        view.show(lines)
        await pilot.pause()
        yield app, pilot


def rows(app: TextApp) -> list[str]:
    return [line.rstrip() for line in screen_text(app).splitlines()]


def numbered(count: int, first: int = 0) -> list[str]:
    return [f"line {number}" for number in range(first, first + count)]


async def test_moving() -> None:
    async with text(*numbered(100)) as (app, pilot):
        assert rows(app) == numbered(6)
        await pilot.press("j", "down")
        assert rows(app) == numbered(6, 2)
        await pilot.press("k")
        assert rows(app) == numbered(6, 1)
        await pilot.press("pagedown")
        assert rows(app) == numbered(6, 6)
        await pilot.press("ctrl+u")
        assert rows(app) == numbered(6, 4)
        await pilot.press("G")
        assert rows(app) == numbered(6, 94)
        await pilot.press("j", "pagedown")
        assert rows(app) == numbered(6, 94)
        await pilot.press("g", "k")
        assert rows(app) == numbered(6)


async def test_long_lines_are_wrapped_or_cut_and_moved_aside() -> None:
    async with text("a" * 45 + "END", "b", size=(20, 5)) as (app, pilot):
        assert rows(app) == ["a" * 20, "a" * 20, "aaaaaEND", "b", ""]
        await pilot.press("w")
        assert rows(app)[:2] == ["a" * 20, "b"]
        await pilot.press(*["right"] * 4)
        assert rows(app)[0] == "a" * 13 + "END"
        await pilot.press(*["right"] * 9)
        assert rows(app)[0].endswith("END")
        await pilot.press("w")
        assert rows(app)[2] == "aaaaaEND"


class Painter:
    """Counts how many lines are painted in each turn of the loop."""

    def __init__(self) -> None:
        self.turns: list[int] = []
        self._is_on = False

    def __call__(self, line: str) -> Painted:
        if not self._is_on:
            self.turns.append(0)
            self._is_on = True
            asyncio.get_running_loop().call_soon(self._over)
        self.turns[-1] += 1
        return painted(line)

    def _over(self) -> None:
        self._is_on = False


async def test_a_screen_of_giant_lines_is_laid_out_in_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It held the loop for 0.3 to 1.5 s: when it was first seen, and at each key."""
    monkeypatch.setattr(textlaid, "A_TURN", 0.0)
    long = [f"{'漢' * textlaid.AT_ONCE}{number:07}" for number in range(15)]
    async with text(size=(40, 10), most=1 << 24) as (app, pilot):
        await pilot.press("w")
        app.view.paint = painter = Painter()
        app.view.show(long)
        await until(pilot, lambda: rows(app) == ["漢" * 20] * 10)
        await pilot.press("dollar_sign")
        await until(pilot, lambda: rows(app)[0].endswith("0000000"))
        await until(pilot, lambda: rows(app)[-1].endswith("0000009"))
        await pilot.press("left", "pagedown")
        await until(pilot, lambda: rows(app)[-1].endswith("0000014"))
        await pilot.press("circumflex_accent")
        await until(pilot, lambda: rows(app) == ["漢" * 20] * 10)
        assert max(painter.turns) == 1
        assert sum(painter.turns) == 15
        app.view.set_search(compile_search("漢"))
        await until(pilot, lambda: all(len([*app.view.render_line(y)]) > 19 for y in range(10)))
        assert sum(painter.turns) == 15


async def test_a_filter_looks_at_what_comes_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = count(step=textseek.A_TURN / 2)  # one or two lines a turn
    monkeypatch.setattr(textseek, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    async with text(*numbered(3), follows=True) as (app, pilot):
        app.view.seeker.set_filter(lambda line: "7" in line)
        await until(pilot, lambda: app.view.seeker.is_complete)
        app.view.add(numbered(17, 3))
        assert not app.view.seeker.is_complete
        app.view.add([*numbered(8, 18)], instead=2)
        app.view.put_before(["70", "80"])
        await until(pilot, lambda: rows(app)[:3] == ["70", "line 7", "line 17"])
        assert app.view.seeker.is_complete


async def test_within_a_wrapped_line_rows_are_moved_over() -> None:
    async with text(*("0123456789" * 6 + f"<{n}>" for n in range(5)), size=(10, 4)) as (app, pilot):
        await pilot.press("j", "j", "j")
        assert rows(app) == ["0123456789"] * 3 + ["<0>"]
        await pilot.press("G")
        assert rows(app) == ["0123456789"] * 3 + ["<4>"]
        await pilot.press("k")
        assert rows(app) == ["0123456789"] * 4


async def test_a_search_goes_there_marks_it_and_walks_on() -> None:
    lines = [f"{'needle' if number % 30 == 20 else 'hay'} {number}" for number in range(100)]
    async with text(*lines) as (app, pilot):
        await pilot.press("slash", *"NEEDLE")
        await until(pilot, lambda: "needle 20" in rows(app))
        row = rows(app).index("needle 20")
        marked = app.view.render_line(row)
        assert next(iter(marked)).text == "needle"
        assert (style := next(iter(marked)).style) is not None
        assert style.reverse
        await pilot.press("enter")
        await until(pilot, lambda: app.view.has_focus)
        for key, there in (("n", 50), ("n", 80), ("N", 50)):
            await pilot.press(key)
            await until(pilot, lambda there=there: f"needle {there}" in rows(app))  # type: ignore[misc]
        await pilot.press("n", "n")
        await until(pilot, lambda: any("none below" in n.message for n in app._notifications))
        await pilot.press("escape")
        assert app.view.search is None
        assert app.left == 0
        await pilot.press("escape")
        assert app.left == 1


async def test_a_search_that_is_given_up_goes_back() -> None:
    async with text(*numbered(100)) as (app, pilot):
        await pilot.press("slash", *"e 77")
        await until(pilot, lambda: "line 77" in rows(app))
        await pilot.press("escape")
        await until(pilot, lambda: rows(app) == numbered(6))


async def test_a_filter_shows_only_what_has_it_also_of_what_comes() -> None:
    async with text(*numbered(5000), follows=True) as (app, pilot):
        await pilot.press("ampersand", *"7 !77")
        await until(pilot, lambda: "line 4997" in rows(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.view.has_focus and app.view.seeker.is_complete)
        expected = [line for line in numbered(5000) if "7" in line and "77" not in line]
        assert app.view.text_of(app.view.shown).splitlines() == expected
        assert rows(app) == expected[-6:]
        app.view.add(["other", "7 new"])
        await until(pilot, lambda: rows(app)[-1] == "7 new")
        assert "other" not in rows(app)
        await pilot.press("escape")
        await until(pilot, lambda: rows(app)[-2:] == ["other", "7 new"])


async def test_it_follows_until_one_moves_up_and_again_from_the_end_on() -> None:
    async with text(*numbered(10), follows=True) as (app, pilot):
        assert rows(app) == numbered(6, 4)
        app.view.add(numbered(5, 10))
        await until(pilot, lambda: rows(app) == numbered(6, 9))
        await pilot.press("k")
        app.view.add(numbered(5, 15))
        await pilot.pause()
        assert rows(app) == numbered(6, 8)
        await pilot.press("G")
        assert rows(app) == numbered(6, 14)
        app.view.add(numbered(1, 20))
        await until(pilot, lambda: rows(app) == numbered(6, 15))
        await pilot.press("k", "j")
        assert app.view.following


async def test_what_comes_before_moves_nothing() -> None:
    async with text(*numbered(10, 10)) as (app, pilot):
        await pilot.press("j")
        app.view.put_before(numbered(10))
        await pilot.pause()
        assert rows(app) == numbered(6, 11)
        await pilot.press("g")
        assert rows(app) == numbered(6)


async def test_its_bytes_are_bounded_and_one_reads_on_where_one_was() -> None:
    async with text(follows=True, most=20_000) as (app, pilot):
        for number in range(50):
            app.view.add([f"{number} {'x' * 30}"] * 10)
        assert app.view.lines.bytes <= 20_000
        assert app.view.lines.dropped + len(app.view.lines) == 500
        await pilot.pause()
        assert rows(app) == [f"49 {'x' * 30}"] * 6
        assert app.view.shown == app.view.lines.numbers


async def test_copies_what_is_seen() -> None:
    async with text("one \x1b[31mred\x1b[0m", *numbered(9)) as (app, pilot):
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard == "\n".join(["one red", *numbered(5)]))


async def test_hostile_lines_are_shown_and_do_nothing() -> None:
    nasty = [
        "\x1b[2J\x1b]0;t\x07",
        "[@click=app.bell]x[/]",
        "\u202eabc",
        "a\rb",
        "x" * 70_000,
        "漢字" * 30,
    ]
    async with text(*nasty, size=(30, 12)) as (app, pilot):
        shown = rows(app)
        assert shown[0] == "␛[2J␛]0;t␇"
        assert "[@click=app.bell]x[/]" in shown
        assert not any("\x1b" in line or "\u202e" in line for line in shown)
        await pilot.press("w", "G")
        await until(pilot, lambda: rows(app)[-1].startswith("漢字") or "漢字" in rows(app)[5])
