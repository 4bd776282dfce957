"""The lease that a run or a start is done under.

It keeps what is half made from the garbage collector, and after our death it tells the next
start what was cut short (`remains.py`): so it is held until the very end. A note of ours goes with
it, which proves that it is no lease that somebody else has written (`notes.py`).
"""

import asyncio
from functools import partial
from weakref import WeakKeyDictionary

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, NotFound
from aiocontainerd.operations.notes import Notebook, new_note
from aiocontainerd.operations.undo import Undo
from aiocontainerd.services.leases import DAY, new_id, purpose
from aiocontainerd.settled import settled
from aiocontainerd.state import StateDirectory

# Leases that the daemon did not live to drop, by (namespace, id): they would keep a snapshot, and
# with it the name, until their time is over.
_undropped: WeakKeyDictionary[Client, set[tuple[str, str]]] = WeakKeyDictionary()


class RunLease:
    """A lease that is being made while what only reads is done; `id` is known at once."""

    def __init__(
        self, client: Client, doing: str, subject: str, *, namespace: str, undo: Undo
    ) -> None:
        self.id = new_id()
        self._client = client
        self._namespace = namespace
        self._undo = undo
        labels = purpose(doing, subject)
        self._making = asyncio.ensure_future(
            client.leases.create(id=self.id, namespace=namespace, expire=DAY, labels=labels)
        )
        self._about = partial(new_note, self.id, namespace, subject, doing)
        undo.add("lease", self.drop)

    async def made(
        self, state: StateDirectory, *, remove: bool = False, stdout: str = ""
    ) -> Notebook:
        """Return when it is there, with the note that goes with it: `state` as for this daemon.

        The note is written while the daemon makes the lease. `remove` and `stdout` as in `Note`.
        Raises what the daemon answers, and what `notes.write` raises.
        """
        notebook = Notebook(state, self._about(remove=remove))
        self._undo.add("note", notebook.gone)
        notebook.write(stdout=stdout)
        for namespace, id in tuple(_undropped.get(self._client, ())):
            await settled(_drop(self._client, namespace, id, sync=True))
        await settled(self._making)
        return notebook

    async def drop(self) -> None:
        """Drop it. While the daemon is away that is left to the next run of this client.

        After a call that was not answered, what it may have made is left to the garbage
        collector, and waited for.
        """
        await asyncio.wait({self._making})
        unanswered = isinstance(self._making.exception(), ContainerdError)
        sync = self._undo.unsure or unanswered
        await _drop(self._client, self._namespace, self.id, sync=sync)


async def _drop(client: Client, namespace: str, id: str, *, sync: bool) -> None:
    waiting = _undropped.setdefault(client, set())
    try:
        await client.leases.delete(id, namespace=namespace, sync=sync)
    except NotFound:
        pass
    except ContainerdError:
        waiting.add((namespace, id))
        return
    waiting.discard((namespace, id))
