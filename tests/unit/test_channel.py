"""The channel: addresses, and what must not leave it but as one of our errors."""

from pathlib import Path

import pytest
from grpc import aio

from aiocontainerd.client import Client
from aiocontainerd.errors import InvalidArgument, Unavailable, Unimplemented


@pytest.mark.parametrize("folder", ["a b", "a#b", "a?b", "a%41b", "é", "a:b", "a\\b"])
async def test_a_socket_may_lie_in_any_folder(tmp_path: Path, folder: str) -> None:
    server = aio.server()
    server.add_insecure_port(f"unix:{tmp_path}/s")
    await server.start()
    (tmp_path / folder).mkdir()
    address = tmp_path / folder / "c.sock"
    address.symlink_to(tmp_path / "s")
    try:
        for spelling in (str(address), f"unix://{address}", f"unix:{address}"):
            async with Client(spelling) as client:
                with pytest.raises(Unimplemented):  # it was reached, and serves nothing
                    await client.version.get(timeout=5)
    finally:
        await server.stop(None)


@pytest.mark.parametrize("namespace", ["ü", "x\ny", "a\udcff", "a b"])
async def test_what_is_no_namespace_is_refused_as_ours(tmp_path: Path, namespace: str) -> None:
    async with Client(str(tmp_path / "s")) as client:
        with pytest.raises(InvalidArgument, match="this is not a namespace"):
            await client.images.list(namespace=namespace)
        with pytest.raises(InvalidArgument, match="this is not a namespace"):
            await client.containers.list(namespace=namespace)


async def test_a_closed_client_is_unavailable(tmp_path: Path) -> None:
    client = Client(str(tmp_path / "s"))
    await client.close()
    with pytest.raises(Unavailable, match="the connection was closed"):
        await client.version.get()
    with pytest.raises(Unavailable, match="the connection was closed"):
        await client.containers.list(namespace="default")
