"""The daemon's disk is full: `run` says so, leaves nothing half made, and deleting works."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import ResourceExhausted
from aiocontainerd.operations import delete_container, stop
from aiocontainerd.state import StateDirectory

from ..conftest import BUSYBOX
from ..daemons import Daemon
from ..namespaces import clean, new_name
from .conftest import Stage


def fill(folder: Path) -> None:
    """Take all the space that is left there."""
    with (folder / "filler").open("wb", buffering=0) as out:
        for size in (1 << 20, 4096):
            try:
                while True:
                    out.write(b"x" * size)
            except OSError:
                continue


# A record that its database has no room for in the pages that it has: of a small one it may have.
LARGE = tuple(f"V{number}={'x' * 4000}" for number in range(400))


@pytest.mark.containerd("1.6", "2")
async def test_run_says_so_and_what_could_go_and_leaves_nothing(
    containerd_name: str,
    start_daemon: Callable[..., Daemon],
    busybox_tar: Path,
    state: StateDirectory,
) -> None:
    daemon = start_daemon(containerd_name, disk="48m")
    name = new_name()
    daemon.ctr("images", "import", str(busybox_tar), namespace=name)
    try:
        async with Client(str(daemon.socket)) as client:
            stage = Stage(client, daemon, name, BUSYBOX, state)
            old = await stage.run("old")
            await stop(client, old.container, grace=0)
            before = stage.everything()
            fill(daemon.root)
            with pytest.raises(ResourceExhausted) as caught:
                await stage.run("c", env=LARGE)
            assert "c: write " in str(caught.value)
            assert caught.value.remedy == (
                "The disk is full. To make room, delete what is not needed: "
                "containers that do not run: old."
            )
            assert stage.everything() == before
            await delete_container(client, old.container, state=state, grace=0)
            assert stage.everything()["containers"] == []
            assert stage.everything()["files"] == []
    finally:
        (daemon.root / "filler").unlink()
        clean(daemon, name)
