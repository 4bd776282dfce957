"""Long lists: taken in slices, shown early, broken off; and what becomes of their troubles."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aiocontainerd import reconcile
from aiocontainerd.client import Client
from aiocontainerd.errors import NotFound, Unavailable
from aiocontainerd.models import (
    Container,
    Key,
    Task,
    TaskStatus,
)
from aiocontainerd.reconcile import fetch, topics, world
from aiocontainerd.reconcile.fetch import Fetcher
from aiocontainerd.reconcile.topics import Kind, Target
from aiocontainerd.reconcile.world import World
from aiocontainerd.slices import SLICE, sliced
from aiocontainerd.store import Store

from .reconciling import CONTAINERS, IMAGES, TASKS, container, make_world, put_list


def many(number: int) -> dict[str | bytes, Container]:
    return {f"c{n:05}": container(f"c{n:05}") for n in range(number)}


class Turns:
    """Counts how often the event loop came round: work that is never interrupted lets it not."""

    def __init__(self) -> None:
        self.count = -1
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            self.count += 1
            await asyncio.sleep(0)

    def stop(self) -> int:
        self._task.cancel()
        return self.count


async def test_others_get_their_turn_after_each_slice() -> None:
    turns = Turns()
    assert [n async for n in sliced(range(10 * SLICE))] == list(range(10 * SLICE))
    assert turns.stop() >= 9


def fetcher_of(made: World, listed: Iterable[Container], error: Exception | None = None) -> Fetcher:
    """A fetcher whose daemon has these containers, and breaks off with that error."""

    async def each(**_: object) -> AsyncIterator[Container]:
        for record in listed:
            yield record
        if error:
            raise error

    client = SimpleNamespace(containers=SimpleNamespace(each=each))
    return make_fetcher(client, made)


def make_fetcher(
    client: object, made: World, again: Callable[[tuple[Target, ...]], None] = lambda _: None
) -> Fetcher:
    return Fetcher(
        cast(Client, client),
        made,
        None,
        again=again,
        one_by_one=lambda _: None,
        is_told_gone=lambda _: False,
    )


async def test_a_list_is_taken_in_slices_and_its_deletions_too() -> None:
    made, _ = make_world()
    for listed in (many(20 * SLICE).values(), ()):
        turns = Turns()
        await fetcher_of(made, listed).fetch(CONTAINERS)
        assert turns.stop() >= 19
        assert len(made.freeze().containers) == len(listed)


async def test_a_list_that_breaks_off_takes_nothing_away() -> None:
    made, _ = make_world()
    put_list(made, CONTAINERS, {"z": container("z")}, made.records.asking(CONTAINERS))
    fetcher = fetcher_of(made, many(3).values(), Unavailable("gone"))
    await fetcher.fetch(CONTAINERS)
    assert {key.id for key in made.freeze().containers} == {"c00000", "c00001", "c00002", "z"}
    assert CONTAINERS in fetcher.troubles


async def test_a_whole_list_ends_the_troubles_of_its_objects() -> None:
    made, _ = make_world()
    fetcher = fetcher_of(made, many(3).values())
    other = TASKS._replace(id="t")
    for target in (CONTAINERS._replace(id="c00000"), other, CONTAINERS):
        fetcher.troubles[target] = Unavailable("gone")
    await fetcher.fetch(CONTAINERS)
    assert set(fetcher.troubles) == {other}


async def test_a_namespace_that_is_gone_takes_its_troubles_along() -> None:
    made, _ = make_world()

    async def names() -> list[str]:
        return ["other"]

    fetcher = make_fetcher(SimpleNamespace(namespaces=SimpleNamespace(list=names)), made)
    fetcher.troubles[TASKS] = Unavailable("gone")
    await fetcher.fetch(topics.ALL_NAMESPACES)
    assert not fetcher.troubles


async def test_what_changed_while_the_list_was_read_stays() -> None:
    made, _ = make_world()
    put_list(made, CONTAINERS, {"old": container("old")}, made.records.asking(CONTAINERS))

    def listed() -> Iterable[Container]:
        yield container("gone")
        yield container("changed")
        for id, new in (("gone", None), ("changed", container("changed", image="j"))):
            one = CONTAINERS._replace(id=id)
            made.put(one, new, made.records.asking(one))
        one = CONTAINERS._replace(id="new")
        made.put(one, container("new"), made.records.asking(one))

    await fetcher_of(made, listed()).fetch(CONTAINERS)
    held = made.freeze().containers
    assert {key.id for key in held} == {"changed", "new"}
    assert held[Key("n", "changed")].image == "j"


def test_the_first_screenful_is_shown_at_once_and_the_rest_in_time() -> None:
    made, pokes = make_world()
    put_list(made, TASKS, {}, made.records.asking(TASKS))
    number = made.records.asking(CONTAINERS)
    rows = iter(many(20_000).items())
    early = []
    for _ in range(200):
        pokes.clear()
        made.put_some(CONTAINERS, dict(next(rows) for _ in range(100)), number)
        assert world.SELDOM in pokes
        if world.AT_ONCE in pokes:
            snapshot = made.freeze()
            early.append(len(snapshot.containers))
            assert not snapshot.loaded
            assert snapshot.reading == {"containers", "images"}
    assert early == [100]
    made.complete(CONTAINERS, number)
    assert made.freeze().reading == {"images"}
    made.set(loaded=True)
    assert made.freeze().reading == {"images"}
    put_list(made, IMAGES, {}, made.records.asking(IMAGES))
    assert made.freeze().reading == frozenset()
    made.read_anew()
    assert made.freeze().reading == {"containers", "tasks", "images"}


@pytest.mark.parametrize(("cost", "gap"), [(0.0, reconcile.LOADING_GAP), (0.1, 2.0)])
async def test_a_long_list_is_told_of_as_often_as_it_costs(
    monkeypatch: pytest.MonkeyPatch, cost: float, gap: float
) -> None:
    """Not ever more seldom: the tenth snapshot comes as soon after the ninth as the second."""
    keeper = reconcile._Keeper(cast(Any, None), Store(), None, 1.0, cast(Any, None))
    made, clock = keeper._world, iter(range(1000))
    made.put_namespaces(["n"], ["n"])
    monkeypatch.setattr(reconcile, "thread_time", lambda: cost * next(clock))
    number = made.records.asking(CONTAINERS)
    for id, record in many(10).items():
        made.put_some(CONTAINERS, {id: record}, number)
        keeper._publish()
        assert keeper._publisher.gap == pytest.approx(gap)
    made.set(loaded=True)
    keeper._publish()
    assert keeper._publisher.gap == reconcile.PUBLISH_GAP
    keeper._publisher.stop()


def test_no_row_is_shown_early_while_its_task_is_not_known() -> None:
    made, pokes = make_world()
    made.put_some(CONTAINERS, many(500), made.records.asking(CONTAINERS))
    assert world.AT_ONCE not in pokes
    put_list(made, TASKS, {}, made.records.asking(TASKS))
    assert world.AT_ONCE in pokes


async def test_a_list_is_due_the_later_the_more_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fetch.REST_SHARES, Kind.CONTAINERS, 1_000_000)
    made, _ = make_world()
    fetcher = fetcher_of(made, many(SLICE).values())
    assert fetcher.is_due(CONTAINERS, 0)
    await fetcher.fetch(CONTAINERS)
    assert not fetcher.is_due(CONTAINERS, 0)
    with monkeypatch.context() as patch:
        patch.setattr(fetch, "LONGEST_REST", 0)
        assert fetcher.is_due(CONTAINERS, 0)
    monkeypatch.setitem(fetch.REST_SHARES, Kind.CONTAINERS, 0)
    assert fetcher.is_due(CONTAINERS, 0)
    clock = asyncio.get_running_loop().time
    with monkeypatch.context() as patch:  # a list that came a little after the last look
        patch.setattr(asyncio.get_running_loop(), "time", lambda: clock() + 29.0)
        assert fetcher.is_due(CONTAINERS, 30.0)
    assert not fetcher.is_due(CONTAINERS, 1000.0)


@pytest.mark.parametrize("held", ["t", "another"])
async def test_a_task_whose_container_has_gone_unheard_is_left_to_the_list(held: str) -> None:
    made, _ = make_world()
    number = made.records.asking(TASKS)
    put_list(made, CONTAINERS, {held: container(held)}, made.records.asking(CONTAINERS))
    again: list[tuple[Target, ...]] = []

    async def gone(id: str, **_: object) -> None:
        raise NotFound(id)

    client = SimpleNamespace(tasks=SimpleNamespace(get=gone), containers=SimpleNamespace(get=gone))
    fetcher = make_fetcher(client, made, again.append)
    await fetcher.fetch(TASKS._replace(id="t"))
    assert again == [(TASKS,)]
    put_list(made, TASKS, {"t": Task("n", "t", 7, TaskStatus.RUNNING)}, number)
    assert Key("n", "t") in made.freeze().tasks
