"""From a key to an operation: the question, its answer, and what is told afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

import aiocontainerd.operations
from aiocontainerd.access import Access
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.models import Container, Image, Key, Snapshot, Task, TaskStatus
from aiocontainerd.operations import ImagePlan, Life
from aiocontainerd.pull.progress import PullProgress
from ctdeck.command.parsing import parse
from ctdeck.screens import dialog
from ctdeck.screens.confirm import ConfirmScreen
from ctdeck.settings import Settings
from ctdeck.verbs.typed import carry_out
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import asked, lines_of, noted, ours, question_of, session
from tests.tui.worlds import NOW, container, image, snapshot, task


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    return noted(monkeypatch)


async def test_stop_asks_by_name_and_y_stops(done: list[tuple[str, str]]) -> None:
    async with running(session=session()) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: asked(app))
        text = screen_text(app)
        assert "Stop web2?" in text
        assert "docker.io/library/nginx:1.27 (running, pid 9120): SIGTERM" in text
        assert not done
        await pilot.press("y")
        await until(pilot, lambda: done == [("stop", "web2")])
        await until(pilot, lambda: "web2 has stopped (exit status 0)" in screen_text(app))


async def test_the_grace_time_is_the_containers_own(done: list[tuple[str, str]]) -> None:
    slow = container("slow", labels={"nerdctl/stop-timeout": "45"})
    one = snapshot(containers=[slow], tasks=[task("slow", TaskStatus.RUNNING)])
    async with running(one, session=session()) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: "Unlock" in question_of(app))  # it is nerdctl's
        await pilot.press("y")
        await until(pilot, lambda: "Stop" in question_of(app))
        assert "KILL if it still runs after 45 s" in " ".join(lines_of(app).split())


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
            "is stopped first: SIGTERM, KILL after 10 s",
            "removed: its task and the container",
            "removed: its snapshot in overlayfs, with all that it wrote",
            "kept: /srv/www on this host",
        ):
            assert words in text


async def test_an_image_is_deleted_knowing_who_uses_it(
    done: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def plan(_: object, snapshot: Any, image: Image) -> ImagePlan:
        return ImagePlan(image, snapshot.users_of(image), (), 71_200_000)

    monkeypatch.setattr(aiocontainerd.operations, "image_plan", plan)
    async with running(session=session()) as (app, pilot):
        await pilot.press("1", "j", "D")
        await until(pilot, lambda: asked(app))
        text = screen_text(app)
        assert "frees 71.2 MB" in text
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


async def test_quit_asks_only_while_a_pull_runs() -> None:
    class Job:
        reference = "docker.io/library/busybox:1.36"
        done = False

        async def cancel(self) -> None:
            self.done = True

        progress = PullProgress(reference)

    class Pulls:
        jobs = (Job(),)

    async with running(session=replace(session(), pulls=Pulls())) as (app, pilot):  # type: ignore[arg-type]
        await pilot.press("ctrl+c")
        await until(pilot, lambda: asked(app))
        assert "The pull of docker.io/library/busybox:1.36 will be cancelled." in screen_text(app)
        assert "Stay (n)" in screen_text(app)
        assert "Cancel" not in screen_text(app)
        assert app.focused is not None
        assert app.focused.id == "no"
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        assert app.is_running
        Pulls.jobs[0].done = True
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


# Removal when done


def marked(name: str, status: TaskStatus, namespace: str = "default") -> tuple[Container, Task]:
    labels = {"io.ctdeck/remove": "true"}
    return container(name, namespace=namespace, labels=labels), task(name, status, namespace)


def of(*pairs: tuple[Container, Task]) -> Snapshot:
    return snapshot(containers=[c for c, _ in pairs], tasks=[t for _, t in pairs])


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


# Words


async def test_restarting_what_does_not_run_speaks_of_no_signal() -> None:
    world = of((container("a"), task("a", TaskStatus.STOPPED)))
    async with running(world, session=session()) as (app, pilot):
        await pilot.press("R")
        await until(pilot, lambda: asked(app))
        assert isinstance(app.screen, ConfirmScreen)
        (line,) = app.screen.question.lines
        assert "does not run, is started" in line
        assert "SIGTERM" not in line


async def test_a_paused_one_is_resumed_for_its_end() -> None:
    world = of((container("a"), task("a", TaskStatus.PAUSED)))
    async with running(world, session=session(), size=(120, 30)) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: asked(app))
        assert isinstance(app.screen, ConfirmScreen)
        assert "resumed for it, SIGTERM" in app.screen.question.lines[0]


@pytest.mark.parametrize("label", [True, False])
async def test_a_log_is_removed_only_if_there_is_one(label: bool) -> None:
    labels = {"io.ctdeck/stdout": "/x"} if label else {}
    world = of((container("a", labels=labels), task("a", TaskStatus.STOPPED)))
    async with running(world, session=session()) as (app, pilot):
        await pilot.press("D")
        await until(pilot, lambda: asked(app))
        assert ("removed: its log" in screen_text(app)) is label


# Several at a time


def three() -> Snapshot:
    return of(*((container(id), task(id, TaskStatus.RUNNING)) for id in "abc"))


async def test_the_second_of_three_fails_and_the_others_are_done(
    done: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop(_: object, thing: Container, **__: Any) -> int:
        if thing.id == "b":
            raise FailedPrecondition("it was replaced", subject="b", remedy="Look again.")
        done.append(("stop", thing.id))
        return 0

    monkeypatch.setattr(aiocontainerd.operations, "stop", stop)
    async with running(three(), session=session()) as (app, pilot):
        carry_out(app.main, parse("stop -f a b c"))
        await until(pilot, lambda: "2 of 3 were stopped" in screen_text(app))
        text = screen_text(app)
        assert "a has stopped (exit status 0)." in text
        assert "b was not stopped: b: it was replaced. Look again." in text
        assert "c has stopped (exit status 0)." in text
        assert done == [("stop", "a"), ("stop", "c")]
        assert not app._notifications
        assert not app.main.busy


async def test_a_fault_of_ours_in_one_does_not_leave_the_others(
    done: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def delete(_: object, thing: Image) -> None:
        if thing.name == "b":
            raise ZeroDivisionError("oh")
        done.append(("rmi", thing.name))

    monkeypatch.setattr(aiocontainerd.operations, "delete_image", delete)
    world = snapshot(images=[image(name) for name in "abc"])
    async with running(world, session=session()) as (app, pilot):
        carry_out(app.main, parse("rmi -f a b c"))
        await until(pilot, lambda: "2 of 3 were deleted" in screen_text(app))
        assert "b was not deleted: ZeroDivisionError: oh" in screen_text(app)
        assert done == [("rmi", "a"), ("rmi", "c")]


async def test_what_is_gone_drops_out_with_a_word(
    done: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pause(_: object, thing: Container, **__: Any) -> None:
        if thing.id == "a":
            raise NotFound("this container is not there any more", subject="a")
        done.append(("pause", thing.id))

    monkeypatch.setattr(aiocontainerd.operations, "pause", pause)
    async with running(three(), session=session()) as (app, pilot):
        carry_out(app.main, parse("pause a b c"))
        await until(pilot, lambda: "2 of 3 were paused" in screen_text(app))
        assert "a is gone already." in screen_text(app)
        assert done == [("pause", "b"), ("pause", "c")]


async def test_all_is_well_in_one_toast(done: list[tuple[str, str]]) -> None:
    async with running(three(), session=session()) as (app, pilot):
        carry_out(app.main, parse("rm -f a b c"))
        await until(pilot, lambda: "c is deleted." in screen_text(app))
        assert [toast.message for toast in app._notifications] == [
            "a is deleted. b is deleted. c is deleted."
        ]
        assert len(done) == 3


async def test_those_that_do_not_run_are_told_of_too(done: list[tuple[str, str]]) -> None:
    world = of(
        (container("a"), task("a", TaskStatus.RUNNING)),
        (container("b"), task("b", TaskStatus.STOPPED)),
    )
    async with running(world, session=session()) as (app, pilot):
        carry_out(app.main, parse("stop -f a b"))
        await until(pilot, lambda: "1 of 2 were stopped" in screen_text(app))
        assert "b has no running task." in screen_text(app)
        assert done == [("stop", "a")]
        await pilot.press("escape")
        carry_out(app.main, parse("start a b"))
        await until(pilot, lambda: "1 of 2 were started" in screen_text(app))
        assert "a is running already." in screen_text(app)
        assert done[1:] == [("start", "b")]
