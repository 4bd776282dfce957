"""Odd requests, word for word: what the newest daemon answers to each, and the simulator too."""

from collections.abc import Callable

import pytest
from google.protobuf.message import Message

from aiocontainerd.errors import ContainerdError
from aiocontainerd.models import Descriptor
from aiocontainerd.pb import (
    containers_pb2_grpc,
    content_pb2_grpc,
    diff_pb2_grpc,
    events_pb2_grpc,
    images_pb2_grpc,
    leases_pb2_grpc,
    namespaces_pb2_grpc,
    snapshots_pb2_grpc,
    tasks_pb2_grpc,
)

from .refusals_content import CONTENT
from .refusals_objects import OBJECTS
from .refusing import ROOT, Call
from .there import MISSING, There

STUBS = {
    "containers": containers_pb2_grpc.ContainersStub,
    "content": content_pb2_grpc.ContentStub,
    "diff": diff_pb2_grpc.DiffStub,
    "events": events_pb2_grpc.EventsStub,
    "images": images_pb2_grpc.ImagesStub,
    "leases": leases_pb2_grpc.LeasesStub,
    "namespaces": namespaces_pb2_grpc.NamespacesStub,
    "snapshots": snapshots_pb2_grpc.SnapshotsStub,
    "tasks": tasks_pb2_grpc.TasksStub,
}


CALLS: tuple[Call, ...] = (*OBJECTS, *CONTENT)


async def furnished(there: There) -> str:
    """Make what the calls are about; returns the blob's digest."""
    await there.create("c")
    kind = Descriptor("application/x", MISSING, 7)
    await there.client.images.put("i", kind, namespace=there.namespace)
    await there.client.leases.create(namespace=there.namespace, id="l")
    at = {"snapshotter": there.snapshotter, "namespace": there.namespace}
    await there.client.snapshots.prepare("active", "", labels=ROOT, **at)
    await there.client.snapshots.commit("base", "active", labels=ROOT, **at)
    await there.client.snapshots.prepare("top", "base", labels=ROOT, **at)
    return (await there.write(b"data", ROOT)).digest


def filled(request: Message, there: There, digest: str) -> Message:
    """The request with the names that only the daemon under test has."""
    made = type(request)()
    made.CopyFrom(request)
    if getattr(made, "snapshotter", "") == "S":
        made.snapshotter = there.snapshotter  # type: ignore[attr-defined]
    if getattr(getattr(made, "info", None), "digest", "") == "BLOB":
        made.info.digest = digest  # type: ignore[attr-defined]
    if getattr(getattr(made, "resource", None), "type", "") == "snapshots/S":
        made.resource.type = f"snapshots/{there.snapshotter}"  # type: ignore[attr-defined]
    return made


@pytest.mark.targets("simulator", "2")
async def test_word_for_word(there: There) -> None:
    digest = await furnished(there)
    answers: list[Call] = []
    for name, request, _ in CALLS:
        service, _, method = name.partition(".")
        stub = there.client.channel.stub(STUBS[service])
        call: Callable[..., object] = getattr(stub, method)
        answers.append(
            (name, request, await answer(there, call, filled(request, there, digest), digest))
        )
    assert [(name, got) for name, _, got in answers] == [(name, said) for name, _, said in CALLS]


async def answer(there: There, call: Callable[..., object], request: Message, digest: str) -> str:
    try:
        await there.client.channel.unary(call, request, namespace=there.namespace)  # type: ignore[arg-type]
    except ContainerdError as error:
        text = error.what.replace(there.namespace, "NAMESPACE").replace(digest, "BLOB")
        return f"{type(error).__name__}: {text}"
    return ""
