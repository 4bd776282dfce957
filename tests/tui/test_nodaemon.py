"""No daemon answers: what was tried, what is wrong, what to do, and trying again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aiocontainerd.discovery import Probe
from ctdeck import connect
from ctdeck.app import CtdeckApp
from ctdeck.screens.nodaemon import NoDaemonScreen, told
from ctdeck.settings import Session, Settings
from tests.tui.apps import screen_text, until

HOSTILE = "/run/\x1b[2J[/][@click=app.quit]x.sock"


async def test_a_missing_socket_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "RETRY", 0.05)
    app = CtdeckApp(Settings(address=str(tmp_path / "no.sock")))
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, NoDaemonScreen))
        await until(pilot, lambda: "no.sock" in screen_text(app))
        text = screen_text(app)
        assert "No containerd answers" in text
        assert "there is no such socket" in text
        assert "→" in text
        assert "ctdeck --embedded" in text
        await until(pilot, lambda: bool(re.search(r"Tried \d+ times", screen_text(app))))
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


async def test_it_goes_by_itself_when_a_daemon_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    from aiocontainerd import discovery
    from aiocontainerd.models import ServerInfo
    from aiocontainerd.store import Store

    rounds = 0

    async def discover(*_: object, **__: object) -> tuple[Probe, ...]:
        nonlocal rounds
        rounds += 1
        found = ServerInfo("2.1.9") if rounds > 1 else None
        return (Probe("/run/x.sock", found, "it sleeps", "Wake it."),)

    monkeypatch.setattr(discovery, "discover", discover)
    monkeypatch.setattr(connect, "_session", lambda *_: Session(Store()))
    app = CtdeckApp(Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, NoDaemonScreen))
        await until(pilot, lambda: "it sleeps" in screen_text(app))
        await pilot.press("r")
        await until(pilot, lambda: app.screen is app.main)
        assert app.session is not None


def test_equal_problems_are_told_once_and_hostile_paths_are_safe() -> None:
    probes = [Probe(p, None, "there is no such socket", "Start it.") for p in ("/a", "/b", HOSTILE)]
    text = told(probes, Settings(), 1).plain
    assert text.count("there is no such socket") == 1
    assert all(path in text for path in ("/a", "/b"))
    assert "\x1b" not in text
    assert "[@click=app.quit]" in text


def test_when_one_was_named_the_others_of_this_host_are_told() -> None:
    probes = (Probe("/a.sock", problem="there is no such file", remedy=""),)
    text = told(probes, Settings(address="/a.sock"), 1, ["/run/k3s/c.sock"]).plain
    assert "There is also /run/k3s/c.sock: ctdeck -a /run/k3s/c.sock" in text
