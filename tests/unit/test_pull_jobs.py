"""Pulls side by side: joined, watched, cancelled; the pulling itself is a stand-in."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, InvalidArgument, RegistryError
from aiocontainerd.models import Descriptor, Image
from aiocontainerd.pull import Pulls, strategy
from aiocontainerd.pull.progress import Tracker
from aiocontainerd.pull.wish import Wish

IMAGE = Image("n", "docker.io/library/a:latest", b"a", Descriptor("", "sha256:x", 1))


class Puller:
    """Goes on when `go` is set; counts what was begun and what was cleaned up."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.clean = asyncio.Event()
        self.clean.set()
        self.wishes: list[Wish] = []
        self.cleaned = 0
        self.error: Exception | None = None

    async def __call__(self, client: Client, wish: Wish, tracker: Tracker) -> Image:
        self.wishes.append(wish)
        tracker.start("ctdeck")
        try:
            await self.go.wait()
        finally:
            await self.clean.wait()
            self.cleaned += 1
        if self.error:
            raise self.error
        return IMAGE


@pytest.fixture
async def puller(monkeypatch: pytest.MonkeyPatch) -> Puller:
    made = Puller()
    monkeypatch.setattr(strategy, "pull", made)
    return made


@pytest.fixture
async def pulls(puller: Puller) -> AsyncIterator[Pulls]:
    async with Client("/nowhere.sock") as client:
        made = Pulls(client, config_dirs=())
        yield made
        await made.close()


async def test_bad_input_is_refused_at_once(pulls: Pulls) -> None:
    with pytest.raises(InvalidArgument, match="reference"):
        pulls.start("Not A Reference", namespace="n")
    with pytest.raises(InvalidArgument, match="platform"):
        pulls.start("a", namespace="n", platform="x/y/z/w")
    assert pulls.jobs == ()


async def test_the_same_image_is_pulled_once(pulls: Pulls, puller: Puller) -> None:
    first = pulls.start("a", namespace="n")
    assert pulls.start("docker.io/library/a:latest", namespace="n") is first
    others = [
        pulls.start("a", namespace="m"),
        pulls.start("a:1", namespace="n"),
        pulls.start("a", namespace="n", platform="linux/s390x"),
    ]
    assert first.joined == 2
    assert pulls.jobs == (first, *others)
    puller.go.set()
    assert await first.wait() is IMAGE
    await asyncio.gather(*(job.wait() for job in others))
    assert len(puller.wishes) == 4
    assert pulls.start("a", namespace="n") is not first


async def test_watching(pulls: Pulls, puller: Puller) -> None:
    job = pulls.start("a", namespace="n")
    seen = []
    async for progress in job.watch():
        seen.append(progress.stage)
        puller.go.set()
    assert seen[0] == "resolving"
    assert seen[-1] == "done"
    assert [p.stage async for p in job.watch()] == ["done"]


async def test_a_failure_is_told(pulls: Pulls, puller: Puller) -> None:
    puller.error = RegistryError("no", subject="a")
    puller.go.set()
    job = pulls.start("a", namespace="n")
    with pytest.raises(RegistryError):
        await job.wait()
    assert (job.progress.stage, job.progress.error) == ("failed", "a: no")


async def test_a_mistake_of_ours_is_not_hidden(pulls: Pulls, puller: Puller) -> None:
    puller.error = ValueError("secret")
    puller.go.set()
    job = pulls.start("a", namespace="n")
    with pytest.raises(ValueError, match="secret"):
        await job.wait()
    assert job.progress.error == "an error in ctdeck itself"


@pytest.mark.parametrize("begun", [False, True])
async def test_cancel_ends_it_for_all(pulls: Pulls, puller: Puller, begun: bool) -> None:
    job = pulls.start("a", namespace="n")
    waiting = asyncio.create_task(job.wait())
    watching = asyncio.create_task(_last(job.watch()))
    while begun and not puller.wishes:
        await asyncio.sleep(0)
    await job.cancel()
    assert job.done
    assert puller.cleaned == begun
    with pytest.raises(FailedPrecondition, match="cancelled"):
        await waiting
    assert await watching == "cancelled"
    assert pulls.start("a", namespace="n") is not job


async def test_cancelling_again_does_not_disturb_the_clean_up(pulls: Pulls, puller: Puller) -> None:
    job = pulls.start("a", namespace="n")
    await anext(job.watch())
    puller.clean.clear()
    both = asyncio.gather(job.cancel(), job.cancel())
    await asyncio.sleep(0)
    assert not job.done
    puller.clean.set()
    await both
    assert puller.cleaned == 1


async def test_who_gives_up_waiting_does_not_stop_it(pulls: Pulls, puller: Puller) -> None:
    job = pulls.start("a", namespace="n")
    waiting = asyncio.create_task(job.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    puller.go.set()
    assert await job.wait() is IMAGE


async def test_ended_ones_are_forgotten_in_time(pulls: Pulls, puller: Puller) -> None:
    puller.go.set()
    for number in range(30):
        await pulls.start(f"a:{number}", namespace="n").wait()
    assert [job.reference for job in pulls.jobs][-1] == "docker.io/library/a:29"
    assert len(pulls.jobs) == 20


async def _last(watching: AsyncIterator[object]) -> str:
    stage = ""
    async for progress in watching:
        stage = progress.stage  # type: ignore[attr-defined]
    return stage
