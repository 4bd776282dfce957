"""Every screen test sees the same terminal."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual._context import active_app
from textual.app import App

from aiocontainerd import operations
from aiocontainerd.client import Client
from ctdeck import keygate
from ctdeck.app import CtdeckApp
from ctdeck.screens import dialog
from ctdeck.widgets.table import Table, utcnow


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setattr(Table, "now", staticmethod(utcnow))


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing is read of what another test, or the machine's own ctdeck, has remembered."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "no-state"))


@pytest.fixture(autouse=True)
def nimble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pilot sleeps 40 ms or more at each key to see whether the process is idle; we ask."""
    monkeypatch.setattr("textual.app.wait_for_idle", idle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", idle)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form whose modules are imported just now may take seconds on a busy machine."""
    monkeypatch.setattr(keygate, "PATIENCE", 30.0)


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that only stands for one cannot be asked what another ctdeck left."""
    for name in ("cut_short", "stray_logs", "left_behind", "end_orphans"):
        real = getattr(operations, name)

        async def asked(client: object, *more: object, real: Any = real, **named: object) -> object:
            return await real(client, *more, **named) if isinstance(client, Client) else []

        monkeypatch.setattr(operations, name, asked)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question hears keys from the moment it is there."""
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)


async def idle(*_: float) -> None:
    """Until nothing is to be done at once, no key waits in the app, and all is drawn."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    quiet = 0
    for _ in range(3000):  # 6 s, should it owe a picture all the time
        await asyncio.sleep(0)
        owing = _owing(active_app.get(None))
        quiet = 0 if ready or owing else quiet + 1
        if quiet > 2:
            return
        if owing and not ready:
            await asyncio.sleep(0.002)


def _owing(app: App[object] | None) -> bool:
    if app is None or app._exit or not app.screen_stack:  # what is over draws no more
        return False
    screen = app.screen
    undrawn = screen._dirty_widgets or screen._callbacks or screen._layout_required
    return bool(undrawn) or (isinstance(app, CtdeckApp) and app.keys.is_busy)
