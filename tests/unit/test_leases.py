"""A held lease is dropped, however impatiently its holder is cancelled."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import pytest

from aiocontainerd.errors import DaemonError
from aiocontainerd.models import NO_LABELS
from aiocontainerd.services.leases import DAY, Leases


class Slow(Leases):
    """A daemon that takes its time, and counts what there is."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.synced: list[bool] = []

    async def create(
        self,
        *,
        namespace: str,
        id: str = "",
        labels: Mapping[str, str] = NO_LABELS,
        expire: timedelta = DAY,
    ) -> str:
        await asyncio.sleep(0.02)
        self.there.add(id)
        return id

    async def delete(self, id: str, *, namespace: str, sync: bool = False) -> None:
        await asyncio.sleep(0.02)
        self.there.remove(id)
        self.synced.append(sync)


async def hold(leases: Leases, *, fail: bool = False) -> None:
    async with leases.held(namespace="default", sync_on_error=True):
        if fail:
            raise DaemonError("of the block")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("after", range(0, 50, 5))  # ms: while it is made, held, and dropped
async def test_nothing_is_left_when_cancelled_again_and_again(after: int) -> None:
    leases = Slow()
    task = asyncio.ensure_future(hold(leases))
    await asyncio.sleep(after / 1000)
    while not task.done():
        task.cancel()
        await asyncio.sleep(0.005)
    assert task.cancelled()
    assert leases.there == set()


async def test_a_block_that_fails_waits_for_the_collector_if_asked() -> None:
    leases = Slow()
    await hold(leases)
    with pytest.raises(DaemonError, match="of the block"):
        await hold(leases, fail=True)
    assert leases.synced == [False, True]


async def test_a_lease_that_cannot_be_dropped_hides_no_error() -> None:
    class Broken(Slow):
        async def delete(self, id: str, *, namespace: str, sync: bool = False) -> None:
            raise DaemonError("of the lease")

    await hold(Broken())
    with pytest.raises(DaemonError, match="of the block"):
        await hold(Broken(), fail=True)
