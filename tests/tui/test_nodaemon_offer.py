"""The key that starts ctdeck's own daemon, as root: only after a question that says what it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from aiocontainerd import discovery
from aiocontainerd.discovery import Probe
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import ServerInfo
from aiocontainerd.store import Store
from ctdeck import connect
from ctdeck.app import CtdeckApp
from ctdeck.embedded import EmbeddedDaemon, Needs, offer, process
from ctdeck.embedded.place import Place
from ctdeck.screens import dialog
from ctdeck.screens.nodaemon import NoDaemonScreen
from ctdeck.settings import Session, Settings
from tests.tui.apps import screen_text, until
from tests.tui.fake_operations import asked, lines_of, question_of
from tests.tui.hosts import burst


class World:
    """The hosts' daemons: none, until `answers`; `started` counts those of ctdeck's own."""

    def __init__(self) -> None:
        self.started = 0
        self.answers = False

    async def discover(self, *_: object, **__: object) -> tuple[Probe, ...]:
        found = ServerInfo("2.1.9") if self.answers else None
        return (Probe("/run/x.sock", found, "it sleeps", "Wake it."),)

    async def start(self, *_: object) -> EmbeddedDaemon:
        self.started += 1
        raise FailedPrecondition("it ended at once: bad config", remedy="Read its log.")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(connect, "RETRY", 0.05)
    monkeypatch.setattr(discovery, "discover", world.discover)
    monkeypatch.setattr(connect, "_session", lambda *_: Session(Store()))
    monkeypatch.setattr(EmbeddedDaemon, "start", world.start)
    monkeypatch.setattr(offer, "needs_root", lambda: None)
    monkeypatch.setattr(process, "find", lambda _: 0)
    monkeypatch.setattr(offer, "find_needs", lambda _: Needs())
    monkeypatch.setattr(offer, "which", lambda _: None)
    return world


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[CtdeckApp, Pilot[None]]]:
    app = CtdeckApp(Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, NoDaemonScreen))
        await until(pilot, lambda: "it sleeps" in screen_text(app))
        yield app, pilot


def daemon_in(folder: Path) -> Path:
    """A program that says its version as containerd does."""
    program = folder / "containerd"
    program.write_text("#!/bin/sh\necho containerd x v2.1.9+b abc\n")
    program.chmod(0o755)
    return program


def shows(app: CtdeckApp, *words: str) -> Callable[[], bool]:
    return lambda: all(word in " ".join(screen_text(app).split()) for word in words)


async def test_it_says_what_would_start_and_cancel_has_the_focus(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    place = Place.below(tmp_path / "ctdeck")
    program = daemon_in(tmp_path)
    monkeypatch.setattr(offer, "which", lambda _: str(program))
    async with opened() as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: asked(app))
        assert question_of(app) == "Start a containerd of ctdeck's own?"
        told = lines_of(app)
        for words in (f"{program} 2.1.9", "as root", str(place.socket)):
            assert words in told
        assert str(place.folder) in told
        assert "ends with the last ctdeck on it" in " ".join(told.split())
        await pilot.press("enter")
        await until(pilot, lambda: not asked(app))
        assert not world.started


async def test_keys_before_the_question_was_seen_start_nothing(world: World) -> None:
    async with opened() as (app, pilot):
        burst(app, "e", "y")
        await until(pilot, lambda: asked(app))
        await pilot.pause()
        assert asked(app)
        assert not world.started


async def test_one_yes_is_one_start_and_its_failure_stays_to_be_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    async with opened() as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: asked(app))
        await pilot.press("y")
        await until(pilot, shows(app, "it ended at once: bad config"))
        rounds = app.screen.rounds  # type: ignore[attr-defined]
        await until(pilot, lambda: app.screen.rounds > rounds + 1)  # type: ignore[attr-defined]
        assert shows(app, "it ended at once: bad config", "it sleeps")()
        assert world.started == 1


async def test_a_daemon_that_answers_meanwhile_takes_the_question_away(world: World) -> None:
    async with opened() as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: asked(app))
        world.answers = True
        await until(pilot, lambda: app.screen is app.main)
        assert app.screen_stack == [app.main]
        assert not world.started


async def test_what_cannot_be_started_is_told_without_a_question(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offer, "needs_root", lambda: FailedPrecondition("root"))
    async with opened() as (app, pilot):
        await pilot.press("e")
        await until(pilot, shows(app, "it ended at once"))  # by the refusal of the start
        assert not asked(app)


async def test_one_that_runs_already_is_joined_and_said_to_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "find", lambda _: 4121)
    async with opened() as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: asked(app))
        assert question_of(app) == "Use the containerd of ctdeck's own?"
        assert "pid 4121" in lines_of(app)


async def test_a_version_that_is_not_told_is_no_hindrance(tmp_path: Path) -> None:
    program = daemon_in(tmp_path)
    async with asyncio.timeout(5):
        assert await offer.version_of(str(program)) == "2.1.9"
        assert await offer.version_of("/no/such/program") == ""
        assert await offer.version_of("/bin/true") == ""  # which says another thing
