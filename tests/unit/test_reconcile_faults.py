"""What reconcile makes of breaks at the worst moments, and of other things at its address."""

import asyncio
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

import aiocontainerd.reconcile as keeper
from aiocontainerd.client import Client
from aiocontainerd.errors import Unavailable
from aiocontainerd.models import Phase
from aiocontainerd.reconcile import session
from aiocontainerd.reconcile.hello import confirm
from aiocontainerd.simulator import Simulator, World, containers, populate
from aiocontainerd.simulator.faults import Faults
from aiocontainerd.unreached import UNREACHED

from .followed import address, following, is_live

__all__ = ["address"]

# Turns of the event loop, into the start of a session, after which its stream breaks.
MOMENTS = range(0, 400, 4)


@pytest.mark.parametrize("turns", range(4))
async def test_a_cancellation_that_comes_with_the_greeting_is_not_lost(turns: int) -> None:
    greeted, sent = asyncio.Event(), asyncio.Event()

    async def get(**_: object) -> None:
        return None

    async def publish(*_: object, **__: object) -> None:
        sent.set()

    version, events = SimpleNamespace(get=get), SimpleNamespace(publish=publish)
    client = cast(Client, SimpleNamespace(version=version, events=events))
    meeting = asyncio.create_task(confirm(client, greeted))
    await sent.wait()
    await asyncio.sleep(0)
    greeted.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    is_cancelled = meeting.cancel()
    await asyncio.wait({meeting})
    assert meeting.cancelled() is is_cancelled


async def test_the_stream_may_break_at_any_moment_of_the_start(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(keeper, "LONGEST_PAUSE", 0.0)
    async with following(address, 5, Faults()) as daemon:
        await daemon.until(is_live)
        for moment in MOMENTS:
            cut = 0
            async with asyncio.timeout(5):
                while not cut:  # the next session has no stream yet
                    await asyncio.sleep(0)
                    cut = daemon.faults.cut()
            for _ in range(moment):
                await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        assert len((await daemon.until(is_live)).containers) == 5


async def test_what_is_not_a_daemon_is_named_for_what_it_is(address: str) -> None:
    async def hang_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while await reader.read(64):
                pass
        writer.close()

    async def docker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read(64)
            writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    refused = Unavailable(f"{UNREACHED}{address}")
    assert "no such socket" in await keeper.why(address, refused)
    for serve, text in ((hang_on, session.SILENT), (docker, "speaks HTTP/1")):
        async with await asyncio.start_unix_server(serve, address):
            assert text in await keeper.why(address, refused)
            assert await keeper.why(address, Unavailable("the stream ended")) == "the stream ended"
        Path(address).unlink(missing_ok=True)
    async with Simulator(address, World()):
        assert await keeper.why(address, refused) == keeper.STARTING


async def test_another_daemon_at_the_same_address_is_another_world(address: str) -> None:
    async with following(address, 5, Faults()) as daemon:
        await daemon.until(lambda s: is_live(s) and not s.reading)
        containers.delete(daemon.sim.world, "default", "row00004")
        await daemon.until(lambda s: s.events)
        await daemon.sim.stop()
        await daemon.until(lambda s: s.phase is Phase.LOST)
        other, faults = World(), Faults()
        populate(other, containers=2, images=1, running=0)
        faults.add("(Containers/ListStream|Namespaces/List)", "hang")
        async with Simulator(address, other, faults=faults):
            shown = await daemon.until(lambda s: not s.containers)
            assert shown.phase is Phase.CONNECTING
            assert not shown.loaded
            assert not shown.events
            assert not shown.images
            faults.clear()
            shown = await daemon.until(is_live)
            assert {key.id for key in shown.containers} == {"row00000", "row00001"}
            assert not shown.tasks
