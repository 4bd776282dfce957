"""Keeps a `Store` equal to what the daemon holds: lists, then events, then slowly lists again.

containerd replays no event and acknowledges no subscription, so: subscribe, wait for an event of
our own, list everything, and from then on let events say what to get again. After a break all is
listed anew, and slowly all the time, because not every change is announced.
"""

import asyncio
from time import thread_time

from aiocontainerd.client import Client
from aiocontainerd.errors import DeadlineExceeded, Unavailable
from aiocontainerd.models import Image, ImageDetails, Phase
from aiocontainerd.reconcile.details import Details, Read
from aiocontainerd.reconcile.fetch import TROUBLE
from aiocontainerd.reconcile.pacing import Pacer
from aiocontainerd.reconcile.session import SILENT, Session, last_heard
from aiocontainerd.reconcile.world import AT_ONCE, World
from aiocontainerd.sniff import Speech, listen_to
from aiocontainerd.sockets import find_fault, path_of
from aiocontainerd.store import Store
from aiocontainerd.unreached import UNREACHED

RESYNC = 30.0  # s
FIRST_PAUSE = 0.1  # s until the first try after a loss; doubled each time
PUBLISH_GAP = 0.05  # s: at most 20 snapshots a second
LOADING_GAP = 0.25  # s; while the first lists are read
CUTTING_GAP = 20  # times what it took to cut a snapshot, if that is longer: then it costs 5 %
FIRST_HOLD = 0.15  # s in which nothing less than the first lists is worth a snapshot
LONGEST_PAUSE = 0.5  # s: knocking at a socket costs next to nothing
LISTEN = 0.3  # s to find out what speaks on a socket where gRPC gets no connection
STARTING = "it hangs up: the daemon is starting or ending"


async def _read_details(client: Client, image: Image) -> ImageDetails:
    from aiocontainerd.imageinfo import image_details  # the first screen does not wait for it

    return await image_details(client, image)


async def reconcile(
    client: Client,
    store: Store,
    namespaces: frozenset[str] | None = None,
    resync: float = RESYNC,
    *,
    read_details: Read = _read_details,
) -> None:
    """Publish what the daemon holds to `store` until cancelled; the only writer of a store.

    `namespaces` are those to follow, None for all. `Snapshot.namespaces` names all, but where only
    some are followed, one that comes or goes without a word of its own is noticed by a resync.
    `resync` is the rest between two looks at everything, in seconds. Trouble with the daemon is
    never raised: the phase turns LOST or FAILED, `error` says why, what is shown stays, and it
    tries again. `error` with the phase LIVE names what could not be read, or a list that takes
    so long that the others are shown without it.

    At most 20 snapshots a second are published, and none when nothing has changed. In two
    snapshots `images`, `containers`, `tasks` and `sources` are the same objects if they are equal.
    While long lists are read for the first time, snapshots show the rows read so far
    (`Snapshot.loaded` is False and `reading` names the lists): the first screenful at once, then
    at most four a second, fewer where there are so many rows that cutting them takes long.
    `reading` names a list as long as this connection has not read it, even when `loaded` is True.
    """
    keeper = _Keeper(client, store, namespaces, resync, read_details)
    await keeper.run()


class _Keeper:
    """One session after the other, and what outlives them."""

    def __init__(
        self,
        client: Client,
        store: Store,
        namespaces: frozenset[str] | None,
        resync: float,
        read_details: Read,
    ) -> None:
        self._publisher = Pacer(self._publish, gap=LOADING_GAP, hold=FIRST_HOLD)
        self._client = client
        self._store = store
        self._namespaces = namespaces
        self._resync = resync
        self._world = World(self._changed)
        self._published = self._world.freeze()
        self._details = Details(client, self._world, read_details)

    async def run(self) -> None:
        """Never returns."""
        try:
            await self._sessions()
        finally:
            self._publisher.stop()

    async def _sessions(self) -> None:
        pause = FIRST_PAUSE
        while True:
            was_live, error = await self._session()
            was_loaded = self._published.loaded
            phase = Phase.LOST if was_loaded else Phase.FAILED
            hangs = phase is Phase.LOST and error == SILENT
            heard_at = last_heard(self._client) if hangs else None
            self._world.set(phase=phase, error=error, heard_at=heard_at)
            self._publisher.now()
            pause = FIRST_PAUSE if was_live else min(2 * pause, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _session(self) -> tuple[bool, str]:
        """Follow until it breaks: whether it was live, and what broke it."""
        if fault := find_fault(self._client.address):
            return False, str(fault)
        session = Session(
            self._client,
            self._world,
            self._details,
            self._publisher,
            namespaces=self._namespaces,
            resync=self._resync,
        )
        try:
            await session.run()
        except* TROUBLE as group:
            first = first_of(group)
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # Python 3.11's TaskGroup loses a cancellation that comes together with a failure.
            raise asyncio.CancelledError
        return session.was_live, await why(self._client.address, first)

    def _changed(self, within: float) -> None:
        if within == AT_ONCE:
            self._publisher.now()
        else:
            self._publisher.poke(within)

    def _publish(self) -> None:
        begun = thread_time()
        snapshot = self._world.freeze()
        if snapshot is not self._published:
            self._published = snapshot
            # Each snapshot delays the whole picture, and costs the more the more rows there are.
            cut = CUTTING_GAP * (thread_time() - begun)
            self._publisher.gap = PUBLISH_GAP if snapshot.loaded else max(LOADING_GAP, cut)
            self._store.publish(snapshot)


async def why(address: str, error: BaseException) -> str:
    """What broke a session, or kept it from beginning, in words for those who can mend it."""
    if fault := find_fault(address):
        return str(fault)
    if isinstance(error, DeadlineExceeded):
        return SILENT
    if not isinstance(error, Unavailable) or not error.what.startswith(UNREACHED):
        return str(error)
    try:
        heard = await listen_to(path_of(address), patience=LISTEN)
    except OSError:  # gone in this moment
        return str(find_fault(address) or error)
    if heard in (Speech.HTTP2, Speech.CLOSES):
        return STARTING
    return SILENT if heard is Speech.SILENT else f"this is no containerd socket: it {heard.value}"


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What happened first, inside however many groups."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
