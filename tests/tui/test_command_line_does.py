"""The `:` line by keys: what it does, asks before it, and says of what cannot be done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiocontainerd import operations
from aiocontainerd.errors import RuntimeFailed
from aiocontainerd.run_options import RunOptions
from ctdeck.screens.confirm import ConfirmScreen
from ctdeck.widgets.command import CommandInput
from tests.tui.apps import screen_text, until
from tests.tui.commandlines import gone, line, shows
from tests.tui.hosts import typed
from tests.tui.worlds import container, image, snapshot, world


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
    ("flags", "hinted"), [("", True), ("--name web9 ", False)], ids=["as ctr", "named"]
)
async def test_an_id_after_the_image_as_ctr_has_it_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, hinted: bool
) -> None:
    async def run(client: Any, options: RunOptions, **_: Any) -> Any:
        assert options.command == ("b1", "sleep", "100")
        raise RuntimeFailed("the image has no program 'b1'", subject=options.id)

    monkeypatch.setattr(operations, "run", run)
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, f"run -d {flags}nginx:1.27 b1 sleep 100")
        await until(pilot, lambda: "b1 sleep 100" in screen_text(app))
        assert shows(app, "It runs the program b1; --name, before the image")() is hinted
        await pilot.press("enter")
        await until(pilot, shows(app, "does not run", "no program 'b1'"))
        assert shows(app, "The words after the image are its command")() is hinted


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
