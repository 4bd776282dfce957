"""The details: tabs that stay, a rootfs read on demand, and the help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from textual.command import CommandList

from aiocontainerd.access import Access
from aiocontainerd.errors import NotFound
from aiocontainerd.models import TaskStatus
from aiocontainerd.store import Store
from ctdeck.descriptions import facts
from ctdeck.screens.palette import PaletteScreen
from ctdeck.settings import Session, Settings
from ctdeck.widgets.factsview import FactsView
from tests.tui.apps import running, screen_text, until
from tests.tui.worlds import container, of, snapshot, task, world


@dataclass(frozen=True)
class MountSpec:
    type: str
    source: str
    target: str
    options: tuple[str, ...]


class Snapshots:
    def __init__(self) -> None:
        self.asked: list[str] = []

    async def mounts(self, key: str, *, namespace: str, snapshotter: str) -> list[MountSpec]:
        self.asked.append(f"{namespace}/{key}/{snapshotter}")
        if key == "never-started":
            raise NotFound("no such snapshot", subject=key)
        options = ("index=off", "upperdir=/top", "lowerdir=/one:/two")
        return [MountSpec("overlay", "overlay", "", options)]


class Client:
    def __init__(self) -> None:
        self.snapshots = Snapshots()

    async def close(self) -> None:
        return


def session(client: Any) -> Session:
    return Session(Store(), client=client)


async def test_the_layers_of_a_rootfs_are_read_when_looked_at() -> None:
    client = Client()
    async with running(session=session(client), size=(140, 40)) as (app, pilot):
        assert not client.snapshots.asked
        await pilot.press("left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: "/top" in screen_text(app))
        for line in ("upperdir", "lowerdir   /one", "/two"):
            assert line in screen_text(app)
        await pilot.press("j")
        await until(pilot, lambda: "never-started: no such snapshot" in screen_text(app))
        await pilot.press("k")
        await until(pilot, lambda: "/top" in screen_text(app))
        assert client.snapshots.asked == [
            "default/web2/overlayfs",
            "default/never-started/overlayfs",
        ]


async def test_the_tab_stays_while_the_row_changes() -> None:
    async with running(size=(140, 40)) as (app, pilot):
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "started, pid 9120" in screen_text(app))
        assert "[Events]" in screen_text(app)
        await pilot.press("j")
        await until(pilot, lambda: "Nothing has happened to it since" in screen_text(app))
        await pilot.press("1")
        await until(pilot, lambda: "[Details]" in screen_text(app))


async def test_enter_goes_into_the_details_and_escape_comes_back() -> None:
    async with running(size=(140, 30)) as (app, pilot):
        await pilot.press("enter")
        assert app.main.in_details
        index = app.main.view.table.view.index
        await pilot.press("j", "j")
        assert app.main.view.table.view.index == index
        await pilot.press("escape")
        assert not app.main.in_details
        await pilot.press("j")
        assert app.main.view.table.view.index == index + 1


async def test_an_image_tells_who_uses_it() -> None:
    async with running(size=(140, 40)) as (app, pilot):
        await pilot.press("1", "j", "j", "right_square_bracket")
        await until(pilot, lambda: "[Used by 3]" in screen_text(app))
        assert "▶ running  web1" in screen_text(app)


async def test_the_help_has_the_keys_of_this_pane() -> None:
    async with running(size=(100, 100)) as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: "Keys on the containers" in screen_text(app))
        text = screen_text(app)
        for words in (
            "Stop it: the stop signal",
            "j ↓",
            "shift+→",
            "A shell inside it, or the command you type",
            "Leave; asks only while work of ours is under way",
        ):
            assert words in text
        assert "Pull an image" not in text
        await pilot.press("question_mark", "1", "question_mark")
        await until(pilot, lambda: "Keys on the images" in screen_text(app))
        assert "Pull an image" in screen_text(app)


async def test_the_help_leaves_out_what_read_only_refuses() -> None:
    async with running(size=(100, 100), settings=Settings(access=Access(read_only=True))) as (
        app,
        pilot,
    ):
        await pilot.press("question_mark")
        await until(pilot, lambda: "Read-only: what changes anything" in screen_text(app))
        assert "Stop it" not in screen_text(app)


async def test_the_palette_runs_an_action() -> None:
    async with running(size=(100, 40)) as (app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Search for" in screen_text(app))
        await pilot.press(*[{" ": "space"}.get(c, c) for c in "go to the events"])
        await until(pilot, lambda: "Go to the events" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.main.pane_id == "events")


async def test_the_palette_bears_a_terminal_without_room() -> None:
    async with running(size=(1, 1)) as (app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, PaletteScreen))
        await until(pilot, lambda: app.screen.query_one(CommandList).option_count > 0)
        await pilot.press("down", "pagedown", "pageup", "escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_secrets_in_labels_and_words_are_stars_and_the_logs_one_line() -> None:
    labels = {
        "com.example/api-token": "hunter2",
        "io.ctdeck/log": "/var/lib/ctdeck/logs/default/web/output.log",
        "io.ctdeck/stdout": "/var/lib/ctdeck/logs/default/web/stdout.log",
        "io.ctdeck/stderr": "/var/lib/ctdeck/logs/default/web/stderr.log",
    }
    one = container("web", labels=labels, args=("app", "--password", "hunter2"))
    async with running(snapshot(containers=[one]), size=(200, 50)) as (app, pilot):
        await until(pilot, lambda: "api-token = ***" in screen_text(app))
        text = screen_text(app)
        assert "hunter2" not in text
        assert "app --password ***" in text
        assert "/var/lib/ctdeck/logs/default/web/ output.log, stdout.log, " in text
        assert "stderr.log" in text
        assert "io.ctdeck" not in text


async def test_of_many_large_labels_some_are_told_and_what_is_seen_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """10 MB of them, which containerd takes, held the loop for 2 to 6 s at each move."""
    masked, refreshed = 0, 0
    mask, refresh = facts.masked_value, FactsView.refresh_line

    def counted(name: str, value: str) -> str:
        nonlocal masked
        masked += len(value)
        return mask(name, value)

    def seen(self: FactsView, y: int) -> None:
        nonlocal refreshed
        refreshed += 1
        refresh(self, y)

    monkeypatch.setattr(facts, "masked_value", counted)
    monkeypatch.setattr(FactsView, "refresh_line", seen)
    labels = {f"label.{number:04}": "x/y " * 1_000 for number in range(2_500)}
    both = (container("web1", labels=labels), container("web2"))
    snapshot = of(*((each, task(each.id, TaskStatus.RUNNING)) for each in both))
    async with running(snapshot, size=(120, 35)) as (app, pilot):
        await until(pilot, lambda: "label.0000" in screen_text(app))
        await pilot.press("j")
        await until(pilot, lambda: "label.0000" not in screen_text(app))
        masked = refreshed = 0
        await pilot.press("k")
        await until(pilot, lambda: "label.0000" in screen_text(app))
        assert 0 < refreshed < 200
        assert masked < 4 * facts.LARGEST
        app.main.details.scroll.scroll_end(animate=False)
        await until(pilot, lambda: "more lines; the JSON" in screen_text(app))


async def test_at_80_columns_the_next_row_has_its_own_details() -> None:
    async with running(world()) as (app, pilot):
        for name in ("web2", "never-started", "web1"):
            await pilot.press("enter")
            await until(pilot, lambda name=name: f"container  {name} " in screen_text(app))
            head = screen_text(app).splitlines()[2]
            assert head.startswith(f"─ {name} ─[Details]")
            assert head.endswith("──")
            await pilot.press("escape", "j")
            await until(pilot, lambda: "STATUS" in screen_text(app))
