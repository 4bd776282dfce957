"""The gate: every method of every service through it, then the simulated daemon is asked."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc import aio

from aiocontainerd import operations
from aiocontainerd.access import Access
from aiocontainerd.client import Client
from aiocontainerd.errors import InvalidArgument, ReadOnly
from aiocontainerd.gate import FLEETING_CALLS, READING_CALLS
from aiocontainerd.pb import (
    containers_pb2,
    containers_pb2_grpc,
    namespaces_pb2,
    namespaces_pb2_grpc,
    streaming_pb2_grpc,
)
from aiocontainerd.simulator import Simulator
from aiocontainerd.state import StateDirectory
from tests.tui.worlds import container

PB = Path(import_module("aiocontainerd.pb").__path__[0])
LOCKED = Access(namespaces=frozenset({"locked"}))


class Method(NamedTuple):
    """One method of containerd, as our stubs know it."""

    path: str
    stub: type
    descriptor: MethodDescriptor

    def on(self, client: Client, namespace: str) -> Any:
        """Call it with an empty request; a coroutine, or a stream."""
        made: Any = client.channel.stub(self.stub)
        call = getattr(made, self.descriptor.name)
        request = GetMessageClass(self.descriptor.input_type)()
        given = () if self.descriptor.client_streaming else (request,)
        return call(*given, metadata=(("containerd-namespace", namespace),))


def methods() -> list[Method]:
    found = []
    for file in sorted(PB.glob("*_pb2_grpc.py")):
        stubs = import_module(f"aiocontainerd.pb.{file.stem}")
        messages = import_module(f"aiocontainerd.pb.{file.stem.removesuffix('_grpc')}")
        for service in messages.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                path = f"/{service.full_name}/{method.name}"
                found.append(Method(path, getattr(stubs, f"{service.name}Stub"), method))
    return found


ALL = methods()
CHANGING = [method for method in ALL if method.path not in READING_CALLS]


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        async with Simulator(Path(folder) / "c.sock") as simulator:
            yield simulator


def test_what_is_allowed_only_reads() -> None:
    """By name; nothing is on the list that no stub has, and no stub was left out of the test."""
    words = (
        "Get List Info Read Status Subscribe Plugin Server Mounts Stat Usage Metrics Wait Version"
    )
    assert {method.path for method in ALL} >= READING_CALLS | FLEETING_CALLS
    for path in READING_CALLS:
        assert path.rpartition("/")[2].startswith(tuple(words.split())), path
    assert len(CHANGING) > 35
    assert {method.descriptor.client_streaming for method in CHANGING} == {True, False}


async def test_nothing_else_leaves_a_read_only_client(sim: Simulator) -> None:
    async with Client(sim.address, access=Access(read_only=True)) as client:
        for method in CHANGING:
            with pytest.raises(ReadOnly, match="ctdeck is read-only"):
                await method.on(client, "default")
    assert not sim.calls
    assert not sim.world.spaces


UNKNOWN = (
    "/containerd.services.sandbox.v1.Controller/Create",
    "/containerd.services.sandbox.v1.Store/Delete",
    "/containerd.services.streaming.v1.Streaming/Stream",
    "/containerd.services.mounts.v1.Mounts/Activate",
    "/containerd.services.content.v1.Content/Get",  # as a reading call, and none
    "/containerd.services.containers.v1.Containers/List/Delete",
    "/runtime.v1.RuntimeService/StopPodSandbox",
    "containerd.services.containers.v1.Containers/List",
    "",
)


@pytest.mark.parametrize("kind", ["unary_unary", "unary_stream", "stream_unary", "stream_stream"])
async def test_what_no_stub_of_ours_has_does_not_leave_either(sim: Simulator, kind: str) -> None:
    """The list is of what may pass: a service of a later containerd is not on it."""
    async with Client(sim.address, access=Access(read_only=True)) as client:
        gate: Any = client.channel.stub(lambda channel: channel)
        for path in UNKNOWN:
            call = getattr(gate, kind)(path, lambda _: b"", lambda _: None, _registered_method=True)
            with pytest.raises(ReadOnly):
                await call(object())
    assert not sim.calls


async def test_a_namespace_is_read_only_and_the_others_are_not(sim: Simulator) -> None:
    async with Client(sim.address, access=LOCKED) as client:
        for method in CHANGING:
            with pytest.raises(ReadOnly, match="the namespace locked is read-only"):
                await method.on(client, "locked")
        assert not sim.calls
        await client.namespaces.create("free")
        assert [path.rpartition("/")[2] for path in sim.calls] == ["Create"]
        assert client.is_read_only("locked")
        assert not client.is_read_only("free")
        assert not client.is_read_only()


async def test_a_header_says_no_other_namespace_than_the_request(sim: Simulator) -> None:
    sim.world.space("locked")
    async with Client(sim.address, access=LOCKED) as client:
        stub = client.channel.stub(namespaces_pb2_grpc.NamespacesStub)
        inner = namespaces_pb2.Namespace(name="locked", labels={"a": "b"})
        free = ("containerd-namespace", "free")
        for call in (
            lambda: stub.Delete(namespaces_pb2.DeleteNamespaceRequest(name="locked")),
            lambda: stub.Update(
                namespaces_pb2.UpdateNamespaceRequest(namespace=inner), metadata=(free,)
            ),
            lambda: stub.Create(
                namespaces_pb2.CreateNamespaceRequest(
                    namespace=namespaces_pb2.Namespace(name="free")
                ),
                metadata=(free, ("containerd-namespace", "locked")),
            ),
        ):
            with pytest.raises(ReadOnly):
                await call()
    assert not sim.calls


@pytest.mark.parametrize(
    "header",
    [
        ("containerd-namespace", b"locked"),
        (b"containerd-namespace", "locked"),
        (b"containerd-namespace", b"locked"),
        ("Containerd-Namespace", "locked"),
        ("containerd-namespace", bytearray(b"locked")),
        ("containerd-namespace", b"\xff"),
        (None, "locked"),
    ],
)
async def test_no_form_of_a_header_goes_through(sim: Simulator, header: Any) -> None:
    """gRPC sends bytes as it sends text; what is neither is refused, whatever it would send."""
    async with Client(sim.address, access=LOCKED) as client:
        for method in CHANGING:
            made: Any = client.channel.stub(method.stub)
            call = getattr(made, method.descriptor.name)
            request = GetMessageClass(method.descriptor.input_type)()
            given = () if method.descriptor.client_streaming else (request,)
            with pytest.raises((ReadOnly, InvalidArgument)):
                await call(*given, metadata=(header,))
    assert not sim.calls


async def test_headers_are_neither_hidden_nor_used_up(sim: Simulator) -> None:
    async with Client(sim.address, access=LOCKED) as client:
        stub = client.channel.stub(containers_pb2_grpc.ContainersStub)
        streams = client.channel.stub(streaming_pb2_grpc.StreamingStub)
        locked = ("containerd-namespace", "locked")
        with pytest.raises(ReadOnly):
            await stub.Delete(
                containers_pb2.DeleteContainerRequest(id="c"), metadata=iter([locked])
            )
        with pytest.raises(TypeError):
            streams.Stream(None, None, (locked,))
        assert not sim.calls
        free = iter([("containerd-namespace", "free")])
        with pytest.raises(aio.AioRpcError, match="not found"):
            await stub.Delete(containers_pb2.DeleteContainerRequest(id="c"), metadata=free)


async def test_one_namespace_may_be_excepted(sim: Simulator) -> None:
    access = Access(read_only=True, writable=frozenset({"dev"}))
    async with Client(sim.address, access=access) as client:
        await client.namespaces.create("dev")
        with pytest.raises(ReadOnly):
            await client.namespaces.create("prod")
        assert (client.is_read_only("dev"), client.is_read_only("")) == (False, True)
    assert list(sim.world.spaces) == ["dev"]


async def test_a_toolbox_changes_its_target_too(sim: Simulator, tmp_path: Path) -> None:
    async with Client(sim.address, access=LOCKED) as client:
        with pytest.raises(ReadOnly, match="namespace locked is read-only"):
            async with operations.toolbox(
                client,
                container("web", namespace="locked"),
                "busybox",
                namespace="free",
                state=StateDirectory(tmp_path),
                size=operations.Size(80, 24),
            ):
                pass
    assert not sim.calls


async def test_a_reading_method_is_grpcs_own() -> None:
    """It costs nothing: there is nothing in between."""
    client = Client("/nowhere.sock", access=Access(read_only=True))
    for method in ALL:
        made: Any = client.channel.stub(method.stub)
        call = getattr(made, method.descriptor.name)
        kinds = (aio.UnaryUnaryMultiCallable, aio.UnaryStreamMultiCallable)
        assert isinstance(call, kinds) == (method.path in READING_CALLS), method.path
    await client.close()


PROGRAMS = {  # who runs one, and why no read-only client comes to it
    "aiocontainerd/doctor/host.py": "runc --version: it only tells",
    "aiocontainerd/operations/copyroot.py": "openat2, and a mount for one copying thread alone: "
    "read-only where it reads, and `copy_files` refuses to write first",
    "aiocontainerd/operations/readonly.py": "runc features: it only tells",
    "aiocontainerd/programs.py": "asks what those with `output_of` name",
    "aiocontainerd/pull/docker_config.py": "credential helpers: part of a pull, after its lease",
    "aiocontainerd/sample/load.py": "busybox --list: it only tells",
    "aiocontainerd/watcher.py": "should we be killed ends an exec or toolbox of ours, which refuse "
    "to begin first, and restores the terminal",
    "ctdeck/clipboard.py": "the clipboard is the user's",
    "ctdeck/embedded/offer.py": "containerd --version: it only tells",
    "ctdeck/embedded/process.py": "the embedded daemon: refused where all is read-only",
    "ctdeck/embedded/programs.py": "apt-get for it: refused likewise",
}


def test_who_runs_programs() -> None:
    """None does what a call would: no `ctr`. Who adds one says why it may."""
    signs = re.compile(
        r"subprocess|output_of|os\.(exec|spawn|system|fork|posix_spawn)|ctypes|\bpty\b"
    )
    roots = (PB.parent, Path(import_module("ctdeck").__path__[0]))
    found = {
        str(file.relative_to(root.parent))
        for root in roots
        for file in root.rglob("*.py")
        if signs.search(file.read_text()) and file.parent != PB
    }
    assert found == set(PROGRAMS)


def test_no_source_goes_round_it() -> None:
    """Only the channel itself holds gRPC's; all others get their stubs from it."""
    makers = ("insecure_channel", "secure_channel", "._raw", "._gate")
    for file in PB.parent.rglob("*.py"):
        if file.name != "channel.py" and "_pb2" not in file.name:
            text = file.read_text()
            assert not [word for word in makers if word in text], file


@pytest.mark.parametrize(
    ("access", "namespace", "told"),
    [
        (Access(read_only=True), "x", "Start ctdeck without --read-only."),
        (Access(read_only=True, remedies={"": "Do that."}), "x", "Do that."),
        (
            Access(namespaces=frozenset({"x"}), remedies={"x": "Line 2."}),
            "x",
            "The namespace x is read-only, and this would change something. Line 2",
        ),
    ],
)
def test_a_refusal_says_how_it_is_lifted(access: Access, namespace: str, told: str) -> None:
    assert told in str(access.refusal(namespace))
