"""Changing what is somebody else's: looking is free, a change needs an unlock that names him."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aiocontainerd.models import TaskStatus
from ctdeck.screens import dialog
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import Calls, asked, lines_of, question_of, session
from tests.tui.fake_pulls import FakePulls
from tests.tui.hosts import burst
from tests.tui.owned import (
    K8S,
    KUBELET,
    MOBY,
    POD,
    on,
    one,
    planned,
    say,
    world,
)
from tests.tui.worlds import snapshot, task

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return planned(monkeypatch)


@pytest.mark.parametrize(
    ("id", "namespace", "title", "words"),
    [
        ("app", "k8s.io", "Unlock k8s.io?", "The kubelet will start it again"),
        ("box", "k8s.io", "Unlock k8s.io?", "its end is the end of the pod"),
        ("dock", "moby", "Unlock moby?", "its restart policy may start it again"),
        ("data", "default", "Unlock what is nerdctl's in default?", "only nerdctl takes them down"),
        ("step", "buildkit", "Unlock buildkit?", "The build whose step it is will fail"),
    ],
)
async def test_the_question_names_the_owner_and_what_it_will_do(
    id: str, namespace: str, title: str, words: str, done: Calls
) -> None:
    async with running(world(), session=session()) as (app, pilot):
        on(app, namespace, id)
        await pilot.press("s")
        await until(pilot, lambda: question_of(app) == title)
        assert words in lines_of(app)
        assert f"{id}" in lines_of(app)
        assert app.focused is not None
        assert app.focused.id == "no"
        await pilot.press("enter")
        await until(pilot, lambda: "Nothing was done" in screen_text(app))
        assert not done
        assert not app.main.unlocked
        assert "unlocked" not in screen_text(app).splitlines()[0]


@pytest.mark.parametrize(
    ("key", "title", "call"),
    [
        ("s", "Stop app in k8s.io?", "stop"),
        ("R", "Restart app in k8s.io?", "restart"),
        ("D", "Delete app in k8s.io?", "delete_container"),
        ("z", "", "pause"),
    ],
)
async def test_each_key_needs_the_unlock_and_then_asks_as_ever(
    key: str, title: str, call: str, done: Calls
) -> None:
    async with running(world(), session=session()) as (app, pilot):
        on(app, "k8s.io", "app")
        await pilot.press(key)
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        await pilot.press("y")
        if title:
            await until(pilot, lambda: question_of(app) == title)
            assert not done
            await pilot.press("y")
        await until(pilot, lambda: done == [(call, "app")])
        assert "unlocked: k8s.io" in screen_text(app).splitlines()[0]


async def test_start_and_kill_need_it_too(done: Calls) -> None:
    idle = one("idle", "k8s.io", POD, TaskStatus.STOPPED)
    async with running(world(idle), session=session()) as (app, pilot):
        on(app, "k8s.io", "idle")
        await pilot.press("S")
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        assert "it has ended for good" in lines_of(app)
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        on(app, "k8s.io", "app")
        await pilot.press("K")
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        assert "If that ends it" in lines_of(app)
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        assert not done


@pytest.mark.parametrize(
    "line",
    [
        "stop app",
        "stop -f app",
        "rm -f app",
        "rmi -f docker.io/shop/web:4",
        "kill -f app",
        "kill -9 app",
        "restart -f app",
        "pause app",
        "pull docker.io/shop/web:5",
        "run docker.io/shop/web:4",
    ],
)
async def test_no_word_and_no_flag_goes_past_the_lock(line: str, done: Calls) -> None:
    pulls = FakePulls()
    own = replace(session(), pulls=pulls)  # type: ignore[arg-type]
    async with running(world(), session=own, settings=K8S) as (app, pilot):
        say(app, line)
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        assert not done
        assert not pulls.jobs


async def test_an_unlock_holds_for_its_owner_and_namespace_until_lock(done: Calls) -> None:
    async with running(world(), session=session()) as (app, pilot):
        say(app, "stop -f app")
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        await pilot.press("y")
        await until(pilot, lambda: done == [("stop", "app")])
        say(app, "stop -f box")
        await until(pilot, lambda: done[1:] == [("stop", "box")])
        say(app, "stop -f dock")
        await until(pilot, lambda: question_of(app) == "Unlock moby?")
        await pilot.press("y")
        await until(pilot, lambda: done[2:] == [("stop", "dock")])
        assert app.main.unlocked == {KUBELET, MOBY}
        assert "unlocked: k8s.io and 1 more" in screen_text(app).splitlines()[0]
        await pilot.press("L")
        await until(pilot, lambda: "Locked again: k8s.io, moby." in screen_text(app))
        assert "unlocked" not in screen_text(app).splitlines()[0]
        say(app, "stop -f app")
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        assert len(done) == 3


async def test_the_word_locks_too() -> None:
    async with running(world(), session=session()) as (app, pilot):
        app.main.unlock(KUBELET)
        await until(pilot, lambda: "unlocked: k8s.io" in screen_text(app))
        say(app, "lock")
        await until(pilot, lambda: "unlocked" not in screen_text(app))
        say(app, "lock")
        await until(pilot, lambda: "Nothing was unlocked." in screen_text(app))


async def test_what_is_the_users_own_is_not_asked_about_twice(done: Calls) -> None:
    async with running(world(), session=session()) as (app, pilot):
        on(app, "default", "mine")
        await pilot.press("s")
        await until(pilot, lambda: question_of(app) == "Stop mine?")


async def test_a_task_without_a_record_is_its_namespaces(done: Calls) -> None:
    orphan = snapshot(tasks=[task("lost", TaskStatus.RUNNING, "k8s.io")])
    async with running(orphan, session=session()) as (app, pilot):
        await pilot.press("3", "s")
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")


async def test_keys_typed_ahead_wait_for_the_unlock_and_do_not_answer_it(
    done: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 1000)
    async with running(world(), session=session()) as (app, pilot):
        on(app, "k8s.io", "app")
        row = app.main.view.table.view.index
        burst(app, "z", "y", "enter", "j")
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        await until(pilot, lambda: not app.keys.is_busy)
        assert asked(app)
        assert app.main.view.table.view.index == row
        assert not done
