"""A log of many pieces: what is found, counted, saved and read is not only its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest

from aiocontainerd.logs import Entry, LogReader, logfile
from aiocontainerd.models import TaskStatus
from ctdeck.app import CtdeckApp
from tests.tui.apps import screen_text, until
from tests.tui.logs import Log, body, reading
from tests.tui.worlds import task


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


@pytest.fixture
def far(log: Log, monkeypatch: pytest.MonkeyPatch) -> Log:
    """Three thousand lines, of which few are read at once."""
    log.write(*(f"line {number}." for number in range(3000)))
    for name in ("PIECE", "AT_ONCE"):
        monkeypatch.setattr(logfile, name, 8192)
    return log


def top(app: CtdeckApp) -> str:
    return screen_text(app).splitlines()[0].rstrip()


async def test_a_match_ends_the_following_and_what_has_ended_is_not_followed(log: Log) -> None:
    log.write(*(f"line {number}" for number in range(100)))
    async with reading(labels=log.labels) as (app, pilot, screen):
        await until(pilot, lambda: body(app)[-1] == "out line 99")
        await pilot.press(*"/line 95", "enter")
        await until(pilot, lambda: screen.page.asking is None and screen.view.here is not None)
        assert "not following" in top(app)
        assert body(app)[-1] == "out line 99"
        await pilot.press("G")
        await until(pilot, lambda: top(app).endswith(" following"))
        screen._task_now = lambda: task("web1", TaskStatus.STOPPED)
        screen.tell()
        await until(pilot, lambda: top(app).endswith(" ended"))


async def test_what_is_searched_for_is_found_in_earlier_parts(far: Log) -> None:
    async with reading(labels=far.labels) as (app, pilot, screen):
        await until(pilot, lambda: body(app)[-1] == "out line 2999.")
        await pilot.press(*"/line 12")
        await until(pilot, lambda: "Enter looks further" in screen_text(app))
        await pilot.press("3", ".", "enter")
        await until(pilot, lambda: "out line 123." in body(app))
        assert "not following" in top(app)
        assert screen.view.goes_on
        await pilot.press("/", *"~line (4|2801)\\.", "enter")
        await until(pilot, lambda: "out line 4." in body(app))
        await pilot.press("n")  # further on in the file, which is not in the view any more
        await until(pilot, lambda: "out line 2801." in body(app))
        await pilot.press("N")
        await until(pilot, lambda: "out line 4." in body(app))
        await pilot.press("G")
        await until(
            pilot, lambda: body(app)[-1] == "out line 2999." and top(app).endswith(" following")
        )
        await pilot.press("/", *"nowhere", "enter")
        await until(pilot, lambda: "Not found." in screen_text(app))
        assert body(app)[18] == "out line 2996."
        far.write("new")
        await pilot.press("G")
        await until(pilot, lambda: body(app)[-1] == "out new")


async def test_g_goes_to_the_first_line_of_all_and_from_there_one_reads_on(far: Log) -> None:
    async with reading(labels=far.labels) as (app, pilot, screen):
        await until(pilot, lambda: body(app)[-1] == "out line 2999.")
        await pilot.press("g")
        await until(pilot, lambda: body(app)[0] == "out line 0.")
        assert len(screen.view.lines) < 1000
        while "out line 2999." not in body(app):
            seen = body(app)[0]
            await pilot.press(*["pagedown"] * 5)
            await until(pilot, lambda seen=seen: body(app)[0] != seen)  # type: ignore[misc]
        assert len(screen.view.lines) == 3000
        far.write("new")
        await pilot.press("j")
        await until(pilot, lambda: body(app)[-1] == "out new" and top(app).endswith(" following"))


async def test_a_filter_counts_what_it_has_looked_at_and_all_is_saved(
    far: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = tmp_path / "saved"
    monkeypatch.setattr("ctdeck.widgets.textlines.Lines.is_full", True)
    async with reading(labels=far.labels) as (app, pilot, _):
        await until(pilot, lambda: body(app)[-1] == "out line 2999.")
        await pilot.press("ampersand", *"99.", "enter")
        await until(pilot, lambda: "lines of the newest " in top(app) and " before ·" in top(app))
        await pilot.press("s", *["ctrl+u"] * 2, *str(saved), "enter")
        await until(pilot, lambda: any("Saved 30 lines" in n.message for n in app._notifications))
        assert "out line 2999." in body(app)
    assert saved.read_text() == "".join(f"out line {number}99.\n" for number in ["", *range(1, 30)])


async def test_lines_that_had_no_room_come_again(far: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrolled and searched, upwards and downwards, none is missing and none comes twice."""
    async with reading(labels=far.labels) as (app, pilot, screen):
        await until(pilot, lambda: body(app)[-1] == "out line 2999.")
        view = screen.view
        view.lines._most = 100_000
        far.write(*(f"line {number}." for number in range(3000, 3300)))
        await until(pilot, lambda: body(app)[-1] == "out line 3299." and view.lines.dropped > 0)
        dropped = int(view.lines[view.lines.first].text[5:-1]) - 1
        await pilot.press("/", *f"line {dropped}.", "enter")
        await until(pilot, lambda: f"out line {dropped}." in body(app))
        await pilot.press("G")
        await until(pilot, lambda: body(app)[-1] == "out line 3299.")

        def in_order() -> bool:
            numbers = [int(view.lines[each].text[5:-1]) for each in view.lines.numbers]
            return numbers == [*range(numbers[0], numbers[-1] + 1)]

        async def until_seen(key: str, line: str) -> None:
            for _ in range(60):
                if line in body(app):
                    break
                await pilot.press(key)
                await until(pilot, lambda: not screen._is_reading)
                assert in_order()
            assert line in body(app)

        await until_seen("pageup", "out line 2500.")
        assert view.lines.cut
        await until_seen("pagedown", "out line 3200.")
        assert view.lines.dropped
        await until_seen("pageup", "out line 2600.")
        await pilot.press("escape", "/", *"line 3250.", "enter")
        await until(pilot, lambda: "out line 3250." in body(app))


async def test_esc_ends_a_search_that_is_under_way_and_nothing_else(
    far: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, back = Event(), LogReader.back

    def slow(reader: LogReader, stream: str = "") -> Sequence[Entry]:
        goes_on.wait(20)
        return back(reader, stream)

    monkeypatch.setattr(LogReader, "back", slow)
    async with reading(labels=far.labels) as (app, pilot, screen):
        await until(pilot, lambda: body(app)[-1] == "out line 2999.")
        await pilot.press("/", *"line 4.", "enter")
        await until(pilot, lambda: "looking further back: 0 B of " in top(app))
        assert body(app)[-1] == "out line 2999."
        await pilot.press("escape")
        await until(pilot, lambda: not screen.feed.looking)
        goes_on.set()
        await until(pilot, lambda: top(app).endswith(" following"))
        assert "/line 4." in top(app)
        assert body(app)[-1] == "out line 2999."
        await pilot.press("n")
        await until(pilot, lambda: "out line 4." in body(app))
