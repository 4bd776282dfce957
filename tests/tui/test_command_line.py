"""The `:` line by keys: what it completes, refuses, remembers and does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from aiocontainerd import operations
from aiocontainerd.access import Access
from aiocontainerd.errors import RuntimeFailed
from aiocontainerd.models import Snapshot
from aiocontainerd.run_options import RunOptions
from aiocontainerd.state import StateDirectory
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.command.history import History
from ctdeck.screens.confirm import ConfirmScreen
from ctdeck.settings import Session, Settings
from ctdeck.widgets.command import CommandInput, CommandLine
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_pulls import FakePulls
from tests.tui.hosts import typed
from tests.tui.worlds import container, image, snapshot, world


class NoClient:
    """Is there, and is closed at the end."""

    async def close(self) -> None: ...


@asynccontextmanager
async def line(
    tmp_path: Path, *, read_only: bool = False, size: tuple[int, int] = (80, 24),
    snapshot: Snapshot | None = None,
) -> AsyncIterator[tuple[CtdeckApp, Pilot[None], FakePulls]]:  # fmt: skip
    pulls = FakePulls()
    session = Session(Store(), client=NoClient(), pulls=pulls, state=StateDirectory(tmp_path))  # type: ignore[arg-type]
    settings = Settings(access=Access(read_only=read_only))
    async with running(snapshot, session=session, settings=settings, size=size) as (app, pilot):
        await pilot.press("colon")
        await until(pilot, lambda: bool(app.screen.query(CommandInput)))
        yield app, pilot, pulls


def shows(app: CtdeckApp, *words: str) -> Callable[[], bool]:
    return lambda: all(word in " ".join(screen_text(app).split()) for word in words)


def gone(app: CtdeckApp) -> Callable[[], bool]:
    return lambda: not app.main.query(CommandLine)


async def test_a_word_without_a_question(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "images")
        await pilot.press("enter")
        await until(pilot, lambda: app.main.pane_id == "images")
        await until(pilot, gone(app))
        await until(pilot, lambda: app.focused is app.main.view.table)


@pytest.mark.parametrize("keys", [["escape"], ["enter"], ["backspace"]])
async def test_leaving(tmp_path: Path, keys: list[str]) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await pilot.press(*keys)
        await until(pilot, gone(app))


async def test_a_mistake_keeps_the_text_and_says_what_to_do(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "stpo web1")
        await pilot.press("enter")
        await until(pilot, shows(app, "no such command", "Did you mean stop"))
        assert app.screen.query_one(CommandInput).value == "stpo web1"
        await pilot.press("space")
        await until(pilot, lambda: "no such command" not in screen_text(app))


async def test_an_id_that_is_not_there(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "rm -f web9")
        await pilot.press("enter")
        await until(pilot, shows(app, "web9", "no such container", "Did you mean web"))


async def test_tab_completes_words_ids_and_flags(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        entry = app.screen.query_one(CommandInput)
        await typed(pilot, "sto")
        await pilot.press("tab", "w", "tab")
        await until(pilot, shows(app, "web1 web2"))
        assert entry.value == "stop web"
        await pilot.press("1", "tab")
        assert entry.value == "stop web1 "
        await pilot.press("-", "-", "f", "tab")
        assert entry.value == "stop web1 --force "


async def test_tab_completes_host_paths_in_the_shells_quoting(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    async with line(tmp_path) as (app, pilot, _):
        entry = app.screen.query_one(CommandInput)
        await typed(pilot, f"run -v {tmp_path}/a")
        await pilot.press("tab")
        await until(pilot, lambda: entry.value == f"run -v {tmp_path}/a\\ b/")


async def test_the_suggestion_is_taken_with_the_arrow(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "pau")
        await until(pilot, shows(app, "pause"))
        await pilot.press("right")
        assert app.screen.query_one(CommandInput).value == "pause"


async def test_the_history_goes_up_and_down_and_over_sessions(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        for text in ("images", "tasks"):
            await typed(pilot, text)
            await pilot.press("enter")
            await until(pilot, gone(app))
            await pilot.press("colon")
            await until(pilot, lambda: bool(app.screen.query(CommandInput)))
        await typed(pilot, "half")
        entry = app.screen.query_one(CommandInput)
        keys = ("up", "up", "up", "down", "down")
        for key, value in zip(keys, ("tasks", "images", "images", "tasks", "half"), strict=True):
            await pilot.press(key)
            assert entry.value == value
        await until(pilot, lambda: (tmp_path / "history").exists())
        await until(pilot, lambda: (tmp_path / "history").read_text() == "images\ntasks\n")
    async with line(tmp_path) as (app, pilot, _):
        entry = app.screen.query_one(CommandInput)

        async def older() -> bool:
            await pilot.press("up")
            return entry.value == "tasks"

        for _ in range(200):
            if await older():
                break
        assert entry.value == "tasks"


async def test_a_line_that_failed_can_be_had_again_and_mended(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "rm web9")
        await pilot.press("enter")
        await until(pilot, shows(app, "no such container"))
        await pilot.press("escape", "colon")
        await until(pilot, lambda: bool(app.screen.query(CommandInput)))
        await pilot.press("up")
        assert app.screen.query_one(CommandInput).value == "rm web9"


async def test_a_line_taken_away_before_it_was_composed() -> None:
    async with running() as (app, _):
        with app._context():
            left = CommandLine(world=lambda: (Snapshot(), None), carry_out=print, history=History())
            left.on_mount()
            left.complete()
            left.recall(-1)


async def test_pull_goes_to_the_background(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, pulls):
        await typed(pilot, "pull --platform linux/arm64 --plain-http localhost:5000/a")
        await pilot.press("enter")
        await until(pilot, gone(app))
        wish = ("localhost:5000/a:latest", "default", "linux/arm64", True)
        assert pulls.started == [wish]
        pulls.jobs[0].set("failed", error="no")
        await until(pilot, shows(app, "a:latest was not pulled"))
        await pilot.press("1", "p", "tab", "down", "enter")
        await until(pilot, lambda: pulls.started == [wish, wish], "another try of the same")


async def test_an_image_in_several_namespaces_is_named_not_guessed(tmp_path: Path) -> None:
    both = snapshot([image("docker.io/library/busybox:latest", each) for each in ("a", "b")])
    async with line(tmp_path, snapshot=both, size=(120, 30)) as (app, pilot, _):
        await typed(pilot, "rmi busybox")
        await pilot.press("enter")
        name = "docker.io/library/busybox:latest"
        await until(pilot, shows(app, "2 images answer to this", f"a: {name}, b: {name}"))


async def test_a_signals_number_is_asked_about_by_its_name(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "kill -9 web1")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Send SIGKILL to web1?" in screen_text(app)


async def test_restart_asks(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "restart web1")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Restart web1?" in screen_text(app)


@pytest.mark.parametrize(
    ("text", "asks"),
    [("stop web1", True), ("rm web1", True), ("kill web1", True), ("rm -f web1", False)],
)
async def test_questions_unless_forced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, asks: bool
) -> None:
    done: list[str] = []

    async def delete(client: Any, container: Any, **_: Any) -> None:
        done.append(container.id)

    monkeypatch.setattr(operations, "delete_container", delete)
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, text)
        await pilot.press("enter")
        if asks:
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            assert "web1" in screen_text(app)
        else:
            await until(pilot, lambda: done == ["web1"])


async def test_what_is_risky_is_told_before_it_runs(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "run -v /etc:/x nginx:1.27")
        await until(pilot, shows(app, "/etc: the host's passwords and settings, writable"))


async def test_run_asks_for_the_images_full_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[RunOptions, str]] = []

    async def run(client: Any, options: RunOptions, *, namespace: str, **_: Any) -> Any:
        asked.append((options, namespace))
        raise RuntimeFailed("the image has no program 'x'", subject=options.id)

    monkeypatch.setattr(operations, "run", run)
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "run --name web9 -e A=hunter2 nginx:1.27 x")
        await pilot.press("enter")
        await until(pilot, lambda: bool(asked))
        options, namespace = asked[0]
        assert (options.image, options.id, namespace) == (
            "docker.io/library/nginx:1.27",
            "web9",
            "default",
        )
        await until(pilot, shows(app, "web9 does not run", "no program 'x'"))
        await until(pilot, lambda: (tmp_path / "history").exists())
        assert "hunter2" not in (tmp_path / "history").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run nothing:1", ["nothing:1", "no such image", ":pull nothing:1"]),
        ("run registry.k8s.io/pause:3.10", ["in namespace k8s.io", ":ns k8s.io"]),
    ],
)
async def test_an_image_that_is_not_where_it_would_run(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, text)
        await pilot.press("enter")
        await until(pilot, shows(app, *words))


async def test_namespaces(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "ns k8s.io")
        await pilot.press("enter")
        await until(pilot, lambda: app.main.scope == "k8s.io")


async def test_read_only_refuses_what_changes_and_nothing_else(tmp_path: Path) -> None:
    async with line(tmp_path, read_only=True) as (app, pilot, pulls):
        await typed(pilot, "pull nginx")
        await pilot.press("enter")
        await until(pilot, shows(app, "read-only"))
        assert pulls.started == []
        await pilot.press("ctrl+u")
        await typed(pilot, "tasks")
        await pilot.press("enter")
        await until(pilot, lambda: app.main.pane_id == "tasks")


async def test_hostile_names_are_only_text(tmp_path: Path) -> None:
    hostile = snapshot([image("[/]\x1b[2Jx"), image("[/]y")], [container("[@click=app.exit]a"),
                                                             container("[/b]")])  # fmt: skip
    async with line(tmp_path, snapshot=hostile) as (app, pilot, _):
        await typed(pilot, "rm ")
        await pilot.press("tab")
        await until(pilot, shows(app, "[/b] [@click=app.exit]a"))
        await pilot.press("ctrl+u")
        await typed(pilot, "rmi ")
        await pilot.press("tab", "x", "enter")
        assert "\x1b" not in screen_text(app)


@pytest.mark.parametrize("size", [(200, 50), (40, 10)])
async def test_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with line(tmp_path, size=size, snapshot=world()) as (app, pilot, _):
        await typed(pilot, "run -")
        await pilot.press("tab", "enter")
        entry = app.screen.query_one(CommandInput)
        assert app.screen.region.contains_region(entry.region)
