"""Changing what is somebody else's: looking is free, a change needs an unlock that names him."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import aiocontainerd.operations
from aiocontainerd.access import Access
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import Container, Image, Snapshot, Task, TaskStatus
from aiocontainerd.operations import ImagePlan
from aiocontainerd.state import StateDirectory
from ctdeck.app import CtdeckApp
from ctdeck.command.parsing import parse
from ctdeck.desk import Lock
from ctdeck.screens import dialog
from ctdeck.settings import Settings
from ctdeck.verbs.pull import start_pull
from ctdeck.verbs.typed import carry_out
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import Calls, asked, lines_of, noted, question_of, session
from tests.tui.fake_pulls import FakePulls
from tests.tui.hosts import burst
from tests.tui.worlds import container, image, snapshot, task

POD = {
    "io.cri-containerd.kind": "container",
    "io.kubernetes.pod.name": "web-7d4b9c",
    "io.kubernetes.pod.namespace": "shop",
    "io.kubernetes.container.name": "app",
}
SANDBOX = {**POD, "io.cri-containerd.kind": "sandbox"}
DOCKER = {"com.docker/engine.bundle.path": "/var/run/docker/containerd/x"}
NERDCTL = {"nerdctl/name": "database", "nerdctl/namespace": "default"}
KUBELET, MOBY = Lock("k8s.io", "kubelet"), Lock("moby", "dockerd")
K8S = Settings(namespace="k8s.io")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Calls:
    async def plan(_: object, world: Snapshot, image: Image) -> ImagePlan:
        return ImagePlan(image, world.users_of(image), (), 0)

    monkeypatch.setattr(aiocontainerd.operations, "image_plan", plan)
    return noted(monkeypatch)


def one(
    name: str, namespace: str, labels: dict[str, str], status: TaskStatus = TaskStatus.RUNNING
) -> tuple[Container, Task]:
    return container(name, namespace=namespace, labels=labels), task(name, status, namespace)


def world(*extra: tuple[Container, Task]) -> Snapshot:
    things = [
        one("mine", "default", {}),
        one("app", "k8s.io", POD),
        one("box", "k8s.io", SANDBOX),
        one("dock", "moby", DOCKER),
        one("data", "default", NERDCTL),
        one("step", "buildkit", {}),
        *extra,
    ]
    return snapshot(
        images=[
            image("docker.io/shop/web:4", "k8s.io"),
            image("registry.k8s.io/pause:3.10", "k8s.io"),
            image("docker.io/library/nginx:1.27"),
        ],
        containers=[c for c, _ in things],
        tasks=[t for _, t in things],
        namespaces=("default", "k8s.io", "moby", "buildkit"),
    )


def on(app: CtdeckApp, namespace: str, id: str) -> None:
    """The cursor goes to this row."""
    app.main.view.table.move_to_key((namespace, id))


def say(app: CtdeckApp, line: str) -> None:
    """The `:` line."""
    carry_out(app.main, parse(line))


# One at a time


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


# Images


async def test_pause_images_are_protected_apart_from_their_namespace(done: Calls) -> None:
    async with running(world(), session=session()) as (app, pilot):
        app.main.unlock(KUBELET)
        say(app, "rmi -f docker.io/shop/web:4")
        await until(pilot, lambda: done == [("delete_image", "docker.io/shop/web:4")])
        say(app, "rmi registry.k8s.io/pause:3.10")
        title = "Unlock what is the CRI plugin's in k8s.io?"
        await until(pilot, lambda: question_of(app) == title)
        assert "Every pod begins with it" in lines_of(app)
        await pilot.press("y")
        await until(pilot, lambda: question_of(app).startswith("Delete image"))
        assert "Every pod begins with it" in lines_of(app)
        assert len(done) == 1


# What is made there


async def test_the_pull_dialog_and_the_run_form_open_behind_the_unlock(
    tmp_path: Path,
) -> None:
    own = replace(session(), state=StateDirectory(tmp_path), pulls=FakePulls())  # type: ignore[arg-type]
    async with running(world(), session=own, settings=K8S) as (app, pilot):
        await pilot.press("1", "p")
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        assert "take it for an image of its own" in lines_of(app)
        await pilot.press("n")
        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("r")
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        assert "will not know of it" in lines_of(app)
        await pilot.press("y")
        await until(pilot, lambda: type(app.screen).__name__ == "RunScreen")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("p")
        await until(pilot, lambda: type(app.screen).__name__ == "PullScreen")


async def test_a_pull_that_was_left_open_finds_it_locked_again() -> None:
    own = replace(session(), pulls=FakePulls())  # type: ignore[arg-type]
    async with running(world(), session=own) as (app, _):
        with pytest.raises(FailedPrecondition, match=r"namespace k8s\.io: it is the kubelet's"):
            start_pull(app.main, "a.test/x:1", namespace="k8s.io")
        app.main.unlock(KUBELET)
        start_pull(app.main, "a.test/x:1", namespace="k8s.io")


# Read-only


async def test_read_only_offers_no_unlock(done: Calls) -> None:
    settings = Settings(access=Access(namespaces=frozenset({"k8s.io"})))
    async with running(world(), session=session(), settings=settings) as (app, pilot):
        on(app, "k8s.io", "app")
        await pilot.press("s")
        await until(pilot, lambda: "namespace k8s.io is read-only" in screen_text(app))
        assert not asked(app)
        assert not done


# Several


async def test_items_of_several_owners_are_told_apart(done: Calls) -> None:
    async with running(world(), session=session(), size=(120, 40)) as (app, pilot):
        say(app, "stop -f mine app box dock")
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        assert "app in k8s.io (shop/web-7d4b9c · app) belongs to the kubelet." in lines_of(app)
        assert "end of the pod" in lines_of(app)
        assert "dock" not in lines_of(app)
        await pilot.press("y")
        await until(pilot, lambda: question_of(app) == "Unlock moby?")
        await pilot.press("n")
        await until(pilot, lambda: question_of(app) == "Stop the other 3 items?")
        assert "dock in moby: left alone (locked: dockerd's)" in lines_of(app)
        assert "mine: goes on" in lines_of(app)
        assert not done
        await pilot.press("y")
        await until(pilot, lambda: done == [("stop", "mine"), ("stop", "app"), ("stop", "box")])


async def test_the_free_ones_stay_too_if_the_user_says_so(done: Calls) -> None:
    async with running(world(), session=session()) as (app, pilot):
        say(app, "rm -f mine dock")
        await until(pilot, lambda: question_of(app) == "Unlock moby?")
        await pilot.press("n")
        await until(pilot, lambda: question_of(app) == "Delete the other 1 item?")
        await pilot.press("enter")
        await until(pilot, lambda: not asked(app))
        assert not done


# Looking


async def test_the_details_and_the_list_say_whose_it_is() -> None:
    async with running(world(), session=session(), size=(200, 50)) as (app, pilot):
        on(app, "k8s.io", "app")
        await until(pilot, lambda: "the kubelet: a change needs an unlock" in screen_text(app))
        lines = screen_text(app).splitlines()
        (line,) = [line for line in lines if " box " in line and "runc.v2" in line[:120]]
        assert "kubelet" in line[:120]
        await pilot.press("1")
        on(app, "k8s.io", "registry.k8s.io/pause:3.10")
        await until(pilot, lambda: "protected  Every pod begins with it" in screen_text(app))
