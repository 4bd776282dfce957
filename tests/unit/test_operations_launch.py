"""Ending a task that does not end."""

import asyncio

import pytest

from aiocontainerd.errors import DaemonError
from aiocontainerd.models import Container
from aiocontainerd.operations import launch


class Stuck:
    """A client whose tasks take SIGKILL and live on: their process hangs in the kernel."""

    @property
    def tasks(self) -> "Stuck":
        return self

    async def kill(self, id: str, signal: int, *, namespace: str, all: bool) -> None:
        assert (id, signal, namespace, all) == ("c", 9, "default", True)

    async def wait(self, id: str, *, namespace: str) -> None:
        await asyncio.Event().wait()

    async def delete(self, id: str, *, namespace: str) -> None:
        raise DaemonError("cannot delete a running process")


async def test_undoing_ends_although_the_task_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "KILL_WAIT", 0.01)
    container = Container("default", "c", "busybox", "", "", "")
    async with asyncio.timeout(5):
        with pytest.raises(DaemonError, match="cannot delete"):
            await launch.end_task(Stuck(), container)  # type: ignore[arg-type]
