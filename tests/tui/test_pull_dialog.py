"""The pull dialog by keys: progress, background, several at once, errors, cancelling."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from aiocontainerd.access import Access
from aiocontainerd.pull.progress import LayerProgress
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.desk import Lock
from ctdeck.screens.pull import PullLines, PullScreen
from ctdeck.settings import Session, Settings
from ctdeck.verbs.pull import pull_again, start_pull
from ctdeck.widgets.fields import Field
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_pulls import FakePulls
from tests.tui.hosts import typed

SHUT = Access(namespaces=frozenset({"k8s.io"}))
K8S = Settings(namespace="k8s.io")
A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def session(pulls: FakePulls) -> Session:
    return Session(Store(), pulls=pulls)  # type: ignore[arg-type]


def shows(app: CtdeckApp, *words: str) -> Callable[[], bool]:
    return lambda: all(word in screen_text(app) for word in words)


async def test_a_pull_from_its_first_byte_to_its_end() -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await until(pilot, shows(app, "Pull an image into namespace default"))
        await typed(pilot, "nginx")
        await pilot.press("enter")
        assert pulls.started == [("docker.io/library/nginx:latest", "default", "", False)]
        (job,) = pulls.jobs
        await until(pilot, shows(app, "asking the registry"))
        job.set(
            "pulling",
            LayerProgress(A, 10_000_000, 5_000_000, "downloading"),
            LayerProgress(B, 2_000_000, 2_000_000, "unpacking"),
        )
        await until(pilot, shows(app, "1 of 2 layers", "aaaaaaaaaaaa", "50 %", "unpacking"))
        job.set("done", LayerProgress(A, 10_000_000, 10_000_000, "unpacked"))
        await until(pilot, shows(app, "done, 10.0 MB in 1 layer"))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.main)


async def test_a_bad_reference_is_told_under_the_field_and_stays() -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "Nginx")
        await pilot.press("enter")
        await until(pilot, shows(app, "must be in lower case", "nginx"))
        await pilot.press("home", "delete", "n", "enter")
        assert pulls.started[0][0] == "docker.io/library/nginx:latest"


@pytest.mark.parametrize("settings", [K8S, Settings(namespace="k8s.io", access=SHUT)])
async def test_another_try_that_is_refused_is_told_and_the_failed_one_stays(
    settings: Settings,
) -> None:
    pulls = FakePulls()
    failed = pulls.start("nginx", namespace="k8s.io")
    failed.set("failed", error="429 slow down")
    async with running(session=session(pulls), settings=settings) as (app, pilot):
        await app.push_screen(
            PullScreen(
                pulls,  # type: ignore[arg-type]
                lambda text, watched: start_pull(app.main, text, watched=watched),
                lambda job, watched: pull_again(app.main, job, watched=watched),
                namespace="k8s.io",
            )
        )
        await pilot.press("tab", "down", "enter")
        refused = "it is the kubelet's, and locked" if settings is K8S else "is read-only"
        await until(pilot, shows(app, refused, "429 slow down"))
        assert pulls.jobs == (failed,)
        if settings is K8S:
            app.main.unlock(Lock("k8s.io", "kubelet"))
            await pilot.press("enter")
            await until(pilot, lambda: len(pulls.started) == 2)
            assert failed not in pulls.jobs
            assert refused not in screen_text(app)


@pytest.mark.parametrize("key", ["b", "escape"])
async def test_to_the_background_and_back_and_a_toast_at_the_end(key: str) -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "nginx")
        await pilot.press("enter", key)
        await until(pilot, lambda: app.screen is app.main)
        assert not pulls.jobs[0].cancelled
        await until(pilot, shows(app, "nginx:latest"))
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PullScreen))
        assert "asking the registry" in screen_text(app)
        await pilot.press("escape")
        pulls.jobs[0].set("done")
        await until(pilot, shows(app, "nginx:latest is pulled."))


async def test_several_side_by_side_and_one_of_them_is_called_off() -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "nginx")
        await pilot.press("enter", "tab")
        await typed(pilot, "busybox")  # typing replaces the reference that was there
        await pilot.press("enter")
        first, second = pulls.jobs
        assert second.reference == "docker.io/library/busybox:latest"
        await until(pilot, shows(app, "nginx:latest", "busybox:latest"))
        await pilot.press("x")
        await until(pilot, shows(app, "cancelled; nothing of it is left behind"))
        assert second.cancelled
        assert not first.cancelled


async def test_a_failure_has_the_registrys_words_and_enter_tries_again() -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "nginx")
        await pilot.press("enter")
        pulls.jobs[0].set("failed", error="429 slow [/] down. Try again in 30 s")
        await until(pilot, shows(app, "failed", "429 slow [/] down", "Enter tries it again."))
        await pilot.press("enter")
        (job,) = pulls.jobs
        await pilot.press("b")
        job.set("failed", error="still 429")
        await until(pilot, shows(app, "nginx:latest was not pulled", "still 429"))


async def test_typing_after_a_failure_mends_the_reference() -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "busybax")
        await pilot.press("enter")
        pulls.jobs[0].set("failed", error="no such image")
        await until(pilot, shows(app, "no such image"))
        await pilot.press("backspace", "backspace", "o", "x", "enter")
        await until(pilot, lambda: len(pulls.jobs) == 2)
        assert pulls.jobs[1].reference == "docker.io/library/busybox:latest"


async def test_typing_after_a_failure_replaces_the_reference() -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "busybax")
        await pilot.press("enter")
        pulls.jobs[0].set("failed", error="no such image")
        await until(pilot, shows(app, "no such image"))
        await pilot.press(*"redis", "enter")
        await until(pilot, lambda: len(pulls.jobs) == 2)
        assert pulls.jobs[1].reference == "docker.io/library/redis:latest"


async def test_after_a_failure_the_dialog_opens_with_its_reference_to_type_over() -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "ghcr.io/a/busybax")
        await pilot.press("enter", "b")
        pulls.jobs[0].set("failed", error="no such image")
        await until(pilot, shows(app, "was not pulled"))
        await pilot.press("p")
        await until(pilot, lambda: getattr(app.focused, "value", "") != "")
        field = app.focused
        assert isinstance(field, Field)
        assert field.value == "ghcr.io/a/busybax:latest"
        assert field.selected_text == field.value
        await typed(pilot, "redis")
        await pilot.press("enter")
        await until(pilot, lambda: len(pulls.started) == 2)
        assert pulls.started[1][0] == "docker.io/library/redis:latest"


async def test_what_it_waits_for_is_said() -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "nginx")
        await pilot.press("enter")
        pulls.jobs[0].set("resolving", waiting="reg.test [/] wants us to wait: 7 s")
        await until(pilot, shows(app, "reg.test [/] wants us to wait: 7 s"))
        await pilot.press("b")
        await until(pilot, lambda: app.screen is app.main)
        await until(pilot, shows(app, "reg.test [/] wants us to wait: 7 s"))


async def test_what_has_ended_was_seen_when_the_dialog_closes() -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "postgres:17")
        await pilot.press("enter")
        pulls.jobs[0].set("failed", error="no")
        await until(pilot, shows(app, "Enter tries it again."))
        await pilot.press("enter")
        await until(pilot, lambda: len(pulls.started) == 2)
        assert len(pulls.jobs) == 1
        pulls.jobs[0].set("done")
        await until(pilot, shows(app, "done"))
        await pilot.press("b")  # no longer a key: it is typed
        await until(pilot, lambda: getattr(app.focused, "value", "") == "b")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert pulls.jobs == ()
        await until(pilot, lambda: "postgres" in str(app.main.row))


async def test_only_lines_that_changed_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "nginx")
        await pilot.press("enter")
        waiting = LayerProgress(B, 5)
        pulls.jobs[0].set("pulling", LayerProgress(A, 100, 10, "downloading"), waiting)
        await until(pilot, shows(app, "10 %"))
        board = app.screen.query_one(PullLines)
        drawn: list[int] = []
        render = PullLines.render_line

        def spy(self: PullLines, y: int) -> object:
            drawn.append(y)
            return render(self, y)

        monkeypatch.setattr(PullLines, "render_line", spy)
        pulls.jobs[0].set("pulling", LayerProgress(A, 100, 11, "downloading"), waiting)
        await until(pilot, lambda: "11 %" in board.lines[1][0])
        await pilot.pause()
        assert 1 in drawn
        assert 2 not in drawn


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (40, 10), (10, 3)])
async def test_every_size(size: tuple[int, int]) -> None:
    pulls = FakePulls()
    async with running(session=session(pulls), size=size) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "nginx")
        await pilot.press("enter")
        pulls.jobs[0].set("pulling", *(LayerProgress(A, 9, 1, "downloading") for _ in range(60)))
        await until(pilot, lambda: len(app.screen.query_one(PullLines).lines) == 61)
        await pilot.press("x", "escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_a_registry_that_says_nothing_is_named_and_the_seconds_go_on() -> None:
    pulls = FakePulls()
    async with running(session=session(pulls)) as (app, pilot):
        await pilot.press("1", "p")
        await typed(pilot, "reg.test/a:1")
        await pilot.press("enter")
        (job,) = pulls.jobs
        job.progress = replace(job.progress, host="reg.test", since=time.monotonic() - 12)
        await until(pilot, shows(app, "waiting for reg.test 12 s", "x cancels it"))
        job.progress = replace(job.progress, since=time.monotonic() - 63)
        await until(pilot, shows(app, "waiting for reg.test 63 s"))
        await pilot.press("x")
        await until(pilot, shows(app, "cancelled; nothing of it is left behind"))
