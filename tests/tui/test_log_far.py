"""A log of many pieces: what is found, counted, saved and read is not only its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiocontainerd.logs import logfile
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
