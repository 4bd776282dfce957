"""The question at the start about what a ctdeck that died left half done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import aiocontainerd.operations
from aiocontainerd.access import Access
from aiocontainerd.errors import DaemonError, Unavailable
from aiocontainerd.models import Key, TaskStatus
from aiocontainerd.operations import Remains
from ctdeck.settings import Settings
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import asked, lines_of, noted, ours, question_of, session
from tests.tui.worlds import container, snapshot, task

SINCE = datetime.now(UTC) - timedelta(days=3, hours=5)  # the suite may take minutes
RUN = Remains("default", "ctdeck-1", "run", "web9", SINCE, container=container("web9"), snapshots=1)
PULL = Remains("k8s.io", "ctdeck-2", "pull", "docker.io/a/b:1", SINCE, blobs=2, downloads=1)
START = Remains("default", "ctdeck-3", "start", "web2", SINCE, task=True)
WORLD = snapshot(containers=[container("web1")], namespaces=("default", "k8s.io"))


pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was removed."""
    seen: list[object] = []

    async def remove(_: object, what: object, **__: object) -> None:
        seen.append(what)

    monkeypatch.setattr(aiocontainerd.operations, "remove_remains", remove)
    monkeypatch.setattr(aiocontainerd.operations, "remove_stray_log", remove)
    return seen


def found(
    monkeypatch: pytest.MonkeyPatch, *remains: Remains, logs: tuple[Key, ...] = ()
) -> list[tuple[str, ...]]:
    asked_for: list[tuple[str, ...]] = []

    async def cut_short(_: object, namespaces: tuple[str, ...], **__: object) -> list[Remains]:
        asked_for.append(tuple(namespaces))
        return [each for each in remains if each.namespace in namespaces]

    async def stray_logs(*_: object) -> list[Key]:
        return list(logs)

    monkeypatch.setattr(aiocontainerd.operations, "cut_short", cut_short)
    monkeypatch.setattr(aiocontainerd.operations, "stray_logs", stray_logs)
    return asked_for


async def test_one_that_was_cut_short_is_offered_by_name(
    monkeypatch: pytest.MonkeyPatch, gone: list[object]
) -> None:
    found(monkeypatch, RUN)
    async with running(WORLD, session=session()) as (app, pilot):
        await until(pilot, lambda: asked(app))
        assert question_of(app) == "Remove what is left of a run of web9?"
        assert lines_of(app).splitlines() == [
            "A run of web9 was cut short 3 d ago. Will be removed:",
            "  the container web9, which never ran, its snapshot and its log",
            "  the lease ctdeck-1",
        ]
        assert not gone
        await pilot.press("y")
        await until(pilot, lambda: gone == [RUN])
        await until(pilot, lambda: "What was left of a run of web9 was removed" in screen_text(app))


@pytest.mark.parametrize("key", ["n", "enter", "escape"])
async def test_nothing_is_removed_without_the_answer(
    monkeypatch: pytest.MonkeyPatch, gone: list[object], key: str
) -> None:
    found(monkeypatch, RUN)
    async with running(WORLD, session=session()) as (app, pilot):
        await until(pilot, lambda: asked(app))
        await pilot.press(key)
        await until(pilot, lambda: not asked(app))
        assert not gone


async def test_all_that_is_left_is_one_question(
    monkeypatch: pytest.MonkeyPatch, gone: list[object]
) -> None:
    done = noted(monkeypatch)
    ours(monkeypatch)
    found(monkeypatch, RUN, PULL, START, logs=(Key("default", "old"),))
    labels = {"io.ctdeck/remove": "true"}
    rows = [container("rm1", labels=labels), container("web9", labels=labels)]
    world = snapshot(
        containers=rows,
        tasks=[task("rm1", TaskStatus.STOPPED)],
        namespaces=("default", "k8s.io"),
    )
    async with running(world, session=session(), size=(120, 40)) as (app, pilot):
        await until(pilot, lambda: asked(app))
        assert question_of(app) == "Remove what is left?"
        text = lines_of(app)
        assert "1 container that was to be removed when done is left:\n  rm1 from" in text
        assert "A pull of docker.io/a/b:1 in k8s.io was cut short 3 d ago. Will be removed:" in text
        assert "  of 2 blobs, 1 unfinished download: what nothing else uses" in text
        assert "  its task, which was made and never started; the container stays" in text
        assert "Logs of a container that is gone will be removed: old" in text
        await pilot.press("y")
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        assert "Namespace k8s.io belongs to the kubelet." in lines_of(app)
        assert not gone
        await pilot.press("y")
        await until(pilot, lambda: gone == [RUN, PULL, START, Key("default", "old")])
        assert done == [("delete_container", "rm1")]


async def test_only_the_namespace_shown_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, gone: list[object]
) -> None:
    asked_for = found(monkeypatch, RUN, PULL)
    settings = Settings(namespace="k8s.io")
    async with running(WORLD, session=session(), settings=settings) as (app, pilot):
        await until(pilot, lambda: asked(app))
        assert asked_for == [("k8s.io",)]
        assert "web9" not in lines_of(app)


async def test_read_only_tells_and_does_not_ask(
    monkeypatch: pytest.MonkeyPatch, gone: list[object]
) -> None:
    found(monkeypatch, RUN)
    settings = Settings(access=Access(read_only=True))
    async with running(WORLD, session=session(), settings=settings) as (app, pilot):
        await until(pilot, lambda: "stays: read-only." in screen_text(app))
        assert "A run of web9 was cut short 3 d ago" in screen_text(app)
        assert not asked(app)
    assert not gone


async def test_one_namespace_that_is_read_only_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch, gone: list[object]
) -> None:
    found(monkeypatch, RUN, PULL)
    settings = Settings(access=Access(namespaces=frozenset({"k8s.io"})))
    async with running(WORLD, session=session(), settings=settings) as (app, pilot):
        await until(pilot, lambda: asked(app))
        assert "docker.io/a/b" not in lines_of(app)
        await pilot.press("y")
        await until(pilot, lambda: gone == [RUN])


async def test_a_failure_is_told_and_does_not_end_the_others(
    monkeypatch: pytest.MonkeyPatch, gone: list[object]
) -> None:
    found(monkeypatch, RUN, START)

    async def remove(_: object, what: object, **__: object) -> None:
        if what is RUN:
            raise DaemonError("it does not want to")
        gone.append(what)

    monkeypatch.setattr(aiocontainerd.operations, "remove_remains", remove)
    async with running(WORLD, session=session()) as (app, pilot):
        await until(pilot, lambda: asked(app))
        await pilot.press("y")
        await until(pilot, lambda: gone == [START])
        await until(pilot, lambda: "it does not want to" in screen_text(app))


async def test_a_daemon_that_goes_away_meanwhile_is_no_news(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[object] = []

    async def cut_short(_: object, namespaces: object, **__: object) -> list[Remains]:
        looked.append(namespaces)
        raise Unavailable("gone")

    monkeypatch.setattr(aiocontainerd.operations, "cut_short", cut_short)
    async with running(WORLD, session=session()) as (app, pilot):
        await until(pilot, lambda: bool(looked))
        await pilot.pause()
        assert not app._notifications
        assert not asked(app)
