"""A ctdeck on a demo where nothing happens by itself, and what its daemon has seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from aiocontainerd.access import Access
from aiocontainerd.gate import FLEETING_CALLS, READING_CALLS
from aiocontainerd.simulator.world import World
from ctdeck.app import CtdeckApp
from ctdeck.demo import Demo
from ctdeck.settings import Settings
from tests.tui.apps import until

TOOLBOX = "docker.io/library/busybox:1.36"  # is there
SMALL = (44, 11)  # the time goes into drawing
WHOLE = Access(read_only=True)
BY_NAMESPACE = Access(namespaces=frozenset({"default", "k8s.io", "builds", "moby", "new"}))


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
    access: Access, size: tuple[int, int] = SMALL, *, screen: Access | None = None
) -> AsyncIterator[tuple[CtdeckApp, Pilot[None], Demo]]:
    """An app on a demo where nothing happens by itself. `screen`: what the screen thinks."""
    settings = Settings(demo=True, access=access)
    shown = Settings(demo=True, access=access if screen is None else screen, toolbox=TOOLBOX)
    app = CtdeckApp(shown, await Demo.start(settings, lively=False))
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.session is not None and app.store.snapshot.loaded)
        assert app.session is not None
        assert app.session.demo is not None
        demo = app.session.demo
        yield app, pilot, demo


def only_read(demo: Demo) -> None:
    """Nothing but reading has come through."""
    called = {path for path, times in demo.simulator.calls.items() if times}
    assert called
    assert called <= READING_CALLS | FLEETING_CALLS
    assert not (demo.folder / "state" / "logs").exists()


def asks(app: CtdeckApp) -> bool:
    """Something is shown that wants an answer."""
    return len(app.screen_stack) > 1
