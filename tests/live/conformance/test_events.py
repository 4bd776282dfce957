"""Events: which, in which order, of which namespace, and with what in them."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from aiocontainerd.errors import DaemonError
from aiocontainerd.models import Descriptor
from aiocontainerd.operations import run, start, stop
from aiocontainerd.operations.delete import delete_container
from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.pb import images_pb2, typeurl
from aiocontainerd.pull import Pulls
from aiocontainerd.run_options import RunOptions
from aiocontainerd.state import StateDirectory

from .. import images
from ..namespaces import new_name
from ..registry import Registry
from .there import MISSING, PATIENCE, Heard, There

LOOP = ("/bin/sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.05; done")
RUN = ["/snapshot/prepare", "/containers/create", "/tasks/create", "/tasks/start"]
AGAIN = ["/tasks/exit", "/tasks/delete", "/tasks/create", "/tasks/start"]
GONE = ["/tasks/exit", "/tasks/delete", "/containers/delete", "/snapshot/remove"]


@pytest.fixture
def reference(target: str, request: pytest.FixtureRequest) -> str:
    """An image that can be pulled and run."""
    if target == "simulator":
        return "docker.io/library/alpine:3.20"
    registry: Registry = request.getfixturevalue("registry")
    image = images.index([images.busybox()])
    return registry.push("sample/job", new_name(), image)


async def test_the_main_job(there: There, reference: str, tmp_path: Path) -> None:
    """Pull, run, stop, start, delete, and delete the image, as ctdeck does it."""
    client, namespace, state = there.client, there.namespace, StateDirectory(tmp_path)
    async with there.listening() as heard:
        pulls = Pulls(client, config_dirs=())
        job = pulls.start(reference, namespace=namespace)
        image = await job.wait()
        assert job.progress.stage == "done"
        assert job.progress.by == ("transfer" if there.newest else "ctdeck")
        assert job.progress.downloaded == job.progress.total > 1_000_000
        options = RunOptions(image=image.name, id="web", command=LOOP)
        made = await run(client, options, namespace=namespace, state=state)
        assert (await client.tasks.get("web", namespace=namespace)).pid == made.pid
        await there.traps(made.pid)
        assert await stop(client, made.container) == 5
        pid = await start(client, made.container, state=state)
        assert pid != made.pid
        await there.traps(pid)
        await delete_container(client, made.container, state=state)
        assert await client.containers.list(namespace=namespace) == []
        assert await client.tasks.list(namespace=namespace) == []
        await client.images.delete(image.raw_name, namespace=namespace, sync=True)
        gone = [] if there.name == "1.6" else ["/snapshot/remove"]  # it does not tell of garbage
        await heard.until("/images/delete", "/snapshot/remove", *gone)
    assert await there.blobs() == set()
    assert await there.snapshots() == {}
    topics = [each for each in heard.topics if each != "/content/create"]
    pulled = ["/snapshot/prepare", "/snapshot/commit", "/images/create"]
    same(there, topics, [*pulled, *RUN, *AGAIN, *GONE, "/images/delete", *gone])


def same(there: There, topics: list[str], expected: list[str]) -> None:
    """Topics in this order. A loaded daemon ends a shim before it has told of the deletion."""
    if there.simulator is not None:
        assert topics == expected
    heard = iter([*topics, "the end"])
    next_heard, lost = next(heard), []
    for topic in expected:
        if topic == next_heard:
            next_heard = next(heard)
        else:
            lost.append(topic)
    assert next_heard == "the end", topics
    assert set(lost) <= {"/tasks/delete"}, topics


def payload(heard: Heard, topic: str) -> object:
    """What the first event of this topic holds."""
    packed = next(each.event for each in heard.envelopes if each.topic == topic)
    kinds = (payloads, images_pb2)
    kind = next(
        getattr(module, name)
        for module in kinds
        if hasattr(module, name := typeurl.name(packed).rpartition(".")[2])
    )
    return typeurl.unpack(packed, kind)


async def test_what_the_events_of_a_task_hold(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    async with there.listening() as heard:
        pid = await there.task("c")
        await tasks.pause("c", namespace=namespace)
        await tasks.resume("c", namespace=namespace)
        await there.end("c")
        await tasks.delete("c", namespace=namespace)
        await there.client.containers.delete("c", namespace=namespace)
        await heard.until("/tasks/exit", "/containers/delete")
    mounts = await there.client.snapshots.mounts(
        "c", snapshotter=there.snapshotter, namespace=namespace
    )
    made = payload(heard, "/tasks/create")
    assert isinstance(made, payloads.TaskCreate)
    assert (made.container_id, made.pid) == ("c", pid)
    assert list(made.rootfs) == [mount.to_pb() for mount in mounts]
    assert made.bundle.endswith(f"/io.containerd.runtime.v2.task/{namespace}/c")
    assert payload(heard, "/tasks/start") == payloads.TaskStart(container_id="c", pid=pid)
    assert payload(heard, "/tasks/paused") == payloads.TaskPaused(container_id="c")
    assert payload(heard, "/tasks/resumed") == payloads.TaskResumed(container_id="c")
    ended = payload(heard, "/tasks/exit")
    assert isinstance(ended, payloads.TaskExit)
    assert (ended.container_id, ended.id, ended.pid) == ("c", "c", pid)
    assert ended.exit_status == 137
    if there.simulator is None and "/tasks/delete" not in heard.topics:
        return  # see `same`
    deleted = payload(heard, "/tasks/delete")
    assert isinstance(deleted, payloads.TaskDelete)
    assert (deleted.container_id, deleted.id, deleted.pid) == ("c", "", pid)
    assert (deleted.exit_status, deleted.exited_at) == (137, ended.exited_at)


async def test_a_created_task_that_is_killed_or_deleted(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    async with there.listening() as heard:
        for id in ("killed", "deleted"):
            await there.task(id, start=False)
            if id == "killed":
                assert await there.end(id) == 137
            await tasks.delete(id, namespace=namespace)
            await there.client.containers.delete(id, namespace=namespace)
        await heard.until("/tasks/exit", *["/containers/delete"] * 2)
    ends = [each for each in heard.envelopes if each.topic == "/tasks/exit"]
    kept = ("/tasks/", "/containers/")
    told = [each for each in heard.envelopes if each not in ends[1:]]
    topics = [each.topic for each in told if each.topic.startswith(kept)]
    made, gone = ["/containers/create", "/tasks/create"], ["/tasks/delete", "/containers/delete"]
    same(there, topics, [*made, "/tasks/exit", *gone, *made, *gone])
    for late in ends[1:]:  # runc's end is told before, after, or not at all
        ended = typeurl.unpack(late.event, payloads.TaskExit)
        assert (ended.container_id, ended.exit_status) == ("deleted", 137)
        assert ended.exited_at.seconds == -62135596800  # nobody saw when


async def test_what_the_events_of_records_hold(there: There) -> None:
    client, namespace = there.client, there.namespace
    target = Descriptor("application/vnd.oci.image.manifest.v1+json", MISSING, 7)
    async with there.listening() as heard:
        await there.create("c", labels={"a": "1"}, image="some")
        await client.containers.set_labels("c", {"b": "2"}, namespace=namespace)
        await client.containers.delete("c", namespace=namespace)
        await client.images.put("i", target, namespace=namespace, labels={"x": "y"})
        await client.images.put("i", target, namespace=namespace)
        await client.images.delete("i", namespace=namespace)
        await heard.until("/images/delete")
    assert heard.topics == [
        *(f"/containers/{verb}" for verb in ("create", "update", "delete")),
        *(f"/images/{verb}" for verb in ("create", "update", "delete")),
    ]
    made = payload(heard, "/containers/create")
    assert isinstance(made, payloads.ContainerCreate)
    assert (made.id, made.image, made.runtime.name) == ("c", "some", "io.containerd.runc.v2")
    assert payload(heard, "/containers/update") == payloads.ContainerUpdate(
        id="c", image="some", labels={"a": "1", "b": "2"}
    )
    assert payload(heard, "/containers/delete") == payloads.ContainerDelete(id="c")
    assert payload(heard, "/images/create") == images_pb2.ImageCreate(name=b"i", labels={"x": "y"})
    assert payload(heard, "/images/update") == images_pb2.ImageUpdate(name=b"i", labels={"x": "y"})
    assert payload(heard, "/images/delete") == images_pb2.ImageDelete(name=b"i")
    assert all(each.timestamp is not None for each in heard.envelopes)


async def test_what_the_events_of_content_hold(there: There) -> None:
    client, namespace = there.client, there.namespace
    at = {"snapshotter": there.snapshotter, "namespace": namespace}
    root = {"containerd.io/gc.root": "now"}
    async with there.listening() as heard:
        blob = await there.write(b"data", root)
        await client.snapshots.prepare("k", "", labels=root, **at)
        await client.snapshots.commit("n", "k", labels=root, **at)
        await client.snapshots.remove("n", **at)
        await client.content.delete(blob.digest, namespace=namespace)
        await heard.until("/content/delete")
    made = ["/content/create"] if there.newest else []
    steps = ["/snapshot/prepare", "/snapshot/commit", "/snapshot/remove", "/content/delete"]
    assert heard.topics == [*made, *steps]
    name = "" if there.name == "1.6" else there.snapshotter
    for topic, expected in {
        "/snapshot/prepare": payloads.SnapshotPrepare(key="k", snapshotter=name),
        "/snapshot/commit": payloads.SnapshotCommit(key="k", name="n", snapshotter=name),
        "/snapshot/remove": payloads.SnapshotRemove(key="n", snapshotter=name),
        "/content/delete": payloads.ContentDelete(digest=blob.digest),
    }.items():
        assert payload(heard, topic) == expected
    if there.newest:
        assert payload(heard, "/content/create") == payloads.ContentCreate(
            digest=blob.digest, size=4
        )


FILTERS = {
    'topic=="/containers/create"': ["/containers/create"],
    "topic==/containers/create": None,
    'topic~="^/containers/"': ["/containers/create", "/containers/delete"],
    "event.id==c": ["/containers/create", "/containers/delete"],
    "event.id!=c,topic!=/end": None,
    'event.image=="some"': ["/containers/create"],
    "namespace==nowhere": [],
}


@pytest.mark.parametrize("text", FILTERS)
async def test_filters(there: There, text: str) -> None:
    """The last event tells that no other will come; None stands for a filter that is no filter."""
    topics: list[str] = []
    done = asyncio.Event()

    async def listen() -> None:
        async for each in there.client.events.subscribe([text, 'topic=="/end"']):
            if each.topic == "/end":
                done.set()
            elif each.namespace == there.namespace:
                topics.append(each.topic)

    if FILTERS[text] is None:
        with pytest.raises(DaemonError):
            async with asyncio.timeout(PATIENCE):
                await listen()
        return
    task = asyncio.create_task(listen())
    try:
        await _end(there, done)
        await there.create("c", image="some")
        await there.client.containers.delete("c", namespace=there.namespace)
        done.clear()
        await _end(there, done)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert topics == FILTERS[text]


async def _end(there: There, done: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE):
        while not done.is_set():
            await there.client.events.publish("/end", namespace="default")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), 0.05)


async def test_only_the_envelope_names_the_namespace(there: There) -> None:
    """One stream carries those of all namespaces."""
    other = f"{there.namespace}-b"
    heard: list[tuple[str, str]] = []
    async with there.listening() as ours:

        async def listen() -> None:
            async for each in there.client.events.subscribe(['topic=="/containers/create"']):
                heard.append((each.namespace, each.topic))

        task = asyncio.create_task(listen())
        record = there.record("o")
        async with asyncio.timeout(PATIENCE):
            while not heard:
                await there.client.containers.create(record, namespace=other)
                await there.client.containers.delete("o", namespace=other)
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await there.client.namespaces.delete(other)
    assert set(heard) == {(other, "/containers/create")}
    assert ours.topics == []
