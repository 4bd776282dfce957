"""From the arguments to a Session: finds a daemon that answers and starts to follow it.

All that is heavy (grpc, protobuf) is imported in here, beside the first frame.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from ctdeck.settings import Session

if TYPE_CHECKING:
    from aiocontainerd.discovery import Probe
    from ctdeck.app import CtdeckApp
    from ctdeck.embedded import EmbeddedDaemon
    from ctdeck.screens.nodaemon import NoDaemonScreen

RETRY = 2.0  # seconds between two looks for a daemon
PATIENCE = 5.0  # seconds that leaving waits for pulls to be cancelled


async def connect(app: CtdeckApp) -> Session:
    """Look until a daemon answers; shows what was tried while none does."""
    await asyncio.to_thread(import_module, "aiocontainerd.discovery")
    screen: NoDaemonScreen | None = None
    while True:
        probes, daemon = await _look(app, offered=screen is not None and screen.embedded)
        if probes[-1].server is not None:
            if screen is not None:
                screen.dismiss()
            return _session(app, probes[-1], daemon)
        if screen is None:
            from ctdeck.screens.nodaemon import NoDaemonScreen

            screen = NoDaemonScreen(app.settings)
            await app.push_screen(screen)
        screen.show(probes)
        await screen.wait(RETRY)


async def _look(
    app: CtdeckApp, *, offered: bool
) -> tuple[tuple[Probe, ...], EmbeddedDaemon | None]:
    """One round: the last probe has a server, or none has. `offered`: and taken, by the key."""
    from aiocontainerd.client import Client
    from aiocontainerd.discovery import Probe, candidates, discover

    client_for = partial(Client, read_only=app.settings.read_only)
    probes: tuple[Probe, ...] = ()
    if not app.settings.embedded:
        probes = await discover(candidates(app.settings.address), connect=client_for)
        if probes[-1].server is not None or not offered:
            return probes, None
    from aiocontainerd.errors import ContainerdError
    from aiocontainerd.state import StateDirectory
    from ctdeck.embedded import EmbeddedDaemon

    try:
        daemon = await EmbeddedDaemon.start(StateDirectory.default().root)
    except ContainerdError as error:
        name = "ctdeck's own containerd (--embedded)"
        return (*probes, Probe(name, problem=error.what, remedy=error.remedy)), None
    probes = await discover((daemon.address,), connect=client_for)
    if probes[-1].server is None:  # it has gone again: the next round starts it anew
        await daemon.leave()
        return probes, None
    if daemon.sample_problem:
        app.notify(daemon.sample_problem, title="No sample image", severity="warning", markup=False)
    return probes, daemon


def _session(app: CtdeckApp, found: Probe, daemon: EmbeddedDaemon | None) -> Session:
    from aiocontainerd.pull import Pulls
    from aiocontainerd.reconcile import reconcile
    from aiocontainerd.state import StateDirectory
    from aiocontainerd.store import Store

    client, store = found.client, Store()
    assert client is not None
    app.run_worker(reconcile(client, store), group="reconcile")
    return Session(store, client, Pulls(client), StateDirectory.default(), found.address, daemon)


async def disconnect(session: Session, *, end_containers: bool) -> None:
    """Cancel what runs, close the channel, and end the embedded daemon if we are its last.

    Its containers keep it alive unless `end_containers`.
    """
    if session.pulls is not None:
        running = [job.cancel() for job in session.pulls.jobs if not job.done]
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*running, return_exceptions=True)
    if session.client is not None:
        await session.client.close()
    if session.embedded is not None:
        await (session.embedded.stop() if end_containers else session.embedded.leave())
