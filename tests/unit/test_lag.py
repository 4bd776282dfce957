"""How far events lag: told when it is so, and no longer."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aiocontainerd.client import Client
from aiocontainerd.reconcile import follow
from aiocontainerd.reconcile.details import Details
from aiocontainerd.reconcile.follow import Follower
from aiocontainerd.reconcile.hostfiles import HostFiles
from aiocontainerd.reconcile.lag import Lag
from aiocontainerd.services.events import Envelope

from .reconciling import NOW, make_world


def test_events_that_waited_are_told_whatever_the_clocks_say() -> None:
    for skew in (timedelta(0), timedelta(days=-400), timedelta(hours=9)):
        taken, steady = Lag(900.0), 1000.0
        assert taken.take(NOW + skew, steady) == 0
        for second in range(1, 20):  # in each second half a second of events
            for part in range(10):
                steady += 0.1
                stamp = NOW + skew + timedelta(seconds=second / 2 + part / 20)
                late = taken.take(stamp, steady)
        assert late >= 8
        assert taken.take(NOW + skew + timedelta(seconds=steady - 1000), steady) == 0
        assert taken.take(NOW + timedelta(days=5), steady + 1) == 0, "the clock was set"
        assert taken.take(None, steady + 2) == 0


def test_a_lag_is_told_until_the_stream_begins_anew() -> None:
    made, _ = make_world()
    made.set(behind=7)
    assert made.freeze().behind == 7
    made.read_anew()
    assert made.freeze().behind == 0


def test_no_event_waited_longer_than_we_listen() -> None:
    taken = Lag(1000.0)
    assert taken.take(NOW, 1001.0) == 0
    assert taken.take(NOW - timedelta(days=5), 1001.1) == 0, "the daemon's clock was set back"
    assert taken.take(NOW - timedelta(days=5), 1090.0) == 0


async def test_a_lag_ends_with_the_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "WAITED", 0.01)
    made, _ = make_world()
    late = asyncio.Event()

    async def subscribe(_: object) -> AsyncIterator[Envelope]:
        now = datetime.now(UTC)
        yield Envelope(now, "n", "/ctdeck/hello", cast(Any, None))
        yield Envelope(now - timedelta(seconds=9), "n", "/ctdeck/hello", cast(Any, None))
        late.set()
        await asyncio.Event().wait()

    client = cast(Client, SimpleNamespace(events=SimpleNamespace(subscribe=subscribe)))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        details = Details(client, made, cast(Any, None))
        follower = Follower(client, made, details, HostFiles(made), None, group)
        follower._lag = Lag(time.monotonic() - 60)
        listening = group.create_task(follower.listen())
        await late.wait()
        assert made.freeze().behind == 9
        while made.freeze().behind:
            await asyncio.sleep(0.005)
        listening.cancel()
