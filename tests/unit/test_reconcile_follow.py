"""Tasks whose answers and events do not agree."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import NotFound, Unavailable
from aiocontainerd.models import (
    Container,
    Key,
    Task,
    TaskStatus,
)
from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.pb import typeurl
from aiocontainerd.reconcile import follow
from aiocontainerd.reconcile.details import Details
from aiocontainerd.reconcile.follow import Follower
from aiocontainerd.reconcile.hostfiles import HostFiles
from aiocontainerd.services.events import Envelope

from .reconciling import CONTAINERS, NOW, TASKS, container, make_world, put_list


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
        follower = Follower(client, made, details, HostFiles(made), None, group)
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
        follower = Follower(client, made, details, HostFiles(made), None, group)
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
        follower = Follower(client, made, details, HostFiles(made), None, group)
        started = payloads.TaskStart(container_id="t", pid=7)
        follower.take(Envelope(NOW, "n", "/tasks/start", typeurl.pack(started)))
        await follower.refresher.get([TASKS._replace(id="t")])
        deleted = payloads.ContainerDelete(id="t")
        follower.take(Envelope(NOW, "n", "/containers/delete", typeurl.pack(deleted)))
        while not made.freeze().tasks:
            await asyncio.sleep(0.001)
        follower.refresher.stop()
