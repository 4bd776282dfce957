"""Our own client against the simulated daemon, in one process, on a real socket."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from aiocontainerd import operations
from aiocontainerd.client import Client
from aiocontainerd.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
)
from aiocontainerd.imageinfo import image_details
from aiocontainerd.pb import containers_pb2, snapshots_pb2
from aiocontainerd.run_options import RunOptions
from aiocontainerd.services.events import Envelope
from aiocontainerd.simulator import Simulator, World, populate
from aiocontainerd.state import StateDirectory

PATIENCE = 20.0  # s
NS = "default"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short one: a socket's path has little room."""
    with tempfile.TemporaryDirectory(prefix="ctd-") as name:
        yield Path(name)


@pytest.fixture
async def sim(folder: Path) -> AsyncIterator[Simulator]:
    world = World()
    populate(world, containers=30, images=3, running=4)
    async with Simulator(folder / "s" / "c.sock", world) as simulator:
        yield simulator


@pytest.fixture
async def client(sim: Simulator) -> AsyncIterator[Client]:
    async with Client(sim.address) as client:
        yield client


async def listen(sim: Simulator, client: Client, *filters: str) -> "asyncio.Queue[Envelope]":
    """The events from now on; the stream ends with the client."""
    heard: asyncio.Queue[Envelope] = asyncio.Queue()

    async def drain() -> None:
        try:
            async for envelope in client.events.subscribe(filters):
                heard.put_nowait(envelope)
        except Unavailable:
            pass

    before = sim.world.bus.subscribers
    heard.task = asyncio.ensure_future(drain())  # held as long as the queue
    async with asyncio.timeout(PATIENCE):
        while sim.world.bus.subscribers == before:
            await asyncio.sleep(0)
    return heard


async def test_it_says_what_it_is(client: Client) -> None:
    info = await client.server_info()
    assert info.version == "2.1.9"
    assert info.pid == os.getpid()
    assert info.snapshotter == "overlayfs"
    assert {"containers", "tasks", "images", "events"} <= info.services
    assert await client.introspection.describes("io.containerd.transfer.v1", "local")


async def test_an_older_one_lacks_what_came_later(folder: Path) -> None:
    async with (
        Simulator(folder / "c.sock", World(), version="1.6.20") as sim,
        Client(sim.address) as client,
    ):
        info = await client.server_info()
        assert info.version == "1.6.20"
        assert not info.transfer
        assert not await client.introspection.describes("io.containerd.snapshotter.v1", "native")
        assert await client.namespaces.list() == ()


async def test_the_lists(client: Client) -> None:
    found = await client.containers.list(namespace=NS)
    assert [container.id for container in found] == [f"row{n:05}" for n in range(30)]
    assert found[0].args
    assert len(await client.tasks.list(namespace=NS)) == 4
    images = await client.images.list(namespace=NS)
    assert [image.name for image in images] == [
        f"docker.io/library/app000{n}:latest" for n in "012"
    ]
    details = await image_details(client, images[0])
    assert not details.missing
    await client.snapshots.stat(details.chain_id, snapshotter="overlayfs", namespace=NS)
    assert await client.containers.list(namespace="nowhere") == []
    assert await client.namespaces.list() == (NS,)


async def test_a_list_filtered(client: Client) -> None:
    found = await client.containers.list(namespace=NS, filters=["labels.app==app7", "id~=9$"])
    assert [container.id for container in found] == ["row00007", "row00009", "row00019", "row00029"]
    with pytest.raises(InvalidArgument, match="parse error"):
        await client.containers.list(namespace=NS, filters=["=="])


async def test_what_is_refused(client: Client) -> None:
    with pytest.raises(NotFound, match='container "nope" in namespace "default": not found'):
        await client.containers.get("nope", namespace=NS)
    with pytest.raises(FailedPrecondition, match="namespace is required"):
        await client.containers.list(namespace="")
    with pytest.raises(AlreadyExists):
        await client.namespaces.create(NS)


async def test_what_it_does_not_do_is_said(client: Client) -> None:
    call = client.channel.stub(
        lambda it: it.unary_unary("/containerd.services.sandbox.v1.Store/List")
    )
    from aiocontainerd.errors import translated

    with pytest.raises(Unimplemented), translated():
        await call(b"")


async def test_an_event_reaches_every_listener_once(sim: Simulator, client: Client) -> None:
    every = await listen(sim, client)
    some = await listen(sim, client, 'topic=="/containers/update",event.id==row00002')
    for id in ("row00001", "row00002"):
        await client.containers.set_labels(id, {"a": "b"}, namespace=NS)
    async with asyncio.timeout(PATIENCE):
        events = [await every.get() for _ in range(2)]
        mine = await some.get()
    assert [event.topic for event in events] == ["/containers/update"] * 2
    assert mine == events[1]
    assert mine.namespace == NS
    assert some.empty()


async def test_a_listener_that_goes_is_forgotten(sim: Simulator, client: Client) -> None:
    heard = await listen(sim, client)
    heard.task.cancel()
    async with asyncio.timeout(PATIENCE):
        while sim.world.bus.subscribers:
            await asyncio.sleep(0.001)


async def test_a_list_that_is_too_large(sim: Simulator, client: Client) -> None:
    populate(sim.world, containers=2700, images=1, running=0, namespace="big")
    stub = client.containers._stub
    with pytest.raises(ResourceExhausted, match=r"trying to send message larger than max \(17"):
        await client.channel.unary(
            stub.List, containers_pb2.ListContainersRequest(), namespace="big"
        )
    assert len(await client.containers.list(namespace="big")) == 2700


async def test_a_restart_keeps_the_world(sim: Simulator, client: Client) -> None:
    heard = await listen(sim, client)
    uuid = (await client.server_info()).uuid
    await sim.stop()
    assert not Path(sim.address).exists()
    await asyncio.wait_for(heard.task, PATIENCE)  # it ended as when a daemon goes
    with pytest.raises(Unavailable):
        await client.version.get(timeout=1)
    await sim.start()
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                assert (await client.server_info(fresh=True)).uuid == uuid
                break
            except Unavailable:
                await asyncio.sleep(0.01)
    assert len(await client.containers.list(namespace=NS)) == 30


async def test_the_socket_is_private(sim: Simulator) -> None:
    path = Path(sim.address)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(sim.world.root.stat().st_mode) == 0o700


async def test_it_takes_nobodys_socket(sim: Simulator, folder: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        await Simulator(sim.address).start()
    assert Path(sim.address).exists()
    (folder / "file").touch()
    with pytest.raises(FileExistsError):
        await Simulator(folder / "file").start()
    with pytest.raises(OSError, match="no socket"):
        await Simulator(folder / ("x" * 200)).start()
    dead = folder / "dead"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(dead))
    async with Simulator(dead), Client(str(dead)) as client:
        await client.version.get()


async def test_calls_are_counted(sim: Simulator, client: Client) -> None:
    for _ in range(3):
        await client.version.get()
    assert sim.calls["/containerd.services.version.v1.Version/Version"] == 3


@pytest.mark.parametrize(("user", "ids"), [("", (0, 0)), ("nginx", (101, 101)), ("7:8", (7, 8))])
async def test_run_and_delete(
    client: Client, folder: Path, user: str, ids: tuple[int, int]
) -> None:
    state = StateDirectory(folder / "state")
    options = RunOptions("app0000", "web", command=("sleep", "1000"), user=user)
    result = await operations.run(client, options, namespace=NS, state=state)
    process = (await client.containers.spec("web", namespace=NS))["process"]
    assert (process["user"]["uid"], process["user"]["gid"]) == ids
    assert await client.leases.list(namespace=NS) == []
    await operations.delete_container(client, result.container, state=state, grace=0)
    with pytest.raises(NotFound):
        await client.containers.get("web", namespace=NS)
    with pytest.raises(NotFound):
        await client.snapshots.stat("web", snapshotter="overlayfs", namespace=NS)


async def test_a_run_that_fails_leaves_nothing(
    sim: Simulator, client: Client, folder: Path
) -> None:
    before = set(sim.world.space(NS).snapshots)
    options = RunOptions("app0000", "web", command=("sleep", "1000"), user="nobody-knows")
    with pytest.raises(InvalidArgument, match="no user"):
        await operations.run(client, options, namespace=NS, state=StateDirectory(folder / "state"))
    assert set(sim.world.space(NS).snapshots) == before
    assert not sim.world.space(NS).leases


async def test_garbage_goes_soon_after_a_deletion(sim: Simulator, client: Client) -> None:
    heard = await listen(sim, client, 'topic=="/snapshot/remove"')
    await client.containers.delete("row00005", namespace=NS)
    envelope = await asyncio.wait_for(heard.get(), PATIENCE)
    assert b"row00005" in envelope.event.value
    key = ("overlayfs", "row00005")
    assert key not in sim.world.space(NS).snapshots
    assert sim.world.space(NS).snapshots["overlayfs", "row00006"].kind == snapshots_pb2.KIND_ACTIVE


async def test_it_serves_by_itself_and_leaves_nothing(folder: Path) -> None:
    address = folder / "d" / "c.sock"
    command = [sys.executable, "-m", "aiocontainerd.simulator", "--address", str(address)]
    more = ["--containers", "12", "--images", "2", "--running", "3", "--events-per-second", "50"]
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(
        command + more, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            line = await asyncio.to_thread(process.stdout.readline)
            assert line == f"serving on {address}\n"
            async with Client(str(address)) as client, asyncio.timeout(PATIENCE):
                assert len(await client.containers.list(namespace=NS)) == 12
                topics = set()
                async for envelope in client.events.subscribe():
                    topics.add(envelope.topic)
                    if len(topics) == 3:
                        break
            assert topics == {"/containers/update", "/tasks/exit", "/tasks/delete"}
        finally:
            process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait) == 0
    assert not address.exists()
    assert [path.name for path in folder.iterdir()] == ["d"]


@pytest.mark.parametrize(
    ("address", "faults"),
    [("c.sock", "/dev/null"), ("c.sock", "/nowhere.json"), ("/proc/none/c.sock", "")],
)
def test_it_says_in_a_line_why_it_cannot(folder: Path, address: str, faults: str) -> None:
    command = [sys.executable, "-m", "aiocontainerd.simulator", "--address", str(folder / address)]
    command += ["--faults", faults] if faults else []
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("cannot serve: ")
    assert done.stderr.count("\n") == 1


def test_the_library_does_not_import_it() -> None:
    code = (
        "import sys, aiocontainerd, aiocontainerd.client, ctdeck.app\n"
        "assert not [name for name in sys.modules if name.startswith('aiocontainerd.simulator')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
