"""Asks the daemon what tasks use, so that one which hangs holds back no other."""

from __future__ import annotations

import asyncio
from collections.abc import Container as Holding
from typing import TYPE_CHECKING

from aiocontainerd.errors import ContainerdError, DeadlineExceeded
from aiocontainerd.models import Container, Key

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.metrics import Usage
    from ctdeck.numbers.book import Numbers

DEADLINE = 2.0  # s for an answer
HUNG = 20.0  # s after which one whose runtime did not answer is asked again
TROUBLE = 5.0  # s after which a daemon that answers nothing is asked again


class Asking:
    """One question for all tasks of a namespace; who does not answer is found out one by one."""

    def __init__(self, client: Client, numbers: Numbers) -> None:
        self._client = client
        self._numbers = numbers
        self._again: dict[Key, float] = {}  # when those that hang are asked again
        self._rest_until: dict[str, float] = {}  # by namespace

    def in_doubt(self, key: Key) -> float | None:
        """When this one is asked again, on the numbers' clock; None for one that answers."""
        return self._again.get(key)

    def rests(self, namespace: str) -> bool:
        """Nothing there is to be asked for a while."""
        return self._rest_until.get(namespace, 0.0) > self._numbers.clock()

    def keep(self, living: Holding[Key]) -> None:
        """Forget all but these."""
        self._again = {key: at for key, at in self._again.items() if key in living}

    async def usage(
        self, namespace: str, pids: dict[str, int], *, traffic: bool
    ) -> dict[str, Usage]:
        """By id, of those that answer; `pids` are those of the tasks by id."""
        from aiocontainerd.processes import with_traffic  # not where nothing runs

        proc = self._client.proc
        try:
            found = await self._metrics(namespace, list(pids))
            if proc is not None:
                self._numbers.host_memory = proc.host_memory
        except ContainerdError:
            self._rest(namespace)
            return {}
        if proc is None or not traffic:
            return found
        try:
            seen = await proc.traffic([pids[id] for id in found if id in pids])
        except TimeoutError:
            return found
        return {id: with_traffic(usage, seen.get(pids[id])) for id, usage in found.items()}

    async def cpus(self, container: Container) -> float | None:
        """The limit in its spec, in cores; None for none, or where it cannot be read."""
        from aiocontainerd.inspect.records import container_page
        from ctdeck.descriptions.limits import cpus_of

        try:
            page = await container_page(self._client, container.id, namespace=container.namespace)
        except ContainerdError:
            return None
        return cpus_of(page.spec)

    def _rest(self, namespace: str) -> None:
        self._rest_until[namespace] = self._numbers.clock() + TROUBLE

    async def _metrics(self, namespace: str, ids: list[str]) -> dict[str, Usage]:
        doubtful = [id for id in ids if Key(namespace, id) in self._again]
        sound = [id for id in ids if Key(namespace, id) not in self._again]
        found: dict[str, Usage] = {}
        try:
            if sound:
                found = await self._of(namespace, sound)
        except DeadlineExceeded:
            doubtful = ids
        if doubtful:
            found |= await self._each(namespace, doubtful)
        return {id: usage for id, usage in found.items() if id in set(ids)}

    async def _each(self, namespace: str, ids: list[str]) -> dict[str, Usage]:
        """Each by itself, all at once."""
        answers = await asyncio.gather(
            *(self._of(namespace, [id]) for id in ids), return_exceptions=True
        )
        found: dict[str, Usage] = {}
        hung: list[Key] = []
        for id, answer in zip(ids, answers, strict=True):
            key = Key(namespace, id)
            if isinstance(answer, DeadlineExceeded):
                hung.append(key)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                self._again.pop(key, None)
                found |= answer
        self._numbers.hangs(hung)
        if len(hung) == len(ids) > 1:  # it is rather the daemon
            self._rest(namespace)
        else:
            self._again |= dict.fromkeys(hung, self._numbers.clock() + HUNG)
        return found

    async def _of(self, namespace: str, ids: list[str]) -> dict[str, Usage]:
        return await self._client.tasks.metrics(ids, namespace=namespace, timeout=DEADLINE)
