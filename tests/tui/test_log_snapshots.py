"""The text of the log's screens, kept in snapshots/ as those of `test_snapshots.py`."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from ctdeck.screens import logs as module
from ctdeck.screens.logs import LogScreen
from tests.tui.apps import screen_text, until
from tests.tui.fake_pulls import FakePulls
from tests.tui.logs import json_line, reading
from tests.tui.test_snapshots import SIZES, Stage, check

LINES = tuple(
    json_line(
        f"\x1b[3{number % 7 + 1}mGET\x1b[0m /item/{number} took {number * 37 % 90} ms"
        + (
            ": upstream timed out (110: Connection timed out) while reading a header"
            * (number == 55)
        ),
        f"2026-11-23T11:{number:02}:00.123456789Z",
        "stderr" if number % 5 == 0 else "stdout",
    )
    for number in range(60)
)


@pytest.fixture(autouse=True)
def same_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


async def tail(at: Stage, screen: LogScreen) -> None:
    await until(at.pilot, lambda: "/item/59" in screen_text(at.app))


async def found(at: Stage, screen: LogScreen) -> None:
    await tail(at, screen)
    await at.pilot.press("t", "slash", *"item/3", "space", "enter")
    await until(at.pilot, lambda: "/item/3 " in screen_text(at.app) and screen.page.asking is None)
    await until(at.pilot, lambda: "? help" in screen_text(at.app))


async def filtered(at: Stage, screen: LogScreen) -> None:
    await tail(at, screen)
    await at.pilot.press("ampersand", *"item/1")
    await until(at.pilot, lambda: "11 lines of 60" in screen_text(at.app).splitlines()[-2])


async def cut(at: Stage, screen: LogScreen) -> None:
    await tail(at, screen)
    await at.pilot.press("w", "t", "t", "o", "o")
    await until(at.pilot, lambda: "stderr only" in screen_text(at.app))


async def saving(at: Stage, screen: LogScreen) -> None:
    await tail(at, screen)
    await at.pilot.press("s")
    await until(at.pilot, lambda: "save to" in screen_text(at.app))


async def keys(at: Stage, screen: LogScreen) -> None:
    await tail(at, screen)
    await at.pilot.press("question_mark")
    await until(at.pilot, lambda: "Keys of the log" in screen_text(at.app))


JOURNEYS: dict[str, Callable[[Stage, LogScreen], Awaitable[None]]] = {
    "log": tail,
    "log-found": found,
    "log-filter": filtered,
    "log-cut": cut,
    "log-save": saving,
    "log-keys": keys,
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", JOURNEYS)
async def test_log(
    name: str, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "1935db59" / "containers" / "default" / "web1"
    folder.mkdir(parents=True)
    (folder / "web1-json.log").write_text("".join(LINES))
    monkeypatch.setattr(module, "proposed", lambda *_: "/root/web1-20261123-120000.log")
    monkeypatch.setattr(module, "_place", lambda file: f"  …/{Path(file.path).name}")
    labels = {"nerdctl/name": "web1", "nerdctl/state-dir": str(folder)}
    async with reading(size=size, labels=labels) as (app, pilot, screen):
        at = Stage(app, pilot, FakePulls())
        await JOURNEYS[name](at, screen)
        await check(at, name)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_no_log(size: tuple[int, int]) -> None:
    async with reading(size=size, uri="/run/containerd/fifo/1234/web1-stdout") as (app, pilot, _):
        await until(pilot, lambda: "FIFO" in screen_text(app))
        await check(Stage(app, pilot, FakePulls()), "log-none")
