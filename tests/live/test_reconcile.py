"""The store follows what happens outside, on every release: its view is compared with `ctr`'s."""

import asyncio
import random
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import DaemonError
from aiocontainerd.models import Image, Key, Snapshot, Task, TaskStatus
from aiocontainerd.reconcile import fetch

from .conftest import BUSYBOX
from .daemons import Daemon
from .namespaces import clean, new_name
from .watching import agree, ctr, following, run_detached, status


@pytest.fixture
def other(containerd: Daemon) -> Iterator[str]:
    """A second namespace."""
    name = new_name()
    yield name
    clean(containerd, name)


def has_container(snapshot: Snapshot, key: Key) -> bool:
    return key in snapshot.containers


async def test_the_first_picture_is_whole(
    containerd: Daemon, namespace: str, busybox: str, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    binds = [
        f"type=bind,src={p},dst={d},options=rbind:ro" for p, d in ((tmp_path, "/a"), (gone, "/b"))
    ]
    flags = [part for bind in binds for part in ("--mount", bind)]
    await run_detached(containerd, busybox, "web", namespace=namespace, flags=flags)
    gone.rmdir()
    async with following(containerd) as followed:
        snapshot = followed.store.snapshot
        assert snapshot.loaded
        assert snapshot.server is not None
        assert snapshot.server.version.startswith(containerd.version)
        assert namespace in snapshot.namespaces
        await agree(followed, containerd, namespace)
        snapshot = await followed.until(
            lambda s: s.images[Key(namespace, busybox)].unpacked and str(gone) in s.sources,
            "extras",
        )
        details = snapshot.images[Key(namespace, busybox)].details
        assert details is not None
        assert details.size > 0
        assert snapshot.sources[str(tmp_path)] is True
        assert snapshot.sources[str(gone)] is False
        since = snapshot.tasks[Key(namespace, "web")].since
        assert since is not None
        age = datetime.now(UTC) - since
        assert timedelta(seconds=-1) < age < timedelta(minutes=5)


async def test_each_step_of_a_container_shows(
    containerd: Daemon, namespace: str, busybox: str
) -> None:
    async with following(containerd) as followed:
        key = Key(namespace, "c")
        await run_detached(containerd, busybox, "c", namespace=namespace)
        await followed.until(lambda s: status(s, *key) is TaskStatus.RUNNING, "running")
        await ctr(containerd, "tasks", "pause", "c", namespace=namespace)
        await followed.until(lambda s: status(s, *key) is TaskStatus.PAUSED, "paused")
        await ctr(containerd, "tasks", "resume", "c", namespace=namespace)
        await followed.until(lambda s: status(s, *key) is TaskStatus.RUNNING, "resumed")
        await ctr(containerd, "tasks", "kill", "-s", "KILL", "c", namespace=namespace)
        snapshot = await followed.until(lambda s: status(s, *key) is TaskStatus.STOPPED, "stopped")
        task: Task = snapshot.tasks[key]
        assert task.exit_status == 137
        assert task.since == task.exited_at is not None
        await ctr(containerd, "tasks", "rm", "c", namespace=namespace)
        await followed.until(lambda s: key not in s.tasks, "no task")
        await ctr(containerd, "containers", "label", "c", "colour=blue", namespace=namespace)
        await followed.until(lambda s: s.containers[key].labels.get("colour") == "blue", "labelled")
        await ctr(containerd, "containers", "rm", "c", namespace=namespace)
        snapshot = await followed.until(lambda s: key not in s.containers, "no container")
        exit = next(e for e in snapshot.events if (e.topic, e.subject) == ("/tasks/exit", "c"))
        assert exit.attributes["exit_status"] == "137"
        assert exit.namespace == namespace
        assert exit.timestamp is not None
        assert [e.seq for e in snapshot.events] == sorted(e.seq for e in snapshot.events)
        assert snapshot.events_total == snapshot.events[-1].seq
        assert not any(e.topic.startswith("/ctdeck") for e in snapshot.events)


async def test_random_changes_leave_the_same_picture(
    containerd: Daemon, namespace: str, other: str, busybox: str, busybox_tar: Path
) -> None:
    dice = random.Random(7)
    spaces = (namespace, other)
    await ctr(containerd, "images", "import", str(busybox_tar), namespace=other)
    async with following(containerd) as followed:
        for number in range(24):
            space, name = dice.choice(spaces), f"c{dice.randrange(4)}"
            step = dice.choice(("run", "run", "kill", "rm", "tag", "untag", "create"))
            await _act(containerd, step, space, name, f"a.test/b:{number % 3}")
        slowest = await agree(followed, containerd, *spaces)
        print(f"{containerd.name}: {slowest * 1000:.0f} ms until equal")


async def _act(daemon: Daemon, step: str, space: str, name: str, tag: str) -> None:
    """One change by `ctr`; that it may fail, because there is nothing to change, is no matter."""
    commands: dict[str, list[tuple[str, ...]]] = {
        "kill": [("tasks", "kill", "-s", "KILL", name)],
        "rm": [("tasks", "rm", "-f", name), ("containers", "rm", name)],
        "tag": [("images", "tag", "--force", BUSYBOX, tag)],
        "untag": [("images", "rm", tag)],
        "create": [("containers", "create", BUSYBOX, name, "sleep", "100")],
        "run": [],
    }
    for command in commands[step]:
        await asyncio.to_thread(daemon.ctr, *command, namespace=space, check=False)
    if step == "run":
        await _try_run(daemon, name, space)


async def _try_run(daemon: Daemon, name: str, space: str) -> None:
    fifos = ("--fifo-dir", str(daemon.folder / "tmp"), "--detach")
    command = ("run", *fifos, BUSYBOX, name, "sleep", "100")
    await asyncio.to_thread(daemon.ctr, *command, namespace=space, check=False)


async def test_a_change_is_soon_a_row(containerd: Daemon, namespace: str, busybox: str) -> None:
    delays = []
    async with following(containerd) as followed:
        for number in range(10):
            key = Key(namespace, f"c{number}")
            command = ("containers", "create", busybox, key.id, "true")
            made = asyncio.create_task(ctr(containerd, *command, namespace=namespace))
            snapshot = await followed.until(partial(has_container, key=key), "a row")
            seen = time.time()
            await made
            created = snapshot.containers[key].created_at
            assert created is not None
            delays.append(seen - created.timestamp())
    print(f"{containerd.name}: change to row, ms:", *(f"{d * 1000:.0f}" for d in sorted(delays)))
    assert sorted(delays)[0] < 1.0


async def test_named_namespaces_only(
    containerd: Daemon, namespace: str, other: str, busybox: str, busybox_tar: Path
) -> None:
    async with following(containerd, other) as followed:
        await ctr(containerd, "images", "tag", busybox, "a.test/not:mine", namespace=namespace)
        await ctr(containerd, "images", "import", str(busybox_tar), namespace=other)
        snapshot = await followed.until(
            lambda s: Key(other, busybox) in s.images and other in s.namespaces, "the image"
        )
        assert {key.namespace for key in snapshot.images} == {other}
        assert {event.namespace for event in snapshot.events} <= {other}
        assert namespace in snapshot.namespaces


async def test_a_new_namespace_is_followed(
    containerd: Daemon, other: str, busybox_tar: Path
) -> None:
    async with following(containerd) as followed:
        assert other not in followed.store.snapshot.namespaces
        await ctr(containerd, "images", "import", str(busybox_tar), namespace=other)
        await followed.until(lambda s: Key(other, BUSYBOX) in s.images, "the image")
        await followed.until(lambda s: s.images[Key(other, BUSYBOX)].unpacked, "unpacked")
        assert other in followed.store.snapshot.namespaces
        await asyncio.to_thread(clean, containerd, other)
        await followed.until(lambda s: other not in s.namespaces, "gone")
        assert not [key for key in followed.store.snapshot.images if key.namespace == other]


async def test_layers_come_and_go(containerd: Daemon, namespace: str, busybox: str) -> None:
    async with following(containerd) as followed:
        key = Key(namespace, busybox)
        snapshot = await followed.until(lambda s: s.images[key].unpacked, "unpacked")
        details = snapshot.images[key].details
        assert details is not None
        snapshotter = ("--snapshotter", containerd.snapshotter)
        await ctr(
            containerd, "snapshots", *snapshotter, "rm", details.chain_id, namespace=namespace
        )
        await followed.until(lambda s: s.images[key].unpacked is False, "not unpacked")


async def test_read_only_follows_as_well(containerd: Daemon, namespace: str, busybox: str) -> None:
    async with following(containerd, read_only=True) as followed:
        await ctr(containerd, "images", "tag", busybox, "a.test/b:1", namespace=namespace)
        await agree(followed, containerd, namespace)


async def test_a_task_without_its_record_stays_listed(
    containerd: Daemon, namespace: str, busybox: str
) -> None:
    async with following(containerd) as followed:
        await run_detached(containerd, busybox, "orphan", namespace=namespace)
        await agree(followed, containerd, namespace)
        record = await followed.client.containers.get_record("orphan", namespace=namespace)
        await followed.client.containers.delete("orphan", namespace=namespace)
        await followed.until(lambda s: Key(namespace, "orphan") not in s.containers, "no record")
        await agree(followed, containerd, namespace)
        assert Key(namespace, "orphan") in followed.store.snapshot.tasks
        await followed.client.containers.create(record, namespace=namespace)  # for the clean-up
        await agree(followed, containerd, namespace)


@pytest.mark.containerd("1.6")  # later ones refuse such a name
async def test_a_hostile_image_name_is_listed_and_goes(
    containerd: Daemon, namespace: str, busybox: str
) -> None:
    name = b"evil/\x1b[2J\xff:1"
    async with following(containerd) as followed:
        target = followed.store.snapshot.images[Key(namespace, busybox)].target
        await followed.client.images.put(name, target, namespace=namespace)
        key = Key(namespace, r"'evil/\x1b[2J\xff:1'")
        snapshot = await followed.until(lambda s: key in s.images, "the image")
        assert snapshot.images[key].name == "evil/\u241b[2J\ufffd:1"
        assert Key(namespace, busybox) in snapshot.images
        await followed.client.images.delete(snapshot.images[key].raw_name, namespace=namespace)
        await followed.until(lambda s: key not in s.images, "gone")


async def test_one_list_that_fails_loses_no_other(
    containerd: Daemon, namespace: str, busybox: str
) -> None:
    healthy = asyncio.Event()

    def spoil(client: Client) -> None:
        listed = client.images.list

        async def fails(*, namespace: str, filters: Iterable[str] = ()) -> list[Image]:
            if healthy.is_set():
                return await listed(namespace=namespace, filters=filters)
            raise DaemonError("the disk is on fire", subject=namespace)

        client.images.list = fails  # type: ignore[method-assign]

    await ctr(containerd, "containers", "create", busybox, "c", "true", namespace=namespace)
    async with following(containerd, namespace, prepare=spoil) as followed:
        snapshot = followed.store.snapshot
        assert Key(namespace, "c") in snapshot.containers
        assert not snapshot.images
        assert "the disk is on fire" in snapshot.error
        healthy.set()
        snapshot = await followed.until(lambda s: Key(namespace, busybox) in s.images, "healed")
        await followed.until(lambda s: s.error == "", "no word of it any more")


async def test_nothing_changed_is_nothing_published(
    containerd: Daemon, namespace: str, busybox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in fetch.REST_SHARES:  # all lists each time
        monkeypatch.setitem(fetch.REST_SHARES, kind, 0)
    await run_detached(containerd, busybox, "idle", namespace=namespace)
    async with following(containerd, namespace, resync=0.05) as followed:
        await followed.until(lambda s: s.images[Key(namespace, busybox)].unpacked, "unpacked")
        looks = 0
        ask = followed.client.version.get
        enough = asyncio.Event()

        async def counted(*, timeout: float) -> tuple[str, str]:
            nonlocal looks
            looks += 1
            if looks >= 5:
                enough.set()
            return await ask(timeout=timeout)

        followed.client.version.get = counted  # type: ignore[method-assign,assignment]
        before = followed.store.snapshot
        async with asyncio.timeout(20):
            await enough.wait()
        assert followed.store.snapshot is before


async def test_a_burst_is_a_few_snapshots(containerd: Daemon, namespace: str, busybox: str) -> None:
    many = 1000
    async with following(containerd) as followed:
        client, store = followed.client, followed.store
        start, begun = store.snapshot, time.monotonic()
        gate = asyncio.Semaphore(50)

        async def publish(number: int) -> None:
            async with gate:
                await client.events.publish(f"/burst/{number}", namespace=namespace)

        await asyncio.gather(*(publish(number) for number in range(many)))
        sent = time.monotonic() - begun
        end = await followed.until(lambda s: s.events_total >= start.events_total + many, "all")
        took = time.monotonic() - begun
        turns = end.generation - start.generation
        print(
            f"{containerd.name}: {many} events sent in {sent:.2f} s, seen after {took:.2f} s, "
            f"{turns} snapshots"
        )
        assert turns <= took * 20 + 2
        topics = {event.topic for event in end.events}
        assert {f"/burst/{number}" for number in range(many)} <= topics
