"""e on a container: the dialog, what is executed by it, what is refused; on the demo."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from aiocontainerd import operations
from aiocontainerd.access import FREE
from aiocontainerd.models import Key, TaskStatus
from aiocontainerd.operations import Size, notes, toolbox
from aiocontainerd.simulator import execs
from aiocontainerd.simulator.faults import Faults
from aiocontainerd.simulator.server import Simulator
from ctdeck.app import CtdeckApp
from ctdeck.rows import ContainerRow
from ctdeck.screens import dialog
from ctdeck.screens.telling import untell
from ctdeck.screens.waiting import WaitScreen
from ctdeck.verbs.removal import take_over
from tests.tui.apps import screen_text, until
from tests.tui.handing import Played, play
from tests.tui.readonly import WHOLE, only_read, watched
from tests.tui.ways import go_to

CACHE = Key("default", "cache")  # of redis


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    return play(monkeypatch, "hostname; exit 4\r")


async def press_e(app: CtdeckApp, pilot: Pilot[None], row: Key = CACHE) -> None:
    await go_to(app, pilot, "containers", row)
    await pilot.press("e")


async def test_enter_is_a_shell(played: Played) -> None:
    async with watched(FREE, (80, 24)) as (app, pilot, demo):
        await press_e(app, pilot)
        await until(pilot, lambda: "a shell: bash, ash, sh" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "bash in cache has ended (exit status 4)" in screen_text(app))
        assert "cache\r\n" in played.shown
        assert "simulated" in played.shown
        assert played.greetings == ["ctdeck: bash in cache. ctrl-p ctrl-q leaves it, and ends it."]
        assert not demo.host.world.look("default").tasks["cache"].execs
        assert not list(demo.folder.glob("state/execs/*/*"))


async def test_what_an_earlier_one_left_running_holds_up_no_shell(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That may not let itself be ended: its container is paused, say."""
    asked = asyncio.Event()

    async def never(*_: object) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(operations, "end_orphans", never)
    async with watched(FREE, (80, 24)) as (app, pilot, _):
        await press_e(app, pilot)
        await until(pilot, lambda: "Execute in" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "bash in cache has ended (exit status 4)" in screen_text(app))
        assert asked.is_set()


async def test_a_shell_is_remembered_for_its_image(played: Played) -> None:
    async with watched(FREE, (80, 24)) as (app, pilot, demo):
        calls = demo.simulator.calls
        exec_path = "/containerd.services.tasks.v1.Tasks/Exec"
        alpine = Key("default", "debug")
        await go_to(app, pilot, "containers", alpine)
        await pilot.press("S")
        await until(pilot, lambda: runs(app))
        for tries in (2, 1):  # bash is not there
            before = calls[exec_path]
            await press_e(app, pilot, alpine)
            await until(pilot, lambda: "Execute in" in screen_text(app))
            await pilot.press("enter")
            await until(pilot, lambda: f"ash in {alpine.id} has ended" in screen_text(app))
            assert calls[exec_path] - before == tries
            await until(pilot, lambda: f"ash in {alpine.id}" in screen_text(app))
            untell(app)
            await until(pilot, lambda: "has ended" not in screen_text(app))


def runs(app: CtdeckApp) -> bool:
    row = app.main.row
    return isinstance(row, ContainerRow) and row.task is not None and row.task.pid > 0


async def test_a_command_with_user_and_directory(played: Played) -> None:
    async with watched(FREE, (80, 24)) as (app, pilot, _):
        await press_e(app, pilot)
        await until(pilot, lambda: "Execute in" in screen_text(app))
        await pilot.press(*"id", "tab", *"33", "tab", *"srv", "enter")
        await until(pilot, lambda: "begins with '/'" in screen_text(app))
        app.screen.query_one("#exec-cwd", Input).value = "/srv"
        await pilot.press("enter")
        await until(pilot, lambda: "id in cache has ended (exit status 0)" in screen_text(app))
        assert "uid=33" in played.shown


async def test_esc_executes_nothing(played: Played) -> None:
    async with watched(FREE, (80, 24)) as (app, pilot, _):
        await press_e(app, pilot)
        await until(pilot, lambda: "Execute in" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert not played.greetings


async def test_what_does_not_run_is_told_at_once(played: Played) -> None:
    async with watched(FREE, (80, 24)) as (app, pilot, _):
        await press_e(app, pilot, Key("default", "migrate-42"))
        await until(pilot, lambda: "does not run: S starts it" in screen_text(app))
        await press_e(app, pilot, Key("default", "db"))
        await pilot.press("z")
        await until(pilot, lambda: "db" in screen_text(app))
        assert not played.greetings


async def test_a_terminal_that_we_do_not_know() -> None:
    async with watched(FREE, (80, 24)) as (app, pilot, _):
        await press_e(app, pilot)
        await until(pilot, lambda: "cannot be handed" in screen_text(app))


async def test_left_by_its_keys(played: Played) -> None:
    played.typed, played.leave, played.until = "sleep 5\r", True, "#"
    async with watched(FREE, (80, 24)) as (app, pilot, demo):
        await press_e(app, pilot)
        await until(pilot, lambda: "Execute in" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "It was left, and is ended" in screen_text(app))
        assert not demo.host.world.look("default").tasks["cache"].execs


PSQL = Key("default", "psql")


async def test_attach_and_again(played: Played) -> None:
    played.typed, played.leave, played.until = "hello\r", True, "psql> hello"
    async with watched(FREE, (80, 24)) as (app, pilot, _):
        for _ in range(2):
            await go_to(app, pilot, "containers", PSQL)
            await pilot.press("a")
            await until(pilot, lambda: "psql: It was left and goes on" in screen_text(app))
            untell(app)
            played.typed, played.shown, shown = "", "", played.shown
        assert "psql> hello" in shown  # what was there before is shown again
        assert played.greetings[0] == "ctdeck: psql. ctrl-p ctrl-q leaves it, and it goes on."


async def test_attach_to_its_end(played: Played) -> None:
    played.typed = "exit 7\r"
    async with watched(FREE, (80, 24)) as (app, pilot, _):
        await go_to(app, pilot, "tasks", PSQL)
        await pilot.press("a")
        await until(pilot, lambda: "psql has ended (exit status 7)" in screen_text(app))


async def test_what_cannot_be_attached_to(played: Played) -> None:
    async with watched(FREE, (80, 24)) as (app, pilot, _):
        await go_to(app, pilot, "containers", CACHE)
        await pilot.press("a")
        await until(pilot, lambda: "without a terminal" in screen_text(app))
        assert not played.greetings


async def test_no_shell_is_a_toolbox(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked, its image pulled after another question, joined, and gone when it is left."""
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    monkeypatch.setattr(execs, "_has", lambda *_: False)
    played.typed = "exit 6\r"
    async with watched(FREE, (80, 24)) as (app, pilot, demo):
        demo.simulator.speed.download = demo.simulator.speed.unpack = 1e12
        before = set(demo.host.world.look("default").containers)
        await press_e(app, pilot)
        await until(pilot, lambda: "Execute in" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "cache has no shell" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: "A toolbox for cache" in screen_text(app))
        app.screen.query_one("#exec-image", Input).value = "busybox:latest"
        await pilot.press("enter")
        await until(pilot, lambda: "Pull the toolbox" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: "The toolbox in cache has ended (exit" in screen_text(app))
        assert "whose files are in /proc/1/root" in played.greetings[0]
        assert set(demo.host.world.look("default").containers) == before


def cleaning(app: CtdeckApp) -> bool:
    return any(each.group == "remains.remove" and each.is_running for each in app.workers)


def is_running(app: CtdeckApp, key: Key) -> bool:
    task = app.main.snapshot.tasks.get(key)
    return task is not None and task.status is TaskStatus.RUNNING


async def test_a_toolbox_that_was_left_is_offered_to_be_removed(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the next ctdeck, although it runs: nobody has its terminal."""
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    async with watched(FREE, (80, 24)) as (app, pilot, demo):
        client, state = app.client, app.state
        assert client is not None
        assert state is not None
        await until(pilot, lambda: not cleaning(app))  # as it does at its start
        search = await client.containers.get("search", namespace="default")
        options = {"namespace": "default", "state": state, "size": Size(80, 24)}
        box = toolbox(client, search, "busybox:1.36", **options)  # type: ignore[arg-type]
        id = (await box.__aenter__()).id
        monkeypatch.setattr(notes, "has_ended", lambda *_: True)  # who made it was killed
        await until(
            pilot, lambda: is_running(app, Key("default", id))
        )  # else it starts under the question
        app.main.begin(take_over(app.main), group="remains.remove")
        await until(pilot, lambda: f"Remove {id}?" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: id not in demo.host.world.look("default").containers)
        await box.__aexit__(None, None, None)


async def test_what_is_typed_ahead_of_the_shell_is_not_for_the_lists(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell takes its time to come; `sD` are letters of a command then, not stop and delete."""
    begun, go = asyncio.Event(), asyncio.Event()

    async with watched(FREE, (80, 24)) as (app, pilot, _):
        assert app.client is not None
        really = app.client.tasks.exec

        async def slow(*arguments: Any, **options: Any) -> None:
            begun.set()
            await go.wait()
            await really(*arguments, **options)

        monkeypatch.setattr(app.client.tasks, "exec", slow)
        await press_e(app, pilot)
        await until(pilot, lambda: "Execute in" in screen_text(app))
        await pilot.press("enter")
        await begun.wait()
        await pilot.press("s", "D", "y")
        assert "?" not in screen_text(app)  # nothing is asked
        assert [type(screen) for screen in app.screen_stack[1:]] in ([], [WaitScreen])
        go.set()
        await until(pilot, lambda: "has ended" in screen_text(app))
        await pilot.pause(0.1)
        assert len(app.screen_stack) == 1


async def test_read_only_one_may_watch(played: Played) -> None:
    """What is typed goes nowhere, and the daemon is told nothing, the size neither."""
    played.typed, played.leave, played.until = "", True, "psql> "
    async with watched(WHOLE, (80, 24)) as (app, pilot, demo):
        await go_to(app, pilot, "containers", PSQL)
        await pilot.press("a")
        await until(pilot, lambda: "psql: It was left and goes on" in screen_text(app))
        assert "Read-only: it hears nothing" in played.greetings[0]
        assert played.heard is False
        only_read(demo)


async def test_a_shell_that_comes_late_does_not_take_the_keyboard_of_who_has_gone_on(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shim is stuck: a dialog says so, takes the keys, and calls it off."""
    faults = Faults()
    monkeypatch.setattr("ctdeck.demo.Simulator", partial(Simulator, faults=faults))
    async with watched(FREE, (80, 24)) as (app, pilot, demo):
        tasks = demo.host.world.look("default").tasks
        faults.add("Tasks/Start", "hang")
        await press_e(app, pilot)
        await until(pilot, lambda: "Execute in" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "It is being started" in screen_text(app))
        assert "background" not in screen_text(app)
        await pilot.press("j", "b", "s", "escape")
        await until(pilot, lambda: "It is being started" not in screen_text(app))
        assert len(tasks["cache"].execs) == 1
        faults.clear()
        await until(pilot, lambda: not tasks["cache"].execs)
        await until(pilot, lambda: "Execute in cache: called off" in screen_text(app))
        assert not played.greetings

        faults.add("Tasks/Start", "hang")
        await pilot.press("e")
        await until(pilot, lambda: "Execute in" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "It is being started" in screen_text(app))
        faults.clear()
        await until(pilot, lambda: "bash in cache has ended (exit status 4)" in screen_text(app))
