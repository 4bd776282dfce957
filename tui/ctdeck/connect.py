"""From the arguments to a Session: finds a daemon that answers and starts to follow it.

It begins before Textual is imported: the daemon answers meanwhile (see `__main__.py`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from ctdeck.settings import Session, Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from aiocontainerd.discovery import Probe
    from ctdeck.app import CtdeckApp
    from ctdeck.embedded import EmbeddedDaemon
    from ctdeck.screens.nodaemon import NoDaemonScreen

    Found = Session | tuple[Probe, ...]  # a session, or what was tried in vain

RETRY = 2.0  # seconds between two looks for a daemon
PATIENCE = 5.0  # seconds that leaving waits for pulls to be cancelled


async def connect(app: CtdeckApp, first: Awaitable[Found]) -> Session:
    """Look until a daemon answers; shows what was tried while none does.

    `first` is the first look, which may have begun before there was an app.
    """
    screen: NoDaemonScreen | None = None
    found = await first
    while not isinstance(found, Session):
        if screen is None:
            from ctdeck.screens.nodaemon import NoDaemonScreen

            screen = NoDaemonScreen(app.settings, app.keys)
            await app.push_screen(screen)
        screen.show(found)
        await screen.wait(RETRY)
        found = await look(app.settings, offered=screen.take_offer())
    if screen is not None:
        screen.close()
    if found.client is not None and found.client.audit is not None:
        found.client.audit.listen(partial(_warn, app))
    if found.embedded is not None and (problem := found.embedded.sample_problem):
        app.notify(problem, title="No sample image", severity="warning", markup=False)
    return found


def _warn(app: CtdeckApp, text: str) -> None:
    """A toast; it is no error of what is being done."""
    app.notify(text, title="Audit", severity="warning", markup=False)


async def look(settings: Settings, *, offered: bool = False) -> Found:
    """One round. `offered`: ctdeck's own daemon is, and was taken, by the key."""
    if settings.demo:
        from ctdeck.demo import begin

        return await begin(settings)
    from aiocontainerd.audit import Audit
    from aiocontainerd.client import Client
    from aiocontainerd.discovery import Probe, candidates, discover
    from aiocontainerd.state import StateDirectory

    def client_for(address: str) -> Client:
        audit = Audit(StateDirectory.default(), address)
        return Client(address, access=settings.access, audit=audit)

    probes: tuple[Probe, ...] = ()
    if not settings.embedded:
        probes = await discover(candidates(settings.address), connect=client_for)
        if probes[-1].server is not None:
            return _session(probes[-1], None)
        if not offered:
            return probes
    from aiocontainerd.errors import ContainerdError
    from ctdeck.embedded import OWN, EmbeddedDaemon

    try:
        if settings.read_only:
            raise settings.access.refusal()
        daemon = await EmbeddedDaemon.start(StateDirectory.default().root, settings.access)
    except ContainerdError as error:
        return (*probes, Probe(OWN, problem=error.what, remedy=error.remedy))
    probes = await discover((daemon.address,), connect=client_for)
    if probes[-1].server is None:  # it has gone again: the next round starts it anew
        await daemon.leave()
        return probes
    return _session(probes[-1], daemon)


def _session(found: Probe, daemon: EmbeddedDaemon | None) -> Session:
    from aiocontainerd.pull import Pulls
    from aiocontainerd.reconcile import reconcile
    from aiocontainerd.state import StateDirectory
    from aiocontainerd.store import Store

    client, store = found.client, Store()
    assert client is not None
    following = asyncio.create_task(reconcile(client, store), name="reconcile")
    state = StateDirectory.default()
    return Session(
        store,
        client,
        Pulls(client),
        state,
        found.address,
        embedded=daemon,
        following=following,
    )


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
    if session.demo is not None:
        await session.demo.stop()
