"""The parts of reconcile that need no daemon: merging, ordering, pacing, reading of events."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message

from aiocontainerd.models import Container, Event, Key, Mount, Phase, Task, TaskStatus
from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.pb import images_pb2, typeurl
from aiocontainerd.reconcile import records, refresh, sources, topics
from aiocontainerd.reconcile.pacing import Pacer
from aiocontainerd.reconcile.topics import ALL_NAMESPACES, Kind, Target
from aiocontainerd.reconcile.world import World
from aiocontainerd.services.events import Envelope

from .reconciling import put_list

NOW = datetime(2026, 1, 2, tzinfo=UTC)
TASKS = Target(Kind.TASKS, "n")


def task(id: str, status: TaskStatus = TaskStatus.RUNNING, pid: int = 7) -> Task:
    return Task("n", id, pid, status)


def container(id: str, *mounts: Mount, namespace: str = "n") -> Container:
    return Container(namespace, id, "i", "r", "s", id, mounts=mounts)


def envelope(topic: str, payload: Message | None) -> Envelope:
    return Envelope(NOW, "n", topic, typeurl.pack(payload) if payload else Any(type_url="odd"))


def about(topic: str, payload: Message | None) -> tuple[str, ...]:
    found = envelope(topic, payload)
    targets = topics.targets_of(found, topics.fields_of(found))
    return tuple(f"{t.kind.value}/{t.id!r}" for t in targets)


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("/containers/create", payloads.ContainerCreate(id="c"), ("containers/'c'",)),
        (
            "/containers/delete",
            payloads.ContainerDelete(id="c"),
            ("containers/'c'", "tasks/None"),
        ),
        ("/tasks/start", payloads.TaskStart(container_id="c", pid=1), ("tasks/'c'",)),
        ("/tasks/exit", payloads.TaskExit(container_id="c", id="c"), ("tasks/'c'",)),
        ("/tasks/exit", payloads.TaskExit(container_id="c", id="probe"), ()),
        ("/tasks/exec-added", payloads.TaskExecAdded(container_id="c", exec_id="e"), ()),
        ("/tasks/delete", payloads.TaskDelete(container_id="c"), ("tasks/'c'",)),
        ("/images/create", images_pb2.ImageCreate(name=b"i\xff"), ("images/b'i\\xff'",)),
        ("/snapshot/prepare", payloads.SnapshotPrepare(key="k"), ()),
        ("/snapshot/commit", payloads.SnapshotCommit(key="k", name="s"), ("snapshots/'s'",)),
        ("/snapshot/remove", payloads.SnapshotRemove(key="k"), ("snapshots/'k'",)),
        ("/namespaces/create", payloads.NamespaceCreate(name="x"), ("namespaces/None",)),
        ("/content/delete", payloads.ContentDelete(digest="d"), ()),
        ("/tasks/start", None, ("tasks/None",)),  # a payload that we cannot read
        ("/images/create", None, ("images/None",)),
        ("/unheard/of", None, ()),
        ("", None, ()),
    ],
)
def test_what_an_event_says_to_get(
    topic: str, payload: Message | None, expected: tuple[str, ...]
) -> None:
    assert about(topic, payload) == expected


def shown(topic: str, payload: Message | None) -> Event:
    found = envelope(topic, payload)
    return topics.to_event(found, topics.fields_of(found), 5)


def test_an_exit_in_words() -> None:
    event = shown("/tasks/exit", payloads.TaskExit(container_id="c", id="c", pid=3))
    assert (event.seq, event.timestamp, event.namespace) == (5, NOW, "n")
    assert event.subject == "c"
    assert event.attributes == {"pid": "3", "exit_status": "0"}


def test_an_exec_keeps_its_name() -> None:
    event = shown("/tasks/exit", payloads.TaskExit(container_id="c", id="e", exit_status=1))
    assert event.subject == "c"
    assert event.attributes == {"exec_id": "e", "pid": "0", "exit_status": "1"}


def test_hostile_text_is_made_safe() -> None:
    event = shown("/images/create", images_pb2.ImageCreate(name=b"a\x1b[2J\xff"))
    assert event.subject == "a\u241b[2J\ufffd"
    event = shown("/containers/create", payloads.ContainerCreate(id="c", image="\u202ei"))
    assert event.attributes == {"image": "\ufffdi"}


def test_broken_payloads_are_survived() -> None:
    found = Envelope(
        None, "n", "/tasks/exit", Any(type_url="containerd.events.TaskExit", value=b"\xff")
    )
    assert topics.fields_of(found) == {}
    assert shown("/odd", None).subject == ""


def test_a_late_list_does_not_undo_a_later_look() -> None:
    held = records.Records()
    slow = held.asking(TASKS)
    quick = held.asking(TASKS._replace(id="new"))
    held.put(TASKS._replace(id="new"), task("new"), quick)
    gone = held.asking(TASKS._replace(id="gone"))
    held.put(TASKS._replace(id="gone"), None, gone)
    put_list(held, TASKS, {"old": task("old"), "gone": task("gone")}, slow)
    assert set(held.of(Kind.TASKS, "n")) == {"new", "old"}
    assert held.is_listed(Kind.TASKS, "n")


def test_a_late_look_does_not_undo_a_later_one() -> None:
    held = records.Records()
    one = TASKS._replace(id="t")
    first, second = held.asking(one), held.asking(one)
    held.put(one, task("t", TaskStatus.STOPPED), second)
    assert held.put(one, task("t", TaskStatus.RUNNING), first) == []
    assert held.of(Kind.TASKS, "n")["t"] == task("t", TaskStatus.STOPPED)


def test_a_late_look_does_not_undo_a_later_list() -> None:
    held = records.Records()
    one, gone = TASKS._replace(id="t"), TASKS._replace(id="gone")
    first, other = held.asking(one), held.asking(gone)
    put_list(held, TASKS, {"t": task("t", TaskStatus.STOPPED)}, held.asking(TASKS))
    assert held.put(one, task("t"), first) == []
    assert held.put(gone, task("gone"), other) == []
    assert held.of(Kind.TASKS, "n") == {"t": task("t", TaskStatus.STOPPED)}
    assert held.put(one, task("t"), held.asking(one))


def test_a_later_list_does_replace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_FORGET_BEYOND", 3)
    held = records.Records()
    for number in range(20):
        one = TASKS._replace(id=f"t{number}")
        held.put(one, task(f"t{number}"), held.asking(one))
    put_list(held, TASKS, {}, held.asking(TASKS))
    assert not held.of(Kind.TASKS, "n")


def make_world() -> tuple[World, list[float]]:
    pokes: list[float] = []
    world = World(pokes.append)
    world.put_namespaces(["n"], ["n"])
    return world, pokes


def test_snapshots_share_what_has_not_changed() -> None:
    world, pokes = make_world()
    put_list(world, TASKS, {"t": task("t")}, world.records.asking(TASKS))
    first = world.freeze()
    assert first is world.freeze()
    pokes.clear()
    put_list(world, TASKS, {"t": task("t")}, world.records.asking(TASKS))
    world.set(phase=Phase.CONNECTING, error="")
    assert not pokes
    assert first is world.freeze()
    put_list(world, Target(Kind.CONTAINERS, "n"), {"c": container("c")}, 99)
    second = world.freeze()
    assert second.tasks is first.tasks
    assert set(second.containers) == {Key("n", "c")}
    assert not first.containers


def test_a_vanished_namespace_takes_its_records_along() -> None:
    world, _ = make_world()
    put_list(world, TASKS, {"t": task("t")}, world.records.asking(TASKS))
    world.put_namespaces(["other"], ["other"])
    put_list(world, TASKS, {"t": task("t")}, 99)  # an answer that comes too late
    assert not world.freeze().tasks
    assert world.freeze().namespaces == ("other",)


def test_the_start_of_a_task_is_kept_with_its_pid() -> None:
    world, _ = make_world()
    one = TASKS._replace(id="t")
    world.put(one, task("t"), 1)
    world.put_started(task("t"), NOW)
    assert world.freeze().tasks[Key("n", "t")].since == NOW
    world.put(one, task("t", pid=8), 2)
    assert world.freeze().tasks[Key("n", "t")].since is None


def test_events_are_kept_in_a_ring() -> None:
    world, _ = make_world()
    for seq in range(1, 3001):
        world.note(Event(seq, NOW, "n", "/t", ""))
    snapshot = world.freeze()
    assert snapshot.events_total == 3000
    assert [snapshot.events[0].seq, snapshot.events[-1].seq] == [1001, 3000]


class Asked:
    """A fetch that counts, and answers when let."""

    def __init__(self) -> None:
        self.calls: Counter[Target] = Counter()
        self.blocked: dict[Target, asyncio.Event] = {}
        self.news = asyncio.Condition()

    async def fetch(self, target: Target) -> None:
        self.calls[target] += 1
        async with self.news:
            self.news.notify_all()
        if target in self.blocked:
            await self.blocked[target].wait()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5), self.news:
            await self.news.wait_for(condition)


async def test_a_flock_of_events_is_one_question() -> None:
    asked = Asked()
    one = TASKS._replace(id="t")
    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(asked.fetch, lambda _: 0, group)
        for _ in range(1000):
            refresher.mark([one])
        await asked.until(lambda: asked.calls[one] == 1)
        refresher.stop()
    assert asked.calls == {one: 1}


async def test_many_objects_become_one_list() -> None:
    asked = Asked()
    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(asked.fetch, lambda _: 0, group)
        await refresher.get([TASKS._replace(id=f"t{n}") for n in range(51)])
        refresher.mark([ALL_NAMESPACES])
        await asked.until(lambda: asked.calls[ALL_NAMESPACES] == 1)
        refresher.stop()
    assert asked.calls == {TASKS: 1, ALL_NAMESPACES: 1}


def test_a_long_list_is_worth_more_looks() -> None:
    dirty = {TASKS._replace(id=f"t{n}") for n in range(60)}
    assert refresh.merged(dirty, lambda _: 100) == {TASKS}
    assert refresh.merged(dirty, lambda _: 5000) == dirty


async def test_what_changes_during_a_question_is_asked_once_more() -> None:
    asked = Asked()
    one, other = TASKS._replace(id="stuck"), TASKS._replace(id="well")
    asked.blocked[one] = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(asked.fetch, lambda _: 0, group)
        refresher.mark([one])
        await asked.until(lambda: asked.calls[one] == 1)
        for _ in range(10):
            refresher.mark([one, other])
        await asked.until(lambda: asked.calls[other] == 1)
        assert asked.calls[one] == 1, "two questions about one thing at once"
        asked.blocked.pop(one).set()
        await asked.until(lambda: asked.calls[one] == 2)
        refresher.stop()
    assert asked.calls[one] == 2


async def test_changes_during_the_first_list_do_not_wait_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refresh, "LIST_REST", 1_000_000.0)
    monkeypatch.setattr(refresh, "FIRST_REST", 0.0)
    asked = Asked()

    async def read_while_it_changes(number: int) -> None:
        asked.blocked[TASKS] = asyncio.Event()
        await asked.until(lambda: asked.calls[TASKS] == number)
        refresher.mark([TASKS])
        asked.blocked.pop(TASKS).set()

    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(asked.fetch, lambda _: 0, group)
        refresher.mark([TASKS])
        await read_while_it_changes(1)
        await read_while_it_changes(2)
        await asyncio.sleep(2 * refresh.BATCH_GAP)
        refresher.stop()
    assert asked.calls[TASKS] == 2, "in a storm the daemon gets its rest"


async def test_a_question_under_way_will_do_where_that_is_said() -> None:
    asked = Asked()
    asked.blocked[TASKS] = answer = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(asked.fetch, lambda _: 0, group)
        refresher.mark([TASKS], at_once=True)
        getting = group.create_task(refresher.get([TASKS, ALL_NAMESPACES], again=False))
        await asked.until(lambda: asked.calls[ALL_NAMESPACES] == 1)
        assert not getting.done()
        answer.set()
        await getting
        refresher.stop()
    assert asked.calls == {TASKS: 1, ALL_NAMESPACES: 1}


async def test_the_pacer_holds_the_first_poke_back() -> None:
    turns: list[int] = []
    pacer = Pacer(lambda: turns.append(1), gap=0.01, hold=60.0)
    pacer.poke(0)
    await asyncio.sleep(0.02)
    assert not turns
    pacer.now()
    assert turns == [1]
    pacer.stop()


async def test_the_pacer_is_quick_first_and_then_keeps_its_distance() -> None:
    loop = asyncio.get_running_loop()
    turns: list[float] = []
    pacer = Pacer(lambda: turns.append(loop.time()), gap=0.05)
    begun = loop.time()
    while len(turns) < 4:
        pacer.poke(0.001)
        await asyncio.sleep(0)
    pacer.stop()
    pacer.poke(0)
    assert all(later - earlier >= 0.049 for earlier, later in pairwise(turns))
    assert turns[0] - begun < 5


def test_only_host_paths_count_as_sources() -> None:
    def bind(source: str) -> Mount:
        return Mount("/x", "bind", source, ("rbind",))

    wanted = container("c", bind("/a"), bind("rel"), bind("/b\u241b"), Mount("/p", "proc", "/p"))
    assert sources.sources_of([wanted]) == {"/a"}


async def test_sources_that_are_there_and_not(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    paths = [str(tmp_path), f"{tmp_path}/no", f"{tmp_path}/dangling", "/etc/passwd/x", "/a\0"]
    found = await sources.Sources().check(paths)
    assert found == {
        str(tmp_path): True,
        f"{tmp_path}/no": False,
        f"{tmp_path}/dangling": False,
        "/etc/passwd/x": False,
    }


async def test_a_hung_source_does_not_keep_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    release, looked = threading.Event(), Counter[str]()

    def exists(path: Path) -> bool:
        looked[str(path)] += 1
        if "hung" in str(path):
            release.wait()
        return True

    monkeypatch.setattr(sources, "exists", exists)
    monkeypatch.setattr(sources, "PATIENCE", 0.05)
    checker = sources.Sources()
    try:
        found = await checker.check(["/a", "/hung/1", "/hung/2", "/z"])
        assert found == {"/a": True, "/z": True}
        assert await checker.check(["/a", "/hung/1"]) == {"/a": True}
        assert looked["/hung/1"] == 1, "a path that hangs is left alone"
        found = await checker.check([f"/hung/{n}" for n in range(100)])
        assert found == {}
        assert sum(looked.values()) < 20, "hung threads pile up"
    finally:
        release.set()
