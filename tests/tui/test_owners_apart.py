"""Owners told apart: of several things, of images, and of a namespace where something is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aiocontainerd.access import Access
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.state import StateDirectory
from ctdeck.settings import Settings
from ctdeck.verbs.pull import start_pull
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import Calls, asked, lines_of, question_of, session
from tests.tui.fake_pulls import FakePulls
from tests.tui.owned import (
    K8S,
    KUBELET,
    on,
    planned,
    say,
    world,
)

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return planned(monkeypatch)


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
