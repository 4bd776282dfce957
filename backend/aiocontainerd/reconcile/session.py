"""One connection's life: subscribe, be sure of it, list, follow, and look again now and then."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, DeadlineExceeded, Unavailable
from aiocontainerd.models import Phase, ServerInfo
from aiocontainerd.reconcile.details import Details
from aiocontainerd.reconcile.fetch import lists_of
from aiocontainerd.reconcile.follow import Follower
from aiocontainerd.reconcile.hello import ANSWER, answer, confirm, measure
from aiocontainerd.reconcile.hostfiles import HostFiles
from aiocontainerd.reconcile.pacing import Pacer
from aiocontainerd.reconcile.topics import ALL_NAMESPACES, Kind, Target
from aiocontainerd.reconcile.world import World

UNSURE_AGAIN = 1.0  # s until all is listed once more after an unsure subscription
FIRST_LISTS = 2.0  # s after which the picture counts as loaded without a list that makes no way
QUIET = 5.0  # s without any answer or event, after which the smallest question is asked
RETRIES = (0.1, 0.2, 0.5, 1.0)  # s between questions to a daemon that does not answer
SILENT = "the daemon accepts calls and does not answer: it is stopped, hung or overloaded"

DEAF = "the daemon answers, but its events no longer come; listening anew"


class Session:
    """Follows the daemon until the event stream ends."""

    def __init__(
        self,
        client: Client,
        world: World,
        details: Details,
        publisher: Pacer,
        *,
        namespaces: frozenset[str] | None,
        resync: float,
    ) -> None:
        self.was_live = False
        self._client = client
        self._world = world
        self._details = details
        self._publisher = publisher
        self._namespaces = namespaces
        self._resync = resync
        self._host_files = HostFiles(world)
        self._is_sure = False  # whether an event of our own came back
        self._patience = ANSWER  # s for the smallest answer

    async def run(self) -> None:
        """Never returns; raises what ended it, in an ExceptionGroup."""
        async with asyncio.TaskGroup() as group:
            follower = self._follower = Follower(
                self._client, self._world, self._details, self._host_files, self._namespaces, group
            )
            try:
                group.create_task(follower.listen())
                await self._begin(group)
                group.create_task(self._details.run())
                group.create_task(self._host_files.run())
                await self._keep_looking()
            finally:
                follower.refresher.stop()

    async def _begin(self, group: asyncio.TaskGroup) -> None:
        """From nothing to the first whole picture."""
        had_details = bool(self._world.findings.details)
        meeting = group.create_task(self._meet(group))
        if self._world.server is not None:
            await meeting  # another daemon may live at this address now
        self._patience = await measure(self._client)
        sure = self._is_sure = await self._confirm()
        self._world.read_anew()
        await self._follower.refresher.get([ALL_NAMESPACES])
        if error := self._follower.fetcher.troubles.get(ALL_NAMESPACES):
            raise error
        rows = [target for target in self._lists() if target.kind is not Kind.SNAPSHOTS]
        await self._wait_for(group, rows)
        await meeting
        self._follower.late.update(t for t in rows if not self._follower.fetcher.is_read(t))
        self._live()
        snapshots = [target for target in self._lists() if target.kind is Kind.SNAPSHOTS]
        self._follower.mark(t for t in snapshots if not self._follower.has_asked(t))
        for name in self._world.namespaces:
            if had_details:  # what was read before a break may be old
                self._details.touched(name, deleted=True)
        if not sure:
            loop = asyncio.get_running_loop()
            loop.call_later(UNSURE_AGAIN, self._follower.mark, (ALL_NAMESPACES, *self._lists()))

    async def _wait_for(self, group: asyncio.TaskGroup, rows: Sequence[Target]) -> None:
        """Wait for the first lists; a long one may take its time, one that stands still may not."""
        fetcher = self._follower.fetcher
        containers = [target for target in rows if target.kind is Kind.CONTAINERS]
        # New namespaces are being listed already.
        getting = group.create_task(self._follower.refresher.get(rows, again=False))
        taken = -1
        while not (await asyncio.wait({getting}, timeout=FIRST_LISTS))[0]:
            if all(map(fetcher.is_read, containers)) or fetcher.taken == taken:
                getting.cancel()
                break
            taken = fetcher.taken

    async def _meet(self, group: asyncio.TaskGroup) -> None:
        """Who answers; where it lives is found out beside the lists."""
        try:
            # What a new client knows already is news enough.
            again = self._world.phase is not Phase.CONNECTING
            server = await self._client.server_info(fresh=again)
        except (Unavailable, DeadlineExceeded):
            self._follower.refresher.stop()  # the group aborts
            raise
        except ContainerdError:  # the lists may still work
            self._world.set(server=None)
        else:
            if is_another(self._world.server, server):
                self._world.forget()
            self._world.set(server=server)
        group.create_task(self._locate())

    async def _locate(self) -> None:
        """Where it lives: then its processes and bind sources can be looked at."""
        host = await self._client.locate(anew=True)
        self._host_files.root = host.root
        self._host_files.look()
        await self._follower.look_at_tasks(shares_pids=host.shares_pids)

    def _lists(self) -> tuple[Target, ...]:
        return tuple(target for name in self._world.namespaces for target in lists_of(name))

    def _live(self) -> None:
        self.was_live = True
        error = self._follower.trouble()
        self._world.set(phase=Phase.LIVE, loaded=True, error=error, heard_at=None)
        self._publisher.now()

    async def _keep_looking(self) -> None:
        """The slow resync; of everything, and at once, when there was no answer for a while."""
        clock = asyncio.get_running_loop().time
        due = clock() + self._resync
        heard = self._follower.heard
        while True:
            await self._until_doubt(due)
            was_silent = await self._wait_for_answer()
            self._follower.doubt.clear()
            if was_silent or clock() >= due:
                changes = self._world.changes
                await self._look_again(everything=was_silent)
                if self._follower.heard == heard:
                    await self._listen_for_life(is_behind=self._world.changes > changes)
                heard = self._follower.heard
                due = clock() + self._resync

    async def _until_doubt(self, due: float) -> None:
        """Return at `due`, or when the daemon is not known to answer."""
        clock = asyncio.get_running_loop().time
        while clock() < (end := min(due, self._client.channel.heard_at + QUIET)):
            with suppress(TimeoutError):
                async with asyncio.timeout_at(end):
                    await self._follower.doubt.wait()
                    return

    async def _listen_for_life(self, *, is_behind: bool) -> None:
        """Not one event came since the last look: raise if the stream is dead.

        A client that may publish listens for an event of its own; one that may not, and found
        changes (`is_behind`) of which nothing was told, takes that for the answer.
        """
        heard = self._follower.heard
        if self._is_sure:
            self._follower.greeted.clear()
            if await self._confirm():
                return
        elif not is_behind:
            return
        if self._follower.heard == heard:
            raise Unavailable(DEAF)

    async def _confirm(self) -> bool:
        return await confirm(self._client, self._follower.greeted, self._patience)

    async def _wait_for_answer(self) -> bool:
        """Return once the daemon answers; true if it did not do so at once."""
        silent, since = 0, last_heard(self._client)
        while True:
            try:
                await answer(self._client, self._patience)
            except DeadlineExceeded:
                self._world.set(phase=Phase.LOST, error=SILENT, heard_at=since)
                await asyncio.sleep(RETRIES[min(silent, len(RETRIES) - 1)])
                silent += 1
            else:
                return silent > 0

    async def _look_again(self, *, everything: bool) -> None:
        """What is due, once more: not all changes are announced."""
        follower = self._follower
        await follower.refresher.get([ALL_NAMESPACES])  # they can appear without a word
        lists = [
            target
            for target in self._lists()
            if everything or follower.fetcher.is_due(target, self._resync)
        ]
        await follower.refresher.get(lists)
        if self._world.phase is not Phase.LIVE:
            self._live()
        await self._details.revisit()
        self._host_files.look(everything=True)


def last_heard(client: Client) -> datetime:
    """When the daemon gave its last answer."""
    return datetime.now(UTC) - timedelta(seconds=monotonic() - client.channel.heard_at)


def is_another(before: ServerInfo | None, now: ServerInfo) -> bool:
    """Whether it has another identity, which is kept in the daemon's root: other rows, all of them.

    One that does not tell its identity may be the same.
    """
    return bool(before and before.uuid and now.uuid and before.uuid != now.uuid)
