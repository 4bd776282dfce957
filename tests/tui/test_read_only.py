"""Every key and every `:` word on a read-only ctdeck; then the simulated daemon is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from aiocontainerd.access import Access
from aiocontainerd.gate import FLEETING_CALLS, READING_CALLS
from aiocontainerd.simulator.world import World
from ctdeck.actions import ACTIONS
from ctdeck.actions.action import PANE_IDS
from ctdeck.app import CtdeckApp
from ctdeck.command.parsing import BY_NAME
from ctdeck.demo import Demo
from ctdeck.rows import ContainerRow
from ctdeck.screens import dialog
from ctdeck.settings import Settings
from tests.tui.apps import screen_text, until

ENDS = {"quit", "suspend"}  # actions that leave ctdeck
WHOLE = Access(read_only=True)
BY_NAMESPACE = Access(namespaces=frozenset({"default", "k8s.io", "builds", "moby", "new"}))
WORDS = {
    "pull": ("pull nginx:latest", "pull --plain-http localhost:5000/x"),
    "run": ("run nginx:1.27", "run --rm --name x -v /etc:/x nginx:1.27 true"),
    "stop": ("stop web1", "stop -f web1"),
    "kill": ("kill web1", "kill -f -s KILL web1"),
    "restart": ("restart web1", "restart -f web1"),
    "start": ("start web1", "start migrate"),
    "rm": ("rm migrate", "rm -f web1"),
    "rmi": ("rmi nginx:1.27", "rmi -f nginx:1.27"),
    "pause": ("pause web1",),
    "resume": ("resume web1",),
    "ns": ("ns default", "ns all", "ns new"),
    "lock": ("lock",),
    "ps": ("ps",),
} | {pane: (pane,) for pane in ("images", "containers", "tasks", "mounts", "events")}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)


def picture(world: World) -> object:
    """All that the daemon holds, to be compared."""
    return {
        name: (
            dict(space.labels),
            {id: record.wire for id, record in space.containers.items()},
            {name: image.SerializeToString() for name, image in space.images.items()},
            {id: task.process.SerializeToString() for id, task in space.tasks.items()},
            {key: snapshot.info.SerializeToString() for key, snapshot in space.snapshots.items()},
            {digest: blob.info.SerializeToString() for digest, blob in space.content.items()},
            set(space.ingests),
            {id: lease.lease.SerializeToString() for id, lease in space.leases.items()},
        )
        for name, space in world.spaces.items()
    }


@asynccontextmanager
async def watched(
    access: Access, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[CtdeckApp, Pilot[None], Demo]]:
    """An app on a demo where nothing happens by itself."""
    settings = Settings(demo=True, access=access)
    app = CtdeckApp(settings, await Demo.start(settings, lively=False))
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.session is not None and app.store.snapshot.loaded)
        assert app.session is not None
        assert app.session.demo is not None
        demo = app.session.demo
        yield app, pilot, demo


async def back(app: CtdeckApp, pilot: Pilot[None], pane: int) -> None:
    """Out of every dialog and prompt, to a row of this pane."""
    for _ in range(6):
        if len(app.screen_stack) == 1 and not app.main.commanding and not app.main.filtering:
            break
        await pilot.press("escape")
    assert len(app.screen_stack) == 1, screen_text(app)
    if app.main.pane_id != PANE_IDS[pane]:
        await pilot.press(str(pane + 1))
    if app.main.scope is not None:
        app.main.set_scope(None)
    if PANE_IDS[pane] != "events":
        await until(pilot, lambda: app.main.row is not None)


def only_read(demo: Demo) -> None:
    """Nothing but reading has come through."""
    called = {path for path, times in demo.simulator.calls.items() if times}
    assert called
    assert called <= READING_CALLS | FLEETING_CALLS
    assert not (demo.folder / "state" / "logs").exists()


async def press_all(app: CtdeckApp, pilot: Pilot[None], keys: Iterable[str], pane: int) -> None:
    """Each key on a row, and yes to whatever it asks, by letter and by Enter."""
    for key in keys:
        await pilot.press(key)
        if len(app.screen_stack) > 1:
            await pilot.press("y", "tab", "enter", "enter")
        await back(app, pilot, pane)


def keys_of(access: Access) -> list[str]:
    """All of them; by namespace, those that change something."""
    wanted = [a for a in ACTIONS if a.id not in ENDS and (a.changes or access.read_only)]
    return [key for action in wanted for key in action.keys.split(",")]


@pytest.mark.parametrize("access", [WHOLE, BY_NAMESPACE], ids=["whole", "by namespace"])
async def test_no_key_changes_anything(access: Access) -> None:
    async with watched(access) as (app, pilot, demo):
        before = picture(demo.host.world)
        assert set(demo.host.world.spaces) <= BY_NAMESPACE.namespaces
        for pane in range(5):
            await back(app, pilot, pane)
            await press_all(app, pilot, keys_of(access), pane)
        assert picture(demo.host.world) == before
        only_read(demo)


def lines_for(pane: int) -> list[str]:
    """All forms of all words in the containers pane; one of each that changes things elsewhere."""
    if pane == 1:
        return [line for lines in WORDS.values() for line in lines]
    changing = {word for action in ACTIONS if action.changes for word in action.words} | {"restart"}
    return [WORDS[word][pane % len(WORDS[word])] for word in sorted(changing)]


@pytest.mark.parametrize("access", [WHOLE, BY_NAMESPACE], ids=["whole", "by namespace"])
async def test_no_word_changes_anything(access: Access) -> None:
    assert set(WORDS) >= set(BY_NAME) - {"quit", "q"}
    async with watched(access) as (app, pilot, demo):
        before = picture(demo.host.world)
        for pane in range(5) if access.read_only else (1,):
            for line in lines_for(pane):
                app.main.open("command", text=line)
                await press_all(app, pilot, ["enter"], pane)
        assert picture(demo.host.world) == before
        only_read(demo)


async def test_the_palette_offers_and_does_nothing_that_changes() -> None:
    async with watched(WHOLE, (100, 100)) as (app, pilot, demo):
        before = picture(demo.host.world)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Choose a namespace" in screen_text(app))
        assert "Stop it" not in screen_text(app)
        assert "Delete" not in screen_text(app)
        for title in ("stop", "delete", "pull"):
            await pilot.press(*title, "enter", "y")
            await back(app, pilot, 1)
            await pilot.press("ctrl+p")
        assert picture(demo.host.world) == before
        only_read(demo)


async def test_one_namespace_is_read_only_and_the_other_is_not() -> None:
    """The same key on the rows of both; the top line and the refusal say which."""
    where = "/etc/ctdeck.toml, line 2 says so: change that, and start ctdeck again."
    access = Access(namespaces=frozenset({"default"}), remedies={"default": where})
    async with watched(access) as (app, pilot, demo):
        assert "read-only: default" in screen_text(app).splitlines()[0]
        world = demo.host.world
        kept, gone = dict(world.look("default").containers), "builds"
        left = len(world.look(gone).containers)
        for namespace in ("default", gone):
            app.main.set_scope(namespace)
            await pilot.press("2", "g")
            await until(pilot, lambda it=namespace: is_on(app, it))  # type: ignore[misc]
            offered = "delete" in screen_text(app).splitlines()[-1]
            assert offered == (namespace == gone)
            await pilot.press("D")
            if offered:
                await until(pilot, lambda: len(app.screen_stack) > 1)
                await pilot.press("y")
            else:
                await until(pilot, lambda: "line 2 says so" in screen_text(app))
                await back(app, pilot, 1)
        await until(pilot, lambda: len(world.look(gone).containers) == left - 1)
        assert world.look("default").containers == kept


def is_on(app: CtdeckApp, namespace: str) -> bool:
    return isinstance(app.main.row, ContainerRow) and app.main.row.container.namespace == namespace
