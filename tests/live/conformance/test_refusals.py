"""Odd requests, word for word: what the newest daemon answers to each, and the simulator too."""

from collections.abc import Callable

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from aiocontainerd.errors import ContainerdError
from aiocontainerd.models import Descriptor
from aiocontainerd.pb import (
    containers_pb2,
    containers_pb2_grpc,
    content_pb2,
    content_pb2_grpc,
    diff_pb2,
    diff_pb2_grpc,
    events_pb2,
    events_pb2_grpc,
    images_pb2,
    images_pb2_grpc,
    leases_pb2,
    leases_pb2_grpc,
    namespaces_pb2,
    namespaces_pb2_grpc,
    snapshots_pb2,
    snapshots_pb2_grpc,
    tasks_pb2,
    tasks_pb2_grpc,
    types_pb2,
)

from .there import MISSING, There

ROOT = {"containerd.io/gc.root": "now"}
LONG = {"k": "v" * 4096}
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


def mask(*paths: str) -> FieldMask:
    return FieldMask(paths=paths)


def target(digest: str = MISSING, size: int = 1, kind: str = "x") -> types_pb2.Descriptor:
    return types_pb2.Descriptor(media_type=kind, digest=digest, size=size)


def snapshot(name: str, **labels: str) -> snapshots_pb2.Info:
    return snapshots_pb2.Info(name=name, labels=labels)


Call = tuple[str, Message, str]
# Which call, with what, and the newest daemon's answer: the kind of error and its words, "" for
# none. There are a container c, an image i, a lease l, snapshots base and top, and one blob.
CALLS: tuple[Call, ...] = (
    (
        "containers.Get",
        containers_pb2.GetContainerRequest(),
        'NotFound: container "" in namespace "NAMESPACE": not found',
    ),
    (
        "containers.Delete",
        containers_pb2.DeleteContainerRequest(),
        "NotFound: container : not found",
    ),
    (
        "containers.Delete",
        containers_pb2.DeleteContainerRequest(id="a b"),
        "NotFound: container a b: not found",
    ),
    (
        "containers.Update",
        containers_pb2.UpdateContainerRequest(
            container=containers_pb2.Container(id="c"), update_mask=mask("labels.", "image")
        ),
        "",
    ),
    (
        "containers.Update",
        containers_pb2.UpdateContainerRequest(
            container=containers_pb2.Container(id="c", labels=LONG), update_mask=mask("labels")
        ),
        (
            "InvalidArgument: update failed validation: containers.Labels: label key and "
            "value length (4097 bytes) greater than maximum size (4096 bytes), key: k: "
            "invalid argument"
        ),
    ),
    (
        "containers.Update",
        containers_pb2.UpdateContainerRequest(container=containers_pb2.Container(id="c")),
        "InvalidArgument: container.Runtime.Name field is immutable: invalid argument",
    ),
    (
        "containers.Update",
        containers_pb2.UpdateContainerRequest(
            container=containers_pb2.Container(id="c"), update_mask=mask("snapshotter")
        ),
        'InvalidArgument: cannot update "snapshotter" field on "c": invalid argument',
    ),
    ("images.Get", images_pb2.GetImageRequest(), 'NotFound: image "": not found'),
    ("images.Delete", images_pb2.DeleteImageRequest(), 'NotFound: image "": not found'),
    (
        "images.Update",
        images_pb2.UpdateImageRequest(image=images_pb2.Image(name=b"i", target=target())),
        "",
    ),
    (
        "images.Update",
        images_pb2.UpdateImageRequest(
            image=images_pb2.Image(name=b"i", target=target()), update_mask=mask("name")
        ),
        'InvalidArgument: cannot update "name" field on image "i": invalid argument',
    ),
    (
        "images.Update",
        images_pb2.UpdateImageRequest(
            image=images_pb2.Image(name=b"nothing", target=target()), update_mask=mask("target")
        ),
        'NotFound: image "nothing": not found',
    ),
    (
        "images.Update",
        images_pb2.UpdateImageRequest(
            image=images_pb2.Image(name=b"i", target=target(), labels=LONG),
            update_mask=mask("labels"),
        ),
        (
            "InvalidArgument: image.Labels: label key and value length (4097 bytes) "
            "greater than maximum size (4096 bytes), key: k: invalid argument"
        ),
    ),
    (
        "images.Update",
        images_pb2.UpdateImageRequest(
            image=images_pb2.Image(name=b"i", target=target(digest="")),
            update_mask=mask("target"),
        ),
        (
            'InvalidArgument: Target.Digest "" invalid: invalid checksum digest format: '
            "invalid argument"
        ),
    ),
    (
        "images.Create",
        images_pb2.CreateImageRequest(
            image=images_pb2.Image(name=b"j", target=target(), labels=LONG)
        ),
        (
            "InvalidArgument: image.Labels: label key and value length (4097 bytes) "
            "greater than maximum size (4096 bytes), key: k: invalid argument"
        ),
    ),
    ("content.Info", content_pb2.InfoRequest(), 'InvalidArgument: "" failed validation'),
    (
        "content.Delete",
        content_pb2.DeleteContentRequest(digest="sha256:12"),
        "InvalidArgument: invalid checksum digest length",
    ),
    (
        "content.Status",
        content_pb2.StatusRequest(),
        'NotFound: could not get status for ref "": reference : not found',
    ),
    ("content.Abort", content_pb2.AbortRequest(), "NotFound: reference : not found"),
    (
        "content.Update",
        content_pb2.UpdateRequest(
            info=content_pb2.Info(digest=MISSING, labels={"a": "b"}), update_mask=mask("labels.a")
        ),
        (
            "NotFound: content digest "
            "sha256:0000000000000000000000000000000000000000000000000000000000000000: "
            "not found"
        ),
    ),
    (
        "content.Update",
        content_pb2.UpdateRequest(
            info=content_pb2.Info(digest="BLOB", labels={"a": "b"}), update_mask=mask("size")
        ),
        ('InvalidArgument: cannot update "size" field on content info "BLOB": invalid argument'),
    ),
    (
        "content.Update",
        content_pb2.UpdateRequest(
            info=content_pb2.Info(digest="BLOB", labels=LONG), update_mask=mask("labels")
        ),
        (
            "InvalidArgument: info.Labels: label key and value length (4097 bytes) "
            "greater than maximum size (4096 bytes), key: k: invalid argument"
        ),
    ),
    (
        "content.ListStatuses",
        content_pb2.ListStatusesRequest(filters=["ref=="]),
        (
            "InvalidArgument: filters: parse error: [ref==]: expected value or quoted: "
            "invalid argument"
        ),
    ),
    (
        "snapshots.Prepare",
        snapshots_pb2.PrepareSnapshotRequest(),
        "InvalidArgument: snapshotter argument missing: invalid argument",
    ),
    (
        "snapshots.Prepare",
        snapshots_pb2.PrepareSnapshotRequest(snapshotter="S"),
        "DaemonError: bucket name required",
    ),
    (
        "snapshots.View",
        snapshots_pb2.ViewSnapshotRequest(snapshotter="S", key="top"),
        'AlreadyExists: snapshot "top": already exists',
    ),
    (
        "snapshots.Prepare",
        snapshots_pb2.PrepareSnapshotRequest(snapshotter="S", key="new", labels=LONG),
        (
            "InvalidArgument: info.Labels: label key and value length (4097 bytes) "
            "greater than maximum size (4096 bytes), key: k: invalid argument"
        ),
    ),
    (
        "snapshots.Commit",
        snapshots_pb2.CommitSnapshotRequest(snapshotter="S"),
        "DaemonError: bucket name required",
    ),
    (
        "snapshots.Stat",
        snapshots_pb2.StatSnapshotRequest(key=b"base"),
        "InvalidArgument: snapshotter argument missing: invalid argument",
    ),
    (
        "snapshots.Update",
        snapshots_pb2.UpdateSnapshotRequest(
            snapshotter="S", info=snapshot("gone"), update_mask=mask("labels")
        ),
        "NotFound: snapshot gone does not exist: not found",
    ),
    (
        "snapshots.Update",
        snapshots_pb2.UpdateSnapshotRequest(
            snapshotter="S", info=snapshot("base", **ROOT), update_mask=mask("parent")
        ),
        'InvalidArgument: cannot update "parent" field on snapshot "base": invalid argument',
    ),
    (
        "snapshots.Update",
        snapshots_pb2.UpdateSnapshotRequest(
            snapshotter="S", info=snapshot("base", **ROOT, a="b"), update_mask=mask("labels")
        ),
        "",
    ),
    (
        "snapshots.Remove",
        snapshots_pb2.RemoveSnapshotRequest(snapshotter="S"),
        "NotFound: snapshot  does not exist: not found",
    ),
    ("leases.Create", leases_pb2.CreateRequest(id="a b"), ""),
    ("leases.Create", leases_pb2.CreateRequest(id="m", labels=LONG), ""),
    ("leases.Delete", leases_pb2.DeleteRequest(), 'NotFound: lease "": not found'),
    (
        "leases.ListResources",
        leases_pb2.ListResourcesRequest(id=b"gone"),
        'NotFound: lease "gone": not found',
    ),
    (
        "leases.AddResource",
        leases_pb2.AddResourceRequest(
            id="l", resource=leases_pb2.Resource(id="x", type="containers")
        ),
        "Unimplemented: resource type containers not supported yet: not implemented",
    ),
    (
        "leases.AddResource",
        leases_pb2.AddResourceRequest(
            id="gone", resource=leases_pb2.Resource(id="x", type="ingests")
        ),
        'NotFound: lease "gone": not found',
    ),
    (
        "leases.AddResource",
        leases_pb2.AddResourceRequest(
            id="l", resource=leases_pb2.Resource(id="nothing", type="snapshots/S")
        ),
        "",
    ),
    (
        "leases.DeleteResource",
        leases_pb2.DeleteResourceRequest(
            id="l", resource=leases_pb2.Resource(id="nothing", type="ingests")
        ),
        "",
    ),
    (
        "namespaces.Create",
        namespaces_pb2.CreateNamespaceRequest(namespace=namespaces_pb2.Namespace(name="a b")),
        (
            'InvalidArgument: identifier "a b" must match '
            "^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$: invalid argument"
        ),
    ),
    ("namespaces.Get", namespaces_pb2.GetNamespaceRequest(name="a b"), ""),
    (
        "namespaces.Delete",
        namespaces_pb2.DeleteNamespaceRequest(),
        'NotFound: namespace "": not found',
    ),
    (
        "events.Publish",
        events_pb2.PublishRequest(topic="no-slash"),
        ("InvalidArgument: envelope topic \"no-slash\": must start with '/': invalid argument"),
    ),
    (
        "events.Publish",
        events_pb2.PublishRequest(),
        'InvalidArgument: envelope topic "": must not be empty: invalid argument',
    ),
    (
        "events.Publish",
        events_pb2.PublishRequest(topic="/a b/c"),
        (
            'InvalidArgument: envelope topic "/a b/c": failed validation on component "a '
            'b": identifier "a b" must match ^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$: '
            "invalid argument"
        ),
    ),
    (
        "diff.Apply",
        diff_pb2.ApplyRequest(diff=target()),
        (
            "NotFound: failed to get reader from content store: content digest "
            "sha256:0000000000000000000000000000000000000000000000000000000000000000: "
            "not found"
        ),
    ),
    (
        "tasks.Create",
        tasks_pb2.CreateTaskRequest(),
        'NotFound: container "" in namespace "NAMESPACE": not found',
    ),
    (
        "tasks.Get",
        tasks_pb2.GetRequest(),
        'NotFound: container "" in namespace "NAMESPACE": not found',
    ),
    ("tasks.Delete", tasks_pb2.DeleteTaskRequest(container_id="c"), "NotFound: task c not found"),
)


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
