"""Where the daemon lives is found out once; that it was not to be found is no answer to keep."""

from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.procfs import NOWHERE
from aiocontainerd.simulator import Simulator


async def test_a_daemon_that_was_away_is_looked_for_again(tmp_path: Path) -> None:
    async with Client(str(tmp_path / "c.sock")) as client:
        assert await client.locate() == NOWHERE
        assert client.proc is None
        async with Simulator(tmp_path / "c.sock"):
            found = await client.locate()
            assert found.shares_pids
        assert await client.locate() is found
        assert client.proc is not None
        assert await client.locate(anew=True) == NOWHERE  # another one may come
        assert client.proc is None
