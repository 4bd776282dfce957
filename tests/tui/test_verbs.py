"""From a key to an operation: the question, its answer, and what is told afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

import aiocontainerd.operations
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import Image, Key, TaskStatus
from aiocontainerd.operations import ImagePlan, Life
from ctdeck.command.parsing import parse
from ctdeck.rows import ContainerRow
from ctdeck.screens import dialog
from ctdeck.screens.confirm import ConfirmScreen
from ctdeck.verbs.doing import name_of
from ctdeck.verbs.typed import carry_out
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import asked, lines_of, noted, question_of, session
from tests.tui.worlds import NOW, container, of, snapshot, task

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    return noted(monkeypatch)


async def test_stop_asks_by_name_and_y_stops(done: list[tuple[str, str]]) -> None:
    async with running(session=session()) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: asked(app))
        text = screen_text(app)
        assert "Stop web2?" in text
        assert "docker.io/library/nginx:1.27 (running, pid 9120): will get SIGTERM" in lines_of(app)
        assert not done
        await pilot.press("y")
        await until(pilot, lambda: done == [("stop", "web2")])
        await until(pilot, lambda: "web2 has stopped (exit status 0)" in screen_text(app))


def test_an_id_of_many_digits_stands_behind_its_name() -> None:
    labels = {"nerdctl/name": "registry-mirror"}
    for id, name in (("ab" * 32, "registry-mirror (abababababab)"), ("db", "db")):
        row = ContainerRow(container(id, labels=labels), None)
        assert name_of(row) == name
    assert name_of(ContainerRow(container("ab" * 32), None)) == "ab" * 32
    long = container("ab" * 32, labels={"nerdctl/name": "x" * 4096})
    assert name_of(ContainerRow(long, None)) == f"{'x' * 47}… (abababababab)"


async def test_the_grace_time_is_the_containers_own(done: list[tuple[str, str]]) -> None:
    slow = container("slow", labels={"nerdctl/stop-timeout": "45"})
    one = snapshot(containers=[slow], tasks=[task("slow", TaskStatus.RUNNING)])
    async with running(one, session=session()) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: "Unlock" in question_of(app))  # it is nerdctl's
        await pilot.press("y")
        await until(pilot, lambda: "Stop" in question_of(app))
        assert "KILL if it still runs after 45 s" in " ".join(lines_of(app).split())


@pytest.mark.parametrize(
    ("label", "asked_with", "ctr"),
    [("SIGQUIT", "SIGQUIT", "-s SIGQUIT"), ("RTMIN+3", "signal 37", "-s 37")],
)
async def test_the_stop_signal_is_the_images_own(
    done: list[tuple[str, str]], label: str, asked_with: str, ctr: str
) -> None:
    own = container("own", labels={"io.containerd.image.config.stop-signal": label})
    async with running(of((own, task("own", TaskStatus.RUNNING))), session=session()) as (
        app,
        pilot,
    ):
        await pilot.press("s")
        await until(pilot, lambda: asked(app))
        assert f"will get {asked_with}, " in lines_of(app)
        await pilot.press("y")
        await until(pilot, lambda: done == [("stop", "own")])
        assert app.main.last_equivalent.endswith(f"tasks kill {ctr} own")


@pytest.mark.parametrize("key", ["n", "escape", "enter"])
async def test_no_is_easy(key: str, done: list[tuple[str, str]]) -> None:
    async with running(session=session()) as (app, pilot):
        await pilot.press("D")
        await until(pilot, lambda: asked(app))
        await pilot.press(key)
        await until(pilot, lambda: not asked(app))
        assert not done


async def test_keys_typed_before_the_question_is_read_do_not_answer_it(
    done: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 1000)
    async with running(session=session()) as (app, pilot):
        await pilot.press("D")
        await until(pilot, lambda: asked(app))
        await pilot.press("y", "n", "enter", "escape", "q")
        assert asked(app)
        assert not done


async def test_the_row_of_the_key_press_is_the_one_meant(done: list[tuple[str, str]]) -> None:
    async with running(session=session()) as (app, pilot):
        await pilot.press("j", "j", "D")
        await until(pilot, lambda: asked(app))
        now = app.store.snapshot
        newer = [container(f"newer{n}", created_at=NOW) for n in range(5)]
        app.store.publish(replace(now, containers={**now.containers, **{c.key: c for c in newer}}))
        await until(pilot, lambda: len(app.main.view.table.view.shown) == 11)
        await pilot.press("y")
        await until(pilot, lambda: done == [("delete_container", "web1")])


@pytest.mark.parametrize(
    ("text", "operation"),
    [("s", "stop"), ("R", "restart"), (":kill web2", "kill"), ("z", "pause"),
     ("D", "delete_container")],
)  # fmt: skip
async def test_the_process_of_the_key_press_is_the_one_meant(
    monkeypatch: pytest.MonkeyPatch, text: str, operation: str
) -> None:
    lives: list[Life] = []

    async def noting(*_: Any, seen: Life, **__: Any) -> int:
        lives.append(seen)
        return 0

    monkeypatch.setattr(aiocontainerd.operations, operation, noting)
    async with running(session=session()) as (app, pilot):
        web2 = app.store.snapshot.tasks[Key("default", "web2")]
        if text.startswith(":"):
            carry_out(app.main, parse(text[1:]))
        else:
            await pilot.press(text)
        if text != "z":
            await until(pilot, lambda: asked(app))
            assert "pid 9120" in lines_of(app)
            now, other = app.store.snapshot, replace(web2, pid=9121, since=NOW)
            app.store.publish(replace(now, tasks={**now.tasks, other.key: other}))
            await until(pilot, lambda: app.main.snapshot.tasks[other.key] is other)
            await pilot.press("y")
        await until(pilot, lambda: lives == [Life(9120, web2.since)])


async def test_delete_tells_what_goes_and_what_stays() -> None:
    async with running(session=session(), size=(100, 30)) as (app, pilot):
        await pilot.press("D")
        await until(pilot, lambda: asked(app))
        text = screen_text(app)
        for words in (
            "Delete web2?",
            "will be stopped first: it will get SIGTERM, KILL after 10 s",
            "will be removed: its task and the container",
            "will be removed: its snapshot in overlayfs, with all that it wrote",
            "stays: /srv/www on this host",
        ):
            assert words in text


async def test_an_image_is_deleted_knowing_who_uses_it(
    done: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def plan(_: object, snapshot: Any, image: Image) -> ImagePlan:
        return ImagePlan(image, snapshot.users_of(image), (), 71_200_000)

    monkeypatch.setattr(aiocontainerd.operations, "image_plan", plan)
    async with running(session=session()) as (app, pilot):
        await pilot.press("1", "j", "j", "D")
        await until(pilot, lambda: asked(app))
        text = screen_text(app)
        assert "will free 71.2 MB" in text
        assert "used by 3 containers: web1, web2, never-started" in text
        await pilot.press("y")
        await until(pilot, lambda: done == [("delete_image", "docker.io/library/nginx:1.27")])


async def test_kill_chooses_a_signal_and_asks(done: list[tuple[str, str]]) -> None:
    async with running(session=session()) as (app, pilot):
        await pilot.press("K")
        await until(pilot, lambda: "KILL  ends it at once" in screen_text(app))
        await pilot.press("j", "enter")
        await until(pilot, lambda: asked(app))
        assert "Send SIGTERM to web2?" in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: done == [("kill", "web2")])


async def test_pause_and_resume_by_state(done: list[tuple[str, str]]) -> None:
    async with running(session=session()) as (app, pilot):
        await pilot.press("z")
        await until(pilot, lambda: done == [("pause", "web2")])
        await pilot.press("G", "z")
        await until(pilot, lambda: "Unlock what is nerdctl's in default?" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: done[-1] == ("resume", "db"))


async def test_what_was_paused_says_how_it_goes_on(done: list[tuple[str, str]]) -> None:
    """Pausing does not ask: the same key undoes it."""
    async with running(session=session()) as (app, pilot):
        await pilot.press("z")
        await until(pilot, lambda: "web2 is paused; z resumes it." in screen_text(app))


async def test_start_is_for_what_does_not_run(done: list[tuple[str, str]]) -> None:
    async with running(session=session()) as (app, pilot):
        await pilot.press("S")
        await until(pilot, lambda: "web2 is running already" in screen_text(app))
        await pilot.press("j", "S")
        await until(pilot, lambda: done == [("start", "never-started")])


async def test_a_second_stop_says_that_one_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()

    async def slow(*_: Any, **__: Any) -> int:
        await gate.wait()
        return 0

    monkeypatch.setattr(aiocontainerd.operations, "stop", slow)
    async with running(session=session()) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: asked(app))
        await pilot.press("y")
        await until(
            pilot, lambda: "web2   " in screen_text(app) and "stopping …" in screen_text(app)
        )
        await pilot.press("s")
        await until(pilot, lambda: "web2 is already being stopped" in screen_text(app))
        assert not asked(app)
        gate.set()
        await until(pilot, lambda: not app.main.busy)
        await until(pilot, lambda: "stopping …" not in screen_text(app))


async def test_an_error_is_told_in_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: Any, **__: Any) -> int:
        raise FailedPrecondition("it was replaced", subject="web2", remedy="Look [/] again.")

    monkeypatch.setattr(aiocontainerd.operations, "pause", refuse)
    async with running(session=session()) as (app, pilot):
        await pilot.press("z")
        await until(pilot, lambda: "web2: it was replaced. Look [/] again." in screen_text(app))


async def test_a_fault_of_ours_is_shown_and_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> int:
        raise ZeroDivisionError("[/] oh")

    monkeypatch.setattr(aiocontainerd.operations, "pause", broken)
    async with running(session=session()) as (app, pilot):
        await pilot.press("z")
        await until(pilot, lambda: "A fault in ctdeck itself" in screen_text(app))
        assert "ZeroDivisionError: [/] oh" in screen_text(app)
        await pilot.press("escape", "j")
        assert app.main.view.table.view.index == 1


async def test_before_a_daemon_has_answered() -> None:
    async with running() as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: "No daemon has answered yet" in screen_text(app))


async def test_restarting_what_does_not_run_speaks_of_no_signal() -> None:
    world = of((container("a"), task("a", TaskStatus.STOPPED)))
    async with running(world, session=session()) as (app, pilot):
        await pilot.press("R")
        await until(pilot, lambda: asked(app))
        assert isinstance(app.screen, ConfirmScreen)
        (line,) = app.screen.question.lines
        assert "does not run, will be started" in line
        assert "SIGTERM" not in line


async def test_a_paused_one_is_resumed_for_its_end() -> None:
    world = of((container("a"), task("a", TaskStatus.PAUSED)))
    async with running(world, session=session(), size=(120, 30)) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: asked(app))
        assert isinstance(app.screen, ConfirmScreen)
        assert "will get SIGTERM, and be resumed to hear it" in app.screen.question.lines[0]


@pytest.mark.parametrize("label", ["log", "stdout", ""])
async def test_a_log_is_removed_only_if_there_is_one(label: str) -> None:
    labels = {f"io.ctdeck/{label}": "/x"} if label else {}
    world = of((container("a", labels=labels), task("a", TaskStatus.STOPPED)))
    async with running(world, session=session()) as (app, pilot):
        await pilot.press("D")
        await until(pilot, lambda: asked(app))
        assert ("will be removed: its log" in screen_text(app)) is bool(label)
