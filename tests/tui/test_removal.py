"""Removal when done (`--rm`): whoever follows a container, and what is left by one that died."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

import aiocontainerd.operations
from aiocontainerd.access import Access
from aiocontainerd.models import Container, Task, TaskStatus
from ctdeck.settings import Settings
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import asked, noted, ours, session
from tests.tui.worlds import container, of, task

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    return noted(monkeypatch)


def marked(name: str, status: TaskStatus, namespace: str = "default") -> tuple[Container, Task]:
    labels = {"io.ctdeck/remove": "true"}
    return container(name, namespace=namespace, labels=labels), task(name, status, namespace)


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ids: list[str] = []

    async def follow(_: object, container: Container, **__: Any) -> None:
        ids.append(container.id)

    monkeypatch.setattr(aiocontainerd.operations, "remove_when_done", follow)
    ours(monkeypatch)
    return ids


async def test_what_another_one_left_to_remove_is_offered_and_followed(
    done: list[tuple[str, str]], followed: list[str]
) -> None:
    world = of(
        marked("a", TaskStatus.STOPPED),
        marked("b", TaskStatus.STOPPED),
        marked("c", TaskStatus.RUNNING),
        marked("d", TaskStatus.STOPPED, "k8s.io"),
    )
    settings = Settings(namespace="default")
    async with running(world, session=session(), settings=settings) as (app, pilot):
        await until(pilot, lambda: asked(app))
        assert "2 containers that were to be removed when done are left" in screen_text(app)
        assert "1 container runs and is to be removed when done" in screen_text(app)
        assert followed == []
        now = app.store.snapshot
        again = task("b", TaskStatus.RUNNING)
        app.store.publish(replace(now, tasks={**now.tasks, again.key: again}))
        await until(pilot, lambda: app.main.snapshot.tasks[again.key] is again)
        await pilot.press("y")
        await until(pilot, lambda: done == [("delete_container", "a")])
        await until(pilot, lambda: followed == ["c"])


async def test_a_label_alone_is_nobodys_word(
    done: list[tuple[str, str]], followed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ctr run` copies an image's labels to the container: only what we noted counts."""
    looked = ours(monkeypatch, nothing=True)
    world = of(marked("a", TaskStatus.STOPPED), marked("c", TaskStatus.RUNNING))
    async with running(world, session=session()) as (app, pilot):
        await until(pilot, lambda: sorted(looked) == ["a", "c"])
        await pilot.pause()
        assert not asked(app)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert (done, followed) == ([], [])


async def test_without_a_yes_nothing_is_followed(followed: list[str]) -> None:
    world = of(marked("c", TaskStatus.RUNNING))
    async with running(world, session=session()) as (app, pilot):
        await until(pilot, lambda: asked(app))
        assert "Remove c when it ends?" in screen_text(app)
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        assert followed == []


async def test_in_a_namespace_of_an_owner_it_is_named_first(
    done: list[tuple[str, str]], followed: list[str]
) -> None:
    world = of(
        marked("a", TaskStatus.STOPPED, "moby"),
        marked("c", TaskStatus.RUNNING, "moby"),
        marked("d", TaskStatus.STOPPED),
    )
    world = replace(world, namespaces=("default", "moby"))
    async with running(world, session=session(), size=(120, 40)) as (app, pilot):
        await until(pilot, lambda: asked(app))
        await pilot.press("y")
        await until(pilot, lambda: "Unlock moby?" in screen_text(app))
        assert "dockerd may believe that it still runs" in screen_text(app)
        await pilot.press("n")
        await until(pilot, lambda: done == [("delete_container", "d")])
        assert "What is left in moby stays: locked." in screen_text(app)
        assert followed == []


async def test_read_only_leaves_them_alone(followed: list[str]) -> None:
    world = of(marked("a", TaskStatus.STOPPED), marked("c", TaskStatus.RUNNING))
    settings = Settings(access=Access(read_only=True))
    async with running(world, session=session(), settings=settings) as (app, pilot):
        await pilot.press("j")
        assert not asked(app)
        assert not followed
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


async def test_leaving_says_what_is_not_removed_without_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[str] = []

    async def follow(_: object, container: Container, **__: Any) -> None:
        begun.append(container.id)
        await asyncio.Event().wait()

    monkeypatch.setattr(aiocontainerd.operations, "remove_when_done", follow)
    ours(monkeypatch)
    world = of(marked("c", TaskStatus.RUNNING))
    async with running(world, session=session(), size=(120, 30)) as (app, pilot):
        await until(pilot, lambda: asked(app))
        await pilot.press("y")
        await until(pilot, lambda: begun == ["c"])
        await until(pilot, lambda: not asked(app))
        await pilot.press("q")
        await until(pilot, lambda: asked(app))
        assert "c is removed when it ends only while ctdeck runs" in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: not app.is_running)
