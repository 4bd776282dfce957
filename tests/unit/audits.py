"""An audit in a fresh folder, a daemon for it, and what it has written."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aiocontainerd.audit import Audit
from aiocontainerd.simulator import Simulator
from aiocontainerd.simulator.demo import make_host
from aiocontainerd.state import StateDirectory

PATIENCE = 20.0  # s


@pytest.fixture(name="state")
def fresh_state(tmp_path: Path) -> StateDirectory:
    """It is not there yet, and neither is the folder above it."""
    return StateDirectory(tmp_path / "state" / "ctdeck")


@pytest.fixture(name="sim")
async def simulator() -> AsyncIterator[Simulator]:
    """A daemon with the demo's world."""
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        async with Simulator(Path(folder) / "c.sock", make_host().world) as simulator:
            yield simulator


@pytest.fixture(name="audit")
async def fresh_audit(state: StateDirectory, sim: Simulator) -> AsyncIterator[Audit]:
    """Closed at the end."""
    made = Audit(state, sim.address)
    yield made
    await made.close()


def records(state: StateDirectory) -> list[dict[str, Any]]:
    """The lines of the newest file, as they were meant."""
    if not state.audit.exists():
        return []
    return [json.loads(line) for line in state.audit.read_text().splitlines()]


def results(state: StateDirectory) -> list[tuple[str, str]]:
    """Action and result of each line."""
    return [(each["action"], each["result"]) for each in records(state)]
