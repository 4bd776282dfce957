"""Who pulls: the daemon where its Transfer service can, else we ourselves."""

import asyncio
import re
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace

from aiocontainerd.client import Client
from aiocontainerd.errors import (
    ContainerdError,
    DeadlineExceeded,
    ReadOnly,
    RegistryError,
    ResourceExhausted,
    Unavailable,
)
from aiocontainerd.models import Image
from aiocontainerd.operations.room import room_is_told
from aiocontainerd.pull.by_daemon import pull_by_daemon
from aiocontainerd.pull.by_us import pull_by_us
from aiocontainerd.pull.hosts import find_dir, hosts_for
from aiocontainerd.pull.place import Place
from aiocontainerd.pull.progress import Tracker
from aiocontainerd.pull.registry import Registry
from aiocontainerd.pull.unpack import default_snapshotter
from aiocontainerd.pull.wish import Wish
from aiocontainerd.services.introspection import TRANSFER
from aiocontainerd.services.leases import purpose
from aiocontainerd.services.transfer import Source

AWAY_SECONDS = 30.0  # that a restarting daemon may take
_LOOK_SECONDS = 0.25
_MOST_RESTARTS = 3
# Go's words for "no connection", in the daemon's errors.
_UNREACHABLE = re.compile(
    r"dial tcp|no such host|connection re|timeout|EOF|tls: |x509: |HTTP response to HTTPS client"
)


async def pull(client: Client, wish: Wish, tracker: Tracker) -> Image:
    """Pull and unpack; leaves nothing behind when it fails or is cancelled in time.

    What the daemon could not pull is tried again by us, silently: either that goes well, or its
    error says more than the daemon's. A daemon that restarts meanwhile is waited for.
    """
    place = Place(client, wish.namespace, await default_snapshotter(client, wish.namespace))
    kept = "Nothing of this pull was kept."
    image: Image | None = None
    try:
        async with room_is_told(client, wish.namespace, kept=kept), _lease(place, wish) as lease:
            image = await _through_restarts(replace(place, lease=lease), wish, tracker)
    except asyncio.CancelledError:
        if image is None:
            raise
    assert image is not None  # also when the cancellation came too late: only the lease was left
    return image


async def _through_restarts(place: Place, wish: Wish, tracker: Tracker) -> Image:
    """Go on where it was when the daemon comes back: the lease has kept what was here."""
    for _ in range(_MOST_RESTARTS):
        try:
            return await _pull(place, wish, tracker)
        except Unavailable as error:
            tracker.wait("the daemon is away; waiting for it")
            if not await _is_back(place):
                raise _gone(wish) from error
            tracker.wait("")
    return await _pull(place, wish, tracker)


def _gone(wish: Wish) -> Unavailable:
    return Unavailable(
        f"the daemon went away and did not come back in {AWAY_SECONDS:g} s",
        subject=str(wish.reference),
        remedy="Pull it again when containerd runs: what was downloaded may still be there.",
    )


async def _is_back(place: Place) -> bool:
    """Wait for the daemon; False when it stays away or has lost our lease."""
    with suppress(TimeoutError):
        async with asyncio.timeout(AWAY_SECONDS):
            while True:
                with suppress(Unavailable, DeadlineExceeded):
                    leases = await place.client.leases.list(namespace=place.namespace)
                    return any(lease.id == place.lease for lease in leases)
                await asyncio.sleep(_LOOK_SECONDS)
    return False


async def _pull(place: Place, wish: Wish, tracker: Tracker) -> Image:
    if not (wish.daemon_only or await _daemon_can(place.client, wish)):
        return await _by_us(place, wish, tracker)
    try:
        return await _by_daemon(place, wish, tracker)
    except (Unavailable, ResourceExhausted, ReadOnly):
        raise
    except ContainerdError as trouble:
        if wish.daemon_only:
            raise
        return await _second_try(place, wish, tracker, trouble)


async def _daemon_can(client: Client, wish: Wish) -> bool:
    """Whether its Transfer service would do what is asked.

    1.7's pulls only over HTTPS, straight from the registry: it takes the settings for anything
    else and ignores them, passing a mirror by.
    """
    if not (await client.server_info()).transfer:
        return False
    straight = not wish.plain_http and not wish.reference.is_loopback
    if straight and find_dir(wish.dirs, wish.reference.host) is None:
        return True
    # No field tells which it is; but it was 2.0 that brought both this method and the settings.
    return await client.introspection.describes(TRANSFER, "local")


async def _by_daemon(place: Place, wish: Wish, tracker: Tracker) -> Image:
    tracker.start("transfer")
    found = find_dir(wish.dirs, wish.reference.host)
    plain = wish.plain_http or wish.reference.is_loopback
    source = Source(
        str(wish.reference),
        host_dir=str(found[0]) if found else "",
        scheme="http" if plain else "",
    )
    return await pull_by_daemon(place, source, wish.platform, tracker)


async def _by_us(place: Place, wish: Wish, tracker: Tracker) -> Image:
    tracker.start("ctdeck")
    hosts = hosts_for(wish.reference, dirs=wish.dirs, plain_http=wish.plain_http)
    async with Registry(wish.reference, hosts, tracker.wait, tracker.ask) as registry:
        return await pull_by_us(place, registry, wish.reference, wish.platform, tracker)


def _lease(place: Place, wish: Wish) -> AbstractAsyncContextManager[str]:
    labels = purpose("pull", str(wish.reference))
    held = place.client.leases.held
    return held(namespace=place.namespace, sync_on_error=True, labels=labels)


async def _second_try(
    place: Place, wish: Wish, tracker: Tracker, trouble: ContainerdError
) -> Image:
    try:
        return await _by_us(place, wish, tracker)
    except RegistryError as error:
        # Where we cannot reach it and the daemon can (a proxy), the daemon knows better.
        if error.status == 0 and not _UNREACHABLE.search(trouble.what):
            raise RegistryError(
                trouble.what, subject=str(wish.reference), remedy=error.remedy
            ) from error
        raise
