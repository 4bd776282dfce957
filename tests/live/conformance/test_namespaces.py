"""Namespaces: how they come to be, what they are called, and calls without one."""

import grpc
import pytest
from grpc.aio import AioRpcError

from aiocontainerd.errors import AlreadyExists, FailedPrecondition, NotFound
from aiocontainerd.pb import (
    containers_pb2,
    containers_pb2_grpc,
    images_pb2,
    images_pb2_grpc,
    leases_pb2,
    leases_pb2_grpc,
    tasks_pb2,
    tasks_pb2_grpc,
)

from .there import There


async def test_they_appear_with_the_first_write_without_an_event(there: There) -> None:
    namespaces, namespace = there.client.namespaces, there.namespace
    async with there.listening() as heard:
        assert await there.client.containers.list(namespace=namespace) == []
        assert namespace not in await namespaces.list()
        await there.create("c")
        assert namespace in await namespaces.list()
        await heard.until("/containers/create")
    assert heard.topics == ["/containers/create"]
    text = (
        f'namespace "{namespace}" must be empty, but it still has containers: failed precondition'
    )
    await there.refuses(namespaces.delete(namespace), FailedPrecondition, text)


async def test_one_is_made_and_deleted(there: There) -> None:
    namespaces, namespace = there.client.namespaces, there.namespace
    async with there.listening() as heard:
        await namespaces.create(namespace)
        assert dict(await namespaces.labels(namespace)) == {}
        text = f'namespace "{namespace}": already exists'
        await there.refuses(namespaces.create(namespace), AlreadyExists, text)
        await namespaces.delete(namespace)
        text = f'namespace "{namespace}": not found'
        await there.refuses(namespaces.delete(namespace), NotFound, text)
        assert dict(await namespaces.labels(namespace)) == {}  # asked for, it is just empty
        await heard.until("/namespaces/create", "/namespaces/delete")


CALLS = {
    "containers": (containers_pb2_grpc.ContainersStub, containers_pb2.ListContainersRequest()),
    "images": (images_pb2_grpc.ImagesStub, images_pb2.ListImagesRequest()),
    "leases": (leases_pb2_grpc.LeasesStub, leases_pb2.ListRequest()),
    "tasks": (tasks_pb2_grpc.TasksStub, tasks_pb2.ListTasksRequest()),
}


@pytest.mark.parametrize("service", CALLS)
async def test_calls_without_a_namespace(there: There, service: str) -> None:
    stub, request = CALLS[service]
    call = there.client.channel.stub(stub).List  # type: ignore[operator]
    with pytest.raises(AioRpcError) as missing:
        await call(request)
    assert missing.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    with pytest.raises(AioRpcError) as bad:
        await call(request, metadata=(("containerd-namespace", "a b"),))
    assert bad.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    if there.newest:
        assert missing.value.details() == "namespace is required: failed precondition"
        assert bad.value.details() == (
            'namespace validation: identifier "a b" must match '
            "^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$: invalid argument"
        )


async def test_an_unknown_lease(there: There) -> None:
    """Only what a lease could hold asks for it."""
    client, namespace = there.client, there.namespace
    record, snapshots = there.record("c"), client.snapshots
    await client.containers.create(record, namespace=namespace, lease="gone")
    call = snapshots.prepare(
        "c", "", snapshotter=there.snapshotter, namespace=namespace, lease="gone"
    )
    await there.refuses(call, NotFound, "lease does not exist: not found")
    async with client.content.writer("ref", namespace=namespace, lease="gone") as out:
        await there.refuses(out.status(4, ""), NotFound, "lease does not exist: not found")
    assert await there.snapshots() == {}
    assert await client.content.list_statuses(namespace=namespace) == ()
