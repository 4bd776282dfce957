"""The log of a container: from its end on, followed, with its keys; whatever stands in it."""

from __future__ import annotations

import asyncio
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiocontainerd.models import LOG_LABEL, Phase
from ctdeck.app import CtdeckApp
from ctdeck.demo import Demo
from ctdeck.logtext import STREAMS
from ctdeck.screens import logfeed
from ctdeck.screens.logs import LogScreen
from ctdeck.settings import Settings
from tests.tui.apps import screen_text, until
from tests.tui.logs import Log, body, json_line, reading


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


async def test_it_opens_at_the_end_and_follows(log: Log) -> None:
    log.write(*(f"line {number}" for number in range(3000)))
    async with reading(labels=log.labels) as (app, pilot, _):
        await until(pilot, lambda: body(app)[-1] == "out line 2999")
        assert "following" in screen_text(app).splitlines()[0]
        log.write("more")
        await until(pilot, lambda: body(app)[-1] == "out more")
        log.write("bad", to="err")
        await until(pilot, lambda: body(app)[-1] == "err bad")
        log.add(b"pass")
        await until(pilot, lambda: body(app)[-1] == "out pass")
        log.add(b"word:\n")
        await until(pilot, lambda: body(app)[-1] == "out password:")
        assert "out pass" not in body(app)


async def test_moving_up_stops_it_and_the_end_goes_on(log: Log) -> None:
    log.write(*(f"line {number}" for number in range(100)))
    async with reading(labels=log.labels) as (app, pilot, screen):
        await until(pilot, lambda: body(app)[-1] == "out line 99")
        await pilot.press("k")
        log.write("new")
        await until(pilot, lambda: len(screen.view.lines) == 101)
        assert body(app)[-1] == "out line 98"
        assert "not following" in screen_text(app)
        await pilot.press("G")
        await until(pilot, lambda: body(app)[-1] == "out new")


async def test_what_is_before_comes_when_one_goes_there(log: Log) -> None:
    log.write(*(f"line {number} {'x' * 90}" for number in range(20_000)))
    async with reading(labels=log.labels, size=(200, 24)) as (app, pilot, screen):
        await until(pilot, lambda: "line 19999" in body(app)[-1])
        assert " before" in screen_text(app).splitlines()[0]
        assert len(screen.view.lines) < 10_000
        while "line 0 " not in body(app)[0]:
            before = len(screen.view.lines)
            await pilot.press("g")
            is_all = not screen.feed.unread and not screen._is_reading
            await until(pilot, lambda n=before, a=is_all: a or len(screen.view.lines) > n)  # type: ignore[misc]
        log.write("the newest")
        await pilot.press("G")
        await until(pilot, lambda: body(app)[-1] == "out the newest")


async def test_rotated_and_emptied_it_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("one\n")
    async with reading(uri=f"file://{path}") as (app, pilot, _):
        await until(pilot, lambda: body(app)[0] == "one")
        path.rename(tmp_path / "x.log.1")
        path.write_text("two\n")
        await until(pilot, lambda: body(app)[1] == "two")
        os.truncate(path, 0)
        await until(pilot, lambda: "the log was emptied here" in screen_text(app))
        with path.open("a") as file:
            file.write("three\n")
        await until(pilot, lambda: "three" in body(app))


@pytest.mark.parametrize("maker", ["ctdeck", "nerdctl"])
async def test_times_since_and_streams(log: Log, tmp_path: Path, maker: str) -> None:
    folder = tmp_path / "1935db59" / "containers" / "default" / "web1"
    folder.mkdir(parents=True)
    now = datetime.now(UTC)
    said = [
        (f"{minutes} min ago", (now - timedelta(minutes=minutes)).isoformat(), stream)
        for minutes, stream in ((300, "stdout"), (30, "stderr"), (2, "stdout"), (0, "stderr"))
    ]
    labels = {"nerdctl/name": "web1", "nerdctl/state-dir": str(folder)}
    if maker == "nerdctl":
        (folder / "web1-json.log").write_text("".join(json_line(*each) for each in said))
    else:
        log.file.write_text("".join(f"{when} {to} F {text}\n" for text, when, to in said))
    async with reading(labels=labels if maker == "nerdctl" else log.labels) as (app, pilot, _):
        await until(pilot, lambda: "out 300 min ago" in body(app))
        await pilot.press("t")
        stamp = (now - timedelta(minutes=2)).astimezone()
        shown = f"{stamp:%H:%M:%S}.{stamp.microsecond // 1000:03} out 2 min ago"
        await until(pilot, lambda: shown in body(app))
        await pilot.press("t")
        await until(pilot, lambda: f"{stamp:%Y-%m-%d} {shown}" in body(app))
        await pilot.press("t", "2")
        await until(pilot, lambda: body(app)[:3] == ["out 2 min ago", "err 0 min ago", ""])
        assert "since 5 min" in screen_text(app).splitlines()[0]
        await pilot.press("o", "o")
        await until(pilot, lambda: body(app)[:2] == ["0 min ago", ""])
        await pilot.press("0")
        await until(pilot, lambda: body(app)[:3] == ["30 min ago", "0 min ago", ""])


def old_log(folder: Path) -> dict[str, str]:
    """The labels of a container of an earlier ctdeck, with its two files."""
    files = {name: folder / "logs" / "default" / "web1" / f"{name}.log" for name in STREAMS[1:]}
    files["stdout"].parent.mkdir(parents=True, exist_ok=True)
    files["stdout"].write_text("old\n")
    files["stderr"].touch()
    return {f"io.ctdeck/{name}": str(file) for name, file in files.items()}


async def test_a_log_without_times_says_so(tmp_path: Path) -> None:
    labels = old_log(tmp_path)
    async with reading(labels=labels) as (app, pilot, screen):
        await until(pilot, lambda: "out old" in body(app))
        await pilot.press("3")
        await until(pilot, lambda: any("keeps no times" in n.message for n in app._notifications))
        assert not screen.look.since
        await pilot.press("t")
        with Path(labels["io.ctdeck/stdout"]).open("a") as file:
            file.write("new\n")
        await until(pilot, lambda: body(app)[1].endswith("out new") and body(app)[1][2] == ":")


async def test_started_again_it_has_times_from_there_on(log: Log, tmp_path: Path) -> None:
    labels = old_log(tmp_path)
    log.write("new")
    async with reading(labels={**labels, **log.labels}) as (app, pilot, screen):
        await until(pilot, lambda: body(app)[:2] == ["out old", "out new"])
        await pilot.press("t")
        await until(pilot, lambda: body(app)[0].strip() == "out old" and body(app)[1][2] == ":")
        await pilot.press("3")
        await until(pilot, lambda: screen.look.since == 3)


async def test_saving_makes_a_new_file_for_its_owner(log: Log, tmp_path: Path) -> None:
    log.write("one \x1b[31mred\x1b[0m", "two", "three")
    saved, link = tmp_path / "saved.log", tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    async with reading(labels=log.labels) as (app, pilot, _):
        await until(pilot, lambda: "out three" in body(app))
        await pilot.press("ampersand", *"!two", "enter")
        for path, said in ((saved, "Saved 2 lines"), (saved, "a file already"), (link, "already")):
            await pilot.press("s", *["ctrl+u"] * 2, *str(path), "enter")
            await until(pilot, lambda said=said: any(said in n.message for n in app._notifications))  # type: ignore[misc]
            app.clear_notifications()
            await until(pilot, lambda: not app._notifications)
    assert saved.read_text() == "out one red\nout three\n"
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("", "/dev/null"),
        ("/run/containerd/fifo/1234/web1-stdout", "goes through a FIFO"),
        ("binary:///usr/bin/logger?a=b", "goes to a program, /usr/bin/logger"),
        ("file:///nowhere/x.log", "is not there"),
        ("npipe://x", "npipe://x"),
    ],
)
async def test_why_there_is_no_log_is_told_in_its_place(uri: str, why: str) -> None:
    async with reading(uri=uri) as (app, pilot, _):
        await until(pilot, lambda: why in " ".join(body(app)))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_nothing_is_read_while_nobody_sees_it(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    real = logfeed.LogFeed._look

    async def counted(self: logfeed.LogFeed) -> bool:
        nonlocal looks
        looks += 1
        return await real(self)

    monkeypatch.setattr(logfeed.LogFeed, "_look", counted)
    monkeypatch.setattr(logfeed, "QUICK", 0.01)
    monkeypatch.setattr(logfeed, "SLOW", 0.01)
    async with reading(labels=log.labels) as (app, pilot, _):
        await until(pilot, lambda: looks > 2)
        await pilot.press("question_mark")
        await until(pilot, lambda: not isinstance(app.screen, LogScreen))
        await asyncio.sleep(0.05)
        before = looks
        log.write("meanwhile")
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert looks <= before + 1
        await pilot.press("escape")
        await until(pilot, lambda: "out meanwhile" in body(app))


async def test_the_lines_of_a_burst_are_shown_or_counted(log: Log) -> None:
    """100 000 in a second."""
    async with reading(labels=log.labels) as (app, pilot, screen):
        piece = [f"{'x' * 90} {number}" for number in range(10_000)]
        for _ in range(10):
            await asyncio.to_thread(log.write, *piece)
            await asyncio.sleep(0.05)
        log.write("the last one")
        await until(pilot, lambda: body(app)[-1] == "out the last one")
        view = screen.view
        assert len(view.lines) + view.lines.dropped + screen.feed.skipped >= 100_001


async def test_hostile_lines(log: Log) -> None:
    nasty = (b"\x1b]0;title\x07", b"[/] [@click=app.bell]x[/]", b"\xff\xfe\0", b"a\rb\r")
    log.add(b"\n".join((*nasty, b"y" * 3_000_000, b"end\n")))
    async with reading(labels=log.labels) as (app, pilot, _):
        await until(pilot, lambda: "out end" in body(app))
        await pilot.press("w", "g")
        await until(pilot, lambda: body(app)[-1] == "" or len(body(app)) == 22)
        await until(pilot, lambda: "out ␛]0;title␇" in body(app))
        assert "out [/] [@click=app.bell]x[/]" in body(app)
        assert "out a␍b" in body(app)
        assert not set("\x1b\0\r\x07") & set(screen_text(app).replace("\n", ""))


async def test_typed_ahead(log: Log) -> None:
    log.write("apple", "pear")
    async with reading(labels=log.labels) as (app, pilot, _):
        await pilot.press("ampersand", *"pear", "enter", "q")
        await until(pilot, lambda: app.screen is app.main)


async def test_the_details_have_the_last_lines_the_newest_first(log: Log) -> None:
    log.write(*(f"line {number}" for number in range(100)), "\x1b[31mred\x1b[0m and \x07")
    log.write("trouble", to="err")
    async with reading(labels=log.labels, size=(140, 40)) as (app, pilot, _):
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        app.main.details.tab = "Logs"
        app.main.detail_view.refresh()
        await until(pilot, lambda: "err trouble" in screen_text(app))
        shown = screen_text(app)
        assert shown.index("red and ␇") < shown.index("line 99") < shown.index("line 98")
        log.write("newer")
        await until(pilot, lambda: "newer" in screen_text(app))


async def test_a_filter_that_leaves_nothing_says_so(log: Log) -> None:
    log.write("one", "two")
    async with reading(labels=log.labels) as (app, pilot, _):
        await until(pilot, lambda: body(app)[:2] == ["out one", "out two"])
        await pilot.press(*"&GET", "enter")
        await until(pilot, lambda: "None of the lines" in body(app)[0])
        assert "&GET 0 lines of 2" in screen_text(app).splitlines()[0]
        assert "has written nothing" not in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: body(app)[:2] == ["out one", "out two"])


async def test_what_is_nowhere_is_not_said_to_be_above(log: Log) -> None:
    log.write("one", "two")
    async with reading(labels=log.labels) as (app, pilot, _):
        await until(pilot, lambda: body(app)[0] == "out one")
        await pilot.press(*"/three", "enter", "n")
        await until(pilot, lambda: "Not found." in screen_text(app))
        assert "N goes up" not in screen_text(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: "Since: all, 1 min, 5 min" in screen_text(app))


async def test_following_survives_the_daemons_restart() -> None:
    session = await Demo.start(Settings(demo=True), lively=False)
    assert session.demo is not None
    app = CtdeckApp(Settings(demo=True), session)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.store.snapshot.phase is Phase.LIVE)
        containers = app.store.snapshot.containers.values()
        web1 = next(each for each in containers if each.id == "web1")
        path = Path(f"{session.demo.root}{web1.labels[LOG_LABEL]}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("2026-11-23T12:00:00Z stdout F before\n")
        await pilot.press("colon", *"logs web1", "enter")
        await until(pilot, lambda: "out before" in body(app))
        screen = app.screen
        assert isinstance(screen, LogScreen)
        for said, phase, act in (
            ("while it is away", Phase.LOST, session.demo.simulator.stop),
            ("when it is back", Phase.LIVE, session.demo.simulator.start),
        ):
            await act()
            await until(pilot, lambda phase=phase: app.store.snapshot.phase is phase)  # type: ignore[misc]
            with path.open("a") as file:
                file.write(f"2026-11-23T12:00:00Z stdout F {said}\n")
            await until(pilot, lambda said=said: f"out {said}" in body(app))  # type: ignore[misc]
        assert "following" in screen_text(app).splitlines()[0]
        assert not screen.trouble
