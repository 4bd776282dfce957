"""One namespace of one daemon, real or simulated, and what the cases do with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, NotFound
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.models import Descriptor, TaskStatus
from aiocontainerd.operations.defaults import RUNTIME
from aiocontainerd.pb import containers_pb2, typeurl
from aiocontainerd.run_options import RunOptions
from aiocontainerd.sample.image import Sample
from aiocontainerd.sample.load import load_sample
from aiocontainerd.services.events import Envelope
from aiocontainerd.services.snapshots import MountSpec
from aiocontainerd.simulator import Simulator
from aiocontainerd.spec import build_spec, read_host_facts
from aiocontainerd.users import ResolvedUser

PATIENCE = 20.0  # s
SLEEP = "sleep 1000"
KILL, TERM = 9, 15
MISSING = "sha256:" + "0" * 64


@dataclass
class Heard:
    """The events of our namespace since the block began."""

    envelopes: list[Envelope] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def topics(self) -> list[str]:
        """In the order of their arrival."""
        return [each.topic for each in self.envelopes]

    async def until(self, *topics: str) -> list[str]:
        """Wait until each of these was heard as often as it is named; returns all topics."""
        try:
            async with asyncio.timeout(PATIENCE):
                while any(self.topics.count(topic) < topics.count(topic) for topic in topics):
                    self.more.clear()
                    await self.more.wait()
        except TimeoutError:
            raise AssertionError(f"no {topics}, only {self.topics}") from None
        return self.topics


@dataclass
class There:
    """`newest`: what the simulator copies word for word; `name` is "simulator" or a release."""

    name: str
    client: Client
    namespace: str
    snapshotter: str
    sample: Sample
    simulator: Simulator | None = None

    @property
    def newest(self) -> bool:
        """Whether it is the simulator or the daemon that the simulator follows."""
        return self.name in {"simulator", "2"}

    async def refuses(
        self, call: Awaitable[object], kind: type[ContainerdError], text: str | None = None
    ) -> None:
        """The call fails so; `text` are the newest daemon's words."""
        with pytest.raises(ContainerdError) as caught:
            await call
        assert type(caught.value) is kind, caught.value
        if text is not None and self.newest:
            assert caught.value.what == text

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Heard]:
        """Hear all events of our namespace; the stream is known to be live when this returns."""
        heard, live = Heard(), asyncio.Event()

        async def listen() -> None:
            async for envelope in self.client.events.subscribe():
                if envelope.topic == "/conformance/live":
                    live.set()
                elif envelope.namespace == self.namespace:
                    heard.envelopes.append(envelope)
                    heard.more.set()

        task = asyncio.create_task(listen())
        try:
            async with asyncio.timeout(PATIENCE):
                while not live.is_set():
                    await self.client.events.publish("/conformance/live", namespace="default")
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(live.wait(), 0.05)
            yield heard
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def record(self, id: str, script: str = SLEEP, **fields: object) -> containers_pb2.Container:
        """A container record as `run` would store it."""
        options = RunOptions(image="sample", id=id, command=("/bin/sh", "-c", script))
        spec = build_spec(
            options,
            ImageConfig(),
            namespace=self.namespace,
            user=ResolvedUser(0, 0, ()),
            host=read_host_facts(privileged=False),
        )
        made = containers_pb2.Container(
            id=id,
            runtime=containers_pb2.Container.Runtime(name=RUNTIME),
            spec=typeurl.pack_json(typeurl.SPEC_URL, spec),
        )
        made.MergeFrom(containers_pb2.Container(**fields))  # type: ignore[arg-type]
        return made

    async def create(self, id: str, script: str = SLEEP, **fields: object) -> None:
        """A record without a snapshot: good for all that needs no task."""
        record = self.record(id, script, **fields)
        await self.client.containers.create(record, namespace=self.namespace)

    async def container(self, id: str, script: str = SLEEP) -> list[MountSpec]:
        """A container of the sample image, ready for a task; returns its root's mounts."""
        await load_sample(self.client, self.sample, namespace=self.namespace)
        mounts = await self.client.snapshots.prepare(
            id,
            self.sample.layer.descriptor.digest,
            snapshotter=self.snapshotter,
            namespace=self.namespace,
            labels={"containerd.io/gc.root": "now"},
        )
        await self.create(id, script, snapshotter=self.snapshotter, snapshot_key=id)
        return mounts

    async def task(self, id: str, script: str = SLEEP, *, start: bool = True) -> int:
        """A task of the sample image; returns its pid."""
        mounts = await self.container(id, script)
        pid = await self.client.tasks.create(id, mounts, namespace=self.namespace)
        if start:
            assert await self.client.tasks.start(id, namespace=self.namespace) == pid
        return pid

    async def traps(self, pid: int, signal: int = TERM) -> None:
        """Wait until a shell has its handler of a signal; a simulated one has it at once."""
        if self.simulator is not None:
            return
        status = Path(f"/proc/{pid}/status")
        async with asyncio.timeout(PATIENCE):
            while not _caught(status.read_text()) & 1 << signal - 1:
                await asyncio.sleep(0.01)

    async def status(self, id: str) -> TaskStatus:
        """What Get says."""
        return (await self.client.tasks.get(id, namespace=self.namespace)).status

    async def end(self, id: str) -> int:
        """Kill the task and wait; returns its exit status."""
        await self.client.tasks.kill(id, KILL, namespace=self.namespace)
        return await self.wait(id)

    async def wait(self, id: str) -> int:
        """Wait for the end; returns the exit status."""
        async with asyncio.timeout(PATIENCE):
            status, at = await self.client.tasks.wait(id, namespace=self.namespace)
        assert at is not None
        return status

    async def write(
        self, data: bytes, labels: Mapping[str, str] | None = None, lease: str = ""
    ) -> Descriptor:
        """A blob with these bytes."""
        from ..layers import digest

        wanted = digest(data)
        writer = self.client.content.writer(wanted, namespace=self.namespace, lease=lease)
        async with writer as out:
            await out.status(len(data), wanted)
            await out.write(data, 0)
            await out.commit(len(data), wanted, labels or {})
        return Descriptor("application/octet-stream", wanted, len(data))

    async def blobs(self) -> set[str]:
        """The digests of all content."""
        listed = self.client.content.list(namespace=self.namespace)
        return {info.digest async for info in listed}

    async def snapshots(self) -> dict[str, str]:
        """All snapshots with their parents."""
        listed = self.client.snapshots.list(snapshotter=self.snapshotter, namespace=self.namespace)
        return {each.name: each.parent async for each in listed}

    async def collect(self) -> None:
        """Wait for a garbage collection."""
        lease = await self.client.leases.create(namespace=self.namespace)
        await self.client.leases.delete(lease, namespace=self.namespace, sync=True)

    async def clean(self) -> None:
        """Remove all that a case left; quick, because there are many of them."""
        client, namespace = self.client, self.namespace
        if namespace not in await client.namespaces.list():
            return
        for task in await client.tasks.list(namespace=namespace):
            with contextlib.suppress(ContainerdError):
                if task.status is TaskStatus.PAUSED:
                    await client.tasks.resume(task.id, namespace=namespace)
                if task.status is not TaskStatus.STOPPED:
                    await client.tasks.kill(task.id, KILL, namespace=namespace)
                    await client.tasks.wait(task.id, namespace=namespace)
            await client.tasks.delete(task.id, namespace=namespace)
        for container in await client.containers.list(namespace=namespace):
            await client.containers.delete(container.id, namespace=namespace)
        for image in await client.images.list(namespace=namespace):
            await client.images.delete(image.raw_name, namespace=namespace)
        for lease in await client.leases.list(namespace=namespace):
            await client.leases.delete(lease.id, namespace=namespace)
        while found := await self.snapshots():
            for name in set(found) - set(found.values()):
                with contextlib.suppress(NotFound):  # the garbage collector was quicker
                    await client.snapshots.remove(
                        name, snapshotter=self.snapshotter, namespace=namespace
                    )
        for digest in await self.blobs():
            with contextlib.suppress(NotFound):
                await client.content.delete(digest, namespace=namespace)
        while left := await client.content.list_statuses(namespace=namespace):
            for ingest in left:
                with contextlib.suppress(ContainerdError):  # its writer may be about to end
                    await client.content.abort(ingest.ref, namespace=namespace)
        await client.namespaces.delete(namespace)


def _caught(status: str) -> int:
    """The set of signals that a shell handles, as /proc tells it; none while it is runc still."""
    told = dict(line.split(":", 1) for line in status.splitlines())
    return int(told["SigCgt"], 16) if told["Name"].strip() == "sh" else 0
