"""What keeps reconcile cheap when there is much: slices, early pictures, bounds, few questions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import NotFound, Unavailable
from aiocontainerd.models import (
    Container,
    Descriptor,
    Event,
    Image,
    ImageDetails,
    Key,
    Mount,
    Task,
    TaskStatus,
)
from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.pb import typeurl
from aiocontainerd.reconcile import fetch, follow, records, refresh, ring, topics, world
from aiocontainerd.reconcile.binds import Binds
from aiocontainerd.reconcile.details import Details
from aiocontainerd.reconcile.fetch import Fetcher
from aiocontainerd.reconcile.follow import Follower
from aiocontainerd.reconcile.sources import SourceWatch
from aiocontainerd.reconcile.topics import Kind, Target
from aiocontainerd.reconcile.world import World
from aiocontainerd.services.events import Envelope
from aiocontainerd.slices import SLICE, sliced

from .reconciling import NOW, make_world, put_list

CONTAINERS, TASKS = Target(Kind.CONTAINERS, "n"), Target(Kind.TASKS, "n")
IMAGES, SNAPSHOTS = Target(Kind.IMAGES, "n"), Target(Kind.SNAPSHOTS, "n")


def container(id: str, *mounts: Mount, image: str = "i") -> Container:
    return Container("n", id, image, "r", "s", id, mounts=mounts)


def many(number: int) -> dict[str | bytes, Container]:
    return {f"c{n:05}": container(f"c{n:05}") for n in range(number)}


def image(name: str, digest: str = "sha256:1") -> Image:
    return Image("n", name, name.encode(), Descriptor("m", digest, 1))


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


def test_the_first_screenful_is_shown_at_once_and_then_ever_more() -> None:
    made, pokes = make_world()
    put_list(made, TASKS, {}, made.records.asking(TASKS))
    number = made.records.asking(CONTAINERS)
    rows = iter(many(20_000).items())
    early = []
    for _ in range(200):
        pokes.clear()
        made.put_some(CONTAINERS, dict(next(rows) for _ in range(100)), number)
        if world.AT_ONCE in pokes:
            snapshot = made.freeze()
            early.append(len(snapshot.containers))
            assert not snapshot.loaded
            assert snapshot.reading == {"containers", "images"}
    assert early == [100, 400, 1600, 6400]
    made.complete(CONTAINERS, number)
    assert made.freeze().reading == {"images"}
    made.set(loaded=True)
    assert made.freeze().reading == {"images"}
    put_list(made, IMAGES, {}, made.records.asking(IMAGES))
    assert made.freeze().reading == frozenset()
    made.read_anew()
    assert made.freeze().reading == {"containers", "tasks", "images"}


def test_no_row_is_shown_early_while_its_task_is_not_known() -> None:
    made, pokes = make_world()
    made.put_some(CONTAINERS, many(500), made.records.asking(CONTAINERS))
    assert world.AT_ONCE not in pokes
    put_list(made, TASKS, {}, made.records.asking(TASKS))
    assert world.AT_ONCE in pokes


def test_the_records_of_a_kept_question_are_not_searched_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "_FORGET_BEYOND", 10)
    held = records.Records()
    held.asking(TASKS)  # stays open: nothing may be forgotten
    kept = []
    for n in range(100):
        one = TASKS._replace(id=f"t{n}")
        held.put(one, None, held.asking(one))
        kept.append(id(held._answered))
    assert len(set(kept)) <= 5, "made anew each time"


def test_events_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "BYTES_KEPT", 100_000)
    made, _ = make_world()
    for seq in range(1, 101):
        made.note(Event(seq, NOW, "n", "/t", "s" * 5_000, {"image": "i" * 5_000}))
    snapshot = made.freeze()
    assert snapshot.events_total == 100
    assert 5 <= len(snapshot.events) <= 10
    assert snapshot.events[-1].seq == 100
    made.note(Event(101, NOW, "n", "/t", "s" * 200_000))
    assert [event.seq for event in made.freeze().events] == [101]


def test_a_text_without_end_is_cut() -> None:
    payload = payloads.ContainerCreate(id="c" * 1_000_000, image="i" * 1_000_000)
    found = Envelope(NOW, "n", "/containers/create", typeurl.pack(payload))
    event = topics.to_event(found, topics.fields_of(found), 1)
    assert ring.size_of(event) < 20_000
    assert event.subject.endswith("…")


def test_bind_sources_are_counted() -> None:
    def bind(source: str) -> Mount:
        return Mount("/x", "bind", source, ("rbind",))

    binds = Binds()
    first, second = container("a", bind("/a"), bind("/a"), bind("/b")), container("b", bind("/a"))
    binds.replace(None, first)
    binds.replace(None, second)
    assert set(binds.paths) == {"/a", "/b"}
    binds.replace(first, container("a", bind("/c")))
    assert set(binds.paths) == {"/a", "/c"}
    binds.replace(second, None)
    assert set(binds.paths) == {"/c"}


def put_image(made: World, *names: str, digest: str = "sha256:1") -> None:
    for name in names:
        one = IMAGES._replace(id=name.encode())
        made.put(one, image(name, digest), made.records.asking(one))


def test_what_was_found_out_goes_with_the_last_image() -> None:
    made, _ = make_world()
    put_image(made, "a", "b")
    made.put_details("n", "sha256:1", ImageDetails(5, (), chain_id="chain"))
    put_list(made, SNAPSHOTS, {"chain": "chain"}, made.records.asking(SNAPSHOTS))
    made.review(made.records.of(Kind.IMAGES, "n").values())
    assert [i.unpacked for i in made.freeze().images.values()] == [True, True]
    one = SNAPSHOTS._replace(id="chain")
    made.put(one, None, made.records.asking(one))
    assert [i.unpacked for i in made.freeze().images.values()] == [False, False]
    put_image(made, "a", digest="sha256:2")
    assert made.findings.pointing_at(("n", "sha256:1")) == [image("b")]
    one = IMAGES._replace(id=b"b")
    made.put(one, None, made.records.asking(one))
    assert made.findings.details == {}
    assert made.findings.on_chain(("n", "chain")) == []
    made.put_details("n", "sha256:1", ImageDetails(5, ()))  # an answer that comes too late
    assert made.findings.details == {}


def test_the_start_of_a_process_goes_with_it() -> None:
    made, _ = make_world()
    one = TASKS._replace(id="t")
    for pid in (7, 8):
        task = Task("n", "t", pid, TaskStatus.RUNNING)
        made.put(one, task, made.records.asking(one))
        made.put_started(task, NOW)
    assert made.findings.started == {(Key("n", "t"), 8): NOW}
    made.put_started(Task("n", "gone", 9, TaskStatus.RUNNING), NOW)
    made.put(one, None, made.records.asking(one))
    assert made.findings.started == {}


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


async def test_what_waits_for_its_turn_is_asked_once() -> None:
    calls: list[Target] = []
    answer, running, most = asyncio.Event(), 0, 0

    async def ask(target: Target) -> None:
        nonlocal running, most
        calls.append(target)
        running += 1
        most = max(most, running)
        await answer.wait()
        running -= 1

    targets = [TASKS._replace(id=f"t{n}") for n in range(50)]
    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(ask, lambda _: 10_000, group)
        getting = group.create_task(refresher.get(targets))
        while len(calls) < refresh.AT_ONCE:
            await asyncio.sleep(0)
        for _ in range(100):
            refresher.mark(set(targets).difference(calls), at_once=True)
        answer.set()
        await getting
        refresher.stop()
    assert len(calls) == 50
    assert most == refresh.AT_ONCE


def test_a_list_brings_its_objects_along() -> None:
    dirty = {TASKS, TASKS._replace(id="t"), CONTAINERS._replace(id="c")}
    assert refresh.merged(dirty, lambda _: 0) == {TASKS, CONTAINERS._replace(id="c")}


async def test_a_list_that_is_older_than_its_events_is_not_the_last_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(follow, "RECHECKS", (0.0,))
    made, _ = make_world()
    shown = asyncio.Event()

    async def get(id: str, **_: object) -> Task:
        shown.set()
        return Task("n", id, 7, TaskStatus.RUNNING)

    async def listed(**_: object) -> list[Task]:
        return [Task("n", "t", 7, TaskStatus.CREATED)]

    client = cast(Client, SimpleNamespace(tasks=SimpleNamespace(get=get, list=listed)))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        details = Details(client, made, cast(Any, None))
        follower = Follower(client, made, details, SourceWatch(made), None, group)
        event = payloads.TaskStart(container_id="t", pid=7)
        follower.take(Envelope(NOW, "n", "/tasks/start", typeurl.pack(event)))
        await follower.refresher.get([TASKS])  # and "t" with it
        assert made.freeze().tasks[Key("n", "t")].status is TaskStatus.CREATED
        await shown.wait()
        follower.refresher.stop()
    assert made.freeze().tasks[Key("n", "t")].status is TaskStatus.RUNNING


async def test_the_list_under_way_answers_for_tasks_that_do_not_look_as_foretold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(follow, "RECHECKS", (0.0, 0.0))
    made, _ = make_world()
    put_list(made, TASKS, {}, made.records.asking(TASKS))
    asked: list[str] = []
    begun, answer = asyncio.Event(), asyncio.Event()

    async def get(id: str, **_: object) -> Task:
        asked.append(id)
        if len(asked) == 2:
            follower.mark([TASKS])
        await begun.wait()
        return Task("n", id, 7, TaskStatus.CREATED)

    async def listed(**_: object) -> list[Task]:
        begun.set()
        await answer.wait()
        return [Task("n", id, 7, TaskStatus.RUNNING) for id in ("a", "b")]

    client = cast(Client, SimpleNamespace(tasks=SimpleNamespace(get=get, list=listed)))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        details = Details(client, made, cast(Any, None))
        follower = Follower(client, made, details, SourceWatch(made), None, group)
        for id in ("a", "b"):
            event = typeurl.pack(payloads.TaskStart(container_id=id, pid=7))
            follower.take(Envelope(NOW, "n", "/tasks/start", event))
        await begun.wait()
        for _ in range(50):
            await asyncio.sleep(0)
        answer.set()
        while {t.status for t in made.freeze().tasks.values()} != {TaskStatus.RUNNING}:
            await asyncio.sleep(0)
        follower.refresher.stop()
    assert sorted(asked) == ["a", "b"]


async def test_a_task_that_could_not_be_read_is_not_forgotten_with_its_container() -> None:
    made, _ = make_world()
    put_list(made, TASKS, {}, made.records.asking(TASKS))
    put_list(made, CONTAINERS, {"t": container("t")}, made.records.asking(CONTAINERS))

    async def fails(id: str, **_: object) -> Task:
        raise Unavailable("not now")

    async def listed(**_: object) -> list[Task]:
        return [Task("n", "t", 7, TaskStatus.RUNNING)]

    async def gone(id: str, **_: object) -> Container:
        raise NotFound(id)

    kinds = {"tasks": SimpleNamespace(get=fails, list=listed)}
    client = cast(Client, SimpleNamespace(containers=SimpleNamespace(get=gone), **kinds))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        details = Details(client, made, cast(Any, None))
        follower = Follower(client, made, details, SourceWatch(made), None, group)
        started = payloads.TaskStart(container_id="t", pid=7)
        follower.take(Envelope(NOW, "n", "/tasks/start", typeurl.pack(started)))
        await follower.refresher.get([TASKS._replace(id="t")])
        deleted = payloads.ContainerDelete(id="t")
        follower.take(Envelope(NOW, "n", "/containers/delete", typeurl.pack(deleted)))
        while not made.freeze().tasks:
            await asyncio.sleep(0.001)
        follower.refresher.stop()


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
