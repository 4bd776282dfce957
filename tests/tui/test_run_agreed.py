"""What is run is what was seen: the image under the cursor, the files behind the sources."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from aiocontainerd import operations
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import Key
from aiocontainerd.operations import Agreed
from aiocontainerd.run_options import RunOptions
from ctdeck.app import CtdeckApp
from ctdeck.command.parsing import parse
from ctdeck.desk import Lock
from ctdeck.screens.run import RunScreen
from ctdeck.verbs.doing import NotNow
from ctdeck.verbs.typed import carry_out
from tests.tui.apps import screen_text, until
from tests.tui.fake_operations import asked, question_of
from tests.tui.hosts import typed
from tests.tui.rundecks import NGINX, deck, opened
from tests.tui.worlds import image, snapshot

NEW = f"sha256:{'9' * 64}"
KUBELET = Lock("k8s.io", "kubelet")


pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Agreed]:
    """What was agreed to; an image of the digest NEW is what the daemon has."""
    found: list[Agreed] = []

    async def run(_: object, options: RunOptions, *, agreed: Agreed, **__: Any) -> Any:
        found.append(agreed)
        if agreed.digest != NEW:
            raise FailedPrecondition("this name points to another image", subject=options.image)
        return operations.RunResult(options.id, 7, Path("/o"), None)  # type: ignore[arg-type]

    monkeypatch.setattr(operations, "run", run)
    return found


def digest(app: CtdeckApp) -> str:
    return app.store.snapshot.images[Key("default", NGINX)].target.digest


async def move(app: CtdeckApp, pilot: Pilot[None]) -> None:
    """Somebody gives the name to another image."""
    now, key = app.store.snapshot, Key("default", NGINX)
    other = replace(now.images[key], target=replace(now.images[key].target, digest=NEW))
    app.store.publish(replace(now, images={**now.images, key: other}))
    await until(pilot, lambda: app.main.snapshot.images[key] is other)


async def test_the_form_runs_the_image_that_it_was_opened_on(
    tmp_path: Path, ran: list[Agreed]
) -> None:
    async with deck(tmp_path) as (app, pilot):
        was = digest(app)
        await opened(app, pilot)
        await move(app, pilot)
        await typed(pilot, "web9")
        await pilot.press("enter")
        await until(pilot, lambda: "this name points to another image" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        await opened(app, pilot)
        assert "Kept from when its name meant another image" in screen_text(app)
        assert "web9" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.main)
        assert [each.digest for each in ran] == [was, NEW]


async def test_a_typed_run_is_bound_to_what_its_question_was_about(
    tmp_path: Path, ran: list[Agreed]
) -> None:
    async with deck(tmp_path, size=(120, 30)) as (app, pilot):
        was = digest(app)
        carry_out(app.main, parse("run --name web9 --net host nginx:1.27"))
        await until(pilot, lambda: asked(app))
        await move(app, pilot)
        await pilot.press("y")
        await until(pilot, lambda: "this name points to another image" in screen_text(app))
        assert [each.digest for each in ran] == [was]


async def test_the_sources_are_those_that_were_looked_at(tmp_path: Path, ran: list[Agreed]) -> None:
    link = tmp_path / "link"
    link.symlink_to("/etc")
    async with deck(tmp_path) as (app, pilot):
        carry_out(app.main, parse(f"run --name web9 -v {link}:/x nginx:1.27"))
        await until(pilot, lambda: asked(app))
        await pilot.press("y")
        await until(pilot, lambda: bool(ran))
        await pilot.press("escape")
        await opened(app, pilot)
        await typed(pilot, "web8")
        await pilot.press("tab", "tab")
        await typed(pilot, f"{link}:/x")
        await until(pilot, lambda: "to /etc: the host's passwords" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: asked(app))
        await pilot.press("y")
        await until(pilot, lambda: len(ran) == 2)
        assert [each.sources for each in ran] == [{str(link): "/etc"}] * 2


@pytest.mark.parametrize("how", ["form", "word"])
async def test_what_was_unlocked_and_is_locked_again(
    tmp_path: Path, ran: list[Agreed], how: str
) -> None:
    world = snapshot(images=[image(NGINX, namespace="k8s.io")])
    async with deck(tmp_path, snapshot=world, size=(120, 30)) as (app, pilot):
        app.main.set_scope("k8s.io")
        app.main.unlock(KUBELET)
        if how == "form":
            app.main.open("run", image=app.main.snapshot.images[Key("k8s.io", NGINX)])
            await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.is_active)
        else:
            carry_out(app.main, parse("run --name web9 --net host nginx:1.27"))
            await until(pilot, lambda: question_of(app) == "Run web9?")
        app.main.unlock()
        await pilot.press("enter" if how == "form" else "y")
        await until(pilot, lambda: "it is the kubelet's, and locked" in screen_text(app))
        assert not ran


async def test_a_form_without_a_daemon_tells_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any, **__: Any) -> None:
        raise NotNow("No daemon has answered yet.")

    monkeypatch.setattr("ctdeck.screens.forms.run_container", gone)
    async with deck(tmp_path) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "No daemon has answered yet" in screen_text(app))
        assert isinstance(app.screen, RunScreen)
