"""A namespace that only the configuration has is told once, when the daemon's are known."""

from __future__ import annotations

from dataclasses import replace

from aiocontainerd.access import Access
from aiocontainerd.models import Snapshot
from aiocontainerd.store import Store
from ctdeck.settings import Session, Settings
from tests.tui.apps import running, screen_text, until
from tests.tui.worlds import world

MISSPELT = Access(namespaces=frozenset({"k8s-io"}), places={"k8s-io": "config.toml, line 2"})
TOLD = "names namespace k8s-io"


async def test_it_is_told_once() -> None:
    session = Session(Store())
    settings = Settings(access=MISSPELT)
    async with running(Snapshot(), settings=settings, session=session) as (app, pilot):
        assert not app._notifications  # nothing is known yet
        session.store.publish(world())
        await until(pilot, lambda: bool(app._notifications))
        assert "config.toml, line 2," in screen_text(app)
        session.store.publish(replace(world(), namespaces=("other",)))
        await until(pilot, lambda: app.main.snapshot.namespaces == ("other",))
        assert [TOLD in toast.message for toast in app._notifications] == [True]


async def test_nothing_is_told_where_it_is_there_or_nothing_is_real() -> None:
    known = replace(world(), namespaces=("k8s-io",))
    for snapshot, settings in (
        (known, Settings(access=MISSPELT)),
        (world(), Settings(access=MISSPELT, demo=True)),
    ):
        async with running(snapshot, settings=settings) as (app, pilot):
            await until(pilot, lambda it=app: it.main.snapshot.loaded)  # type: ignore[misc]
            await pilot.pause()
            assert not app._notifications
