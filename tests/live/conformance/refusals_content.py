"""Odd requests about content, snapshots, leases and diffs."""

from aiocontainerd.pb import (
    content_pb2,
    diff_pb2,
    leases_pb2,
    snapshots_pb2,
)

from .refusing import LONG, ROOT, Call, mask, snapshot, target
from .there import MISSING

# Which call, with what, and the newest daemon's answer: the kind of error and its words, "" for
# none. There are a container c, an image i, a lease l, snapshots base and top, and one blob.
CONTENT: tuple[Call, ...] = (
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
        "diff.Apply",
        diff_pb2.ApplyRequest(diff=target()),
        (
            "NotFound: failed to get reader from content store: content digest "
            "sha256:0000000000000000000000000000000000000000000000000000000000000000: "
            "not found"
        ),
    ),
)
