"""Who pulls: the daemon where its Transfer service can, else we ourselves."""

import re
from dataclasses import replace

from aiocontainerd.client import Client
from aiocontainerd.errors import (
    ContainerdError,
    ReadOnly,
    RegistryError,
    ResourceExhausted,
    Unavailable,
)
from aiocontainerd.models import Image
from aiocontainerd.pull.by_daemon import pull_by_daemon
from aiocontainerd.pull.by_us import pull_by_us
from aiocontainerd.pull.hosts import find_dir, hosts_for
from aiocontainerd.pull.place import Place
from aiocontainerd.pull.progress import Tracker
from aiocontainerd.pull.registry import Registry
from aiocontainerd.pull.unpack import default_snapshotter
from aiocontainerd.pull.wish import Wish
from aiocontainerd.services.introspection import TRANSFER
from aiocontainerd.services.transfer import Source

# Go's words for "no connection", in the daemon's errors.
_UNREACHABLE = re.compile(
    r"dial tcp|no such host|connection re|timeout|EOF|tls: |x509: |HTTP response to HTTPS client"
)


async def pull(client: Client, wish: Wish, tracker: Tracker) -> Image:
    """Pull and unpack; leaves nothing behind when it fails or is cancelled.

    What the daemon could not pull is tried again by us, silently: either that goes well, or its
    error says more than the daemon's.
    """
    place = Place(client, wish.namespace, await default_snapshotter(client, wish.namespace))
    try:
        if not (wish.daemon_only or await _daemon_can(client, wish)):
            return await _by_us(place, wish, tracker)
        try:
            return await _by_daemon(place, wish, tracker)
        except (Unavailable, ResourceExhausted, ReadOnly):
            raise
        except ContainerdError as trouble:
            if wish.daemon_only:
                raise
            return await _second_try(place, wish, tracker, trouble)
    except ResourceExhausted as error:
        error.remedy = "Nothing of this pull was kept. Delete images or containers to make room."
        raise


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
    leases = place.client.leases
    async with leases.held(namespace=place.namespace, sync_on_error=True) as lease:
        return await pull_by_daemon(replace(place, lease=lease), source, wish.platform, tracker)


async def _by_us(place: Place, wish: Wish, tracker: Tracker) -> Image:
    tracker.start("ctdeck")
    hosts = hosts_for(wish.reference, dirs=wish.dirs, plain_http=wish.plain_http)
    leases = place.client.leases
    async with (
        leases.held(namespace=place.namespace, sync_on_error=True) as lease,
        Registry(wish.reference, hosts) as registry,
    ):
        return await pull_by_us(
            replace(place, lease=lease), registry, wish.reference, wish.platform, tracker
        )


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
