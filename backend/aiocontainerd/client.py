"""`Client`: one daemon, one channel, its services as attributes."""

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Self

from aiocontainerd.access import FREE, Access
from aiocontainerd.channel import Channel
from aiocontainerd.models import ServerInfo
from aiocontainerd.sockets import path_of

if TYPE_CHECKING:
    from aiocontainerd.audit import Audit
    from aiocontainerd.processes import Proc
    from aiocontainerd.procfs import HostView
    from aiocontainerd.services.containers import Containers
    from aiocontainerd.services.content import Content
    from aiocontainerd.services.diff import Diff
    from aiocontainerd.services.events import Events
    from aiocontainerd.services.images import Images
    from aiocontainerd.services.introspection import Introspection
    from aiocontainerd.services.leases import Leases
    from aiocontainerd.services.namespaces import Namespaces
    from aiocontainerd.services.snapshots import Snapshots
    from aiocontainerd.services.streaming import Streaming
    from aiocontainerd.services.tasks import Tasks
    from aiocontainerd.services.transfer import Transfer
    from aiocontainerd.services.version import Version


class Client:
    """A containerd daemon at a unix socket (`/run/…/containerd.sock` or `unix:///run/…`).

    Must be made inside a running event loop. Nothing is sent before the first call, and a broken
    connection mends itself. What `access` forbids raises ReadOnly before it leaves: see `gate.py`.
    A service's stubs are imported when it is first used: the lists that the first screen needs do
    not wait for the others. `host` says where the daemon lives, if that is known; None has it found
    out (see `locate`). `proc` tells of its processes where no /proc does.
    """

    def __init__(
        self,
        address: str,
        *,
        access: Access = FREE,
        audit: "Audit | None" = None,
        host: "HostView | None" = None,
        proc: "Proc | None" = None,
    ) -> None:
        self.address = address
        self._given_host = host
        self._host = host  # as far as it is known by now
        self._proc = proc
        self.access = access
        self.audit = audit
        self.channel = Channel(address, access=access, audit=audit)
        self._server_info: ServerInfo | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Cancel all calls under way, close the connection and finish the audit."""
        await self.channel.close()
        if self.audit is not None:
            await self.audit.close()

    def is_read_only(self, namespace: str = "") -> bool:
        """Whether changes in this namespace are refused; "": those that are in none."""
        return self.access.is_read_only(namespace)

    def check_writable(self, namespace: str) -> None:
        """Raises ReadOnly: for what has effects beside the daemon before it is asked."""
        if self.is_read_only(namespace):
            raise self.access.refusal(namespace)

    async def server_info(self, *, fresh: bool = False) -> ServerInfo:
        """Version, identity and working plugins; kept until asked `fresh` (a restarted daemon)."""
        if self._server_info is None or fresh:
            from aiocontainerd.services.introspection import server_info

            version, plugins, (uuid, pid) = await asyncio.gather(
                self.version.get(), self.introspection.plugins(), self.introspection.server()
            )
            self._server_info = server_info(version, plugins, uuid, pid)
        return self._server_info

    async def locate(self, *, anew: bool = False) -> "HostView":
        """Where the daemon lives: `procfs.look` once, and `anew` when it may be another one.

        NOWHERE is not kept: the daemon may only have been away, and is looked for the next time.
        """
        from aiocontainerd.procfs import NOWHERE, look

        if self._given_host is not None:
            return self._given_host
        if self._host is None or anew:
            pid = self._server_info.pid if self._server_info else 0
            found = await asyncio.to_thread(look, path_of(self.address), pid)
            self._host = None if found == NOWHERE else found
            return found
        return self._host

    @property
    def proc(self) -> "Proc | None":
        """What tells of the tasks' processes; None where their pids mean nothing here."""
        if self._proc is not None:
            return self._proc
        return self._local_proc if self._host and self._host.shares_pids else None

    @cached_property
    def _local_proc(self) -> "Proc":
        from aiocontainerd.processes import LocalProc

        return LocalProc()

    @cached_property
    def containers(self) -> "Containers":
        """Container records."""
        from aiocontainerd.services.containers import Containers

        return Containers(self.channel)

    @cached_property
    def content(self) -> "Content":
        """Blobs and ingests."""
        from aiocontainerd.services.content import Content

        return Content(self.channel)

    @cached_property
    def diff(self) -> "Diff":
        """Unpacking of layers."""
        from aiocontainerd.services.diff import Diff

        return Diff(self.channel)

    @cached_property
    def events(self) -> "Events":
        """The event stream."""
        from aiocontainerd.services.events import Events

        return Events(self.channel)

    @cached_property
    def images(self) -> "Images":
        """Image records."""
        from aiocontainerd.services.images import Images

        return Images(self.channel)

    @cached_property
    def introspection(self) -> "Introspection":
        """Plugins and identity of the daemon."""
        from aiocontainerd.services.introspection import Introspection

        return Introspection(self.channel)

    @cached_property
    def leases(self) -> "Leases":
        """Leases."""
        from aiocontainerd.services.leases import Leases

        return Leases(self.channel)

    @cached_property
    def namespaces(self) -> "Namespaces":
        """containerd's namespaces."""
        from aiocontainerd.services.namespaces import Namespaces

        return Namespaces(self.channel)

    @cached_property
    def snapshots(self) -> "Snapshots":
        """Snapshots of every snapshotter."""
        from aiocontainerd.services.snapshots import Snapshots

        return Snapshots(self.channel)

    @cached_property
    def streaming(self) -> "Streaming":
        """Two-way streams for Transfer (1.7+)."""
        from aiocontainerd.services.streaming import Streaming

        return Streaming(self.channel)

    @cached_property
    def tasks(self) -> "Tasks":
        """Processes of containers."""
        from aiocontainerd.services.tasks import Tasks

        return Tasks(self.channel)

    @cached_property
    def transfer(self) -> "Transfer":
        """Pulls by the daemon (1.7+)."""
        from aiocontainerd.services.transfer import Transfer

        return Transfer(self.channel)

    @cached_property
    def version(self) -> "Version":
        """The daemon's version."""
        from aiocontainerd.services.version import Version

        return Version(self.channel)
