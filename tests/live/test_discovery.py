"""Discovery against real daemons: alive, dead, frozen, and their ttrpc sockets."""

import asyncio
from collections.abc import Callable

import pytest

from aiocontainerd.access import Access
from aiocontainerd.client import Client
from aiocontainerd.discovery import discover, probe

from .daemons import Daemon


async def test_a_daemon_is_recognised(containerd: Daemon) -> None:
    found = await probe(str(containerd.socket))
    assert (found.problem, found.remedy) == ("", "")
    assert found.server is not None
    assert found.server.version.startswith(containerd.version)
    assert {"containers", "tasks", "images"} <= found.server.services
    assert found.server.transfer is (containerd.name != "1.6")
    assert containerd.snapshotter in found.server.snapshotters


async def test_its_ttrpc_socket_is_recognised(containerd: Daemon) -> None:
    found = await probe(f"{containerd.socket}.ttrpc", patience=1.0)
    assert found.server is None
    assert "ttrpc" in found.problem
    assert str(containerd.socket) in found.remedy


async def test_the_first_that_answers_is_taken(containerd: Daemon) -> None:
    alive, missing = str(containerd.socket), str(containerd.folder / "missing.sock")
    probes = await discover([missing, str(containerd.folder), alive, missing])
    assert [found.address for found in probes] == [missing, str(containerd.folder), alive]
    assert probes[-1].server is not None


async def test_the_client_that_was_asked_is_handed_over(containerd: Daemon) -> None:
    made: list[Client] = []

    def connect(address: str) -> Client:
        made.append(Client(address, access=Access(read_only=True)))
        return made[-1]

    address = str(containerd.socket)
    probes = await discover([str(containerd.folder), address, address], connect=connect)
    client = probes[-1].client
    assert client in made
    assert client is not None
    for other in made:
        if other is not client:
            with pytest.raises(Exception, match="closed"):
                await other.version.get()
    async with client:
        assert client.is_read_only()
        await client.version.get()


async def test_a_dead_and_a_frozen_daemon(
    containerd_name: str, start_daemon: Callable[..., Daemon]
) -> None:
    daemon = start_daemon(containerd_name)
    address = str(daemon.socket)
    clock = asyncio.get_running_loop().time
    daemon.freeze()
    begun = clock()
    found = await probe(address, patience=0.6)
    assert "does not answer" in found.problem
    assert clock() - begun < 10
    daemon.thaw()
    assert (await probe(address)).server is not None
    await asyncio.to_thread(daemon.kill)
    found = await probe(address)
    assert "nobody listens" in found.problem
