"""Which of two answers is the later one, and what snapshots share."""

import pytest

from aiocontainerd.models import Event, Key, Phase, Task, TaskStatus
from aiocontainerd.reconcile import records
from aiocontainerd.reconcile.topics import Kind, Target

from .reconciling import NOW, TASKS, container, make_world, put_list


def task(id: str, status: TaskStatus = TaskStatus.RUNNING, pid: int = 7) -> Task:
    return Task("n", id, pid, status)


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
