"""Content: containerd `metadata/content.go` over `plugins/content/local`."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from aiocontainerd.pb import content_pb2 as pb
from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.simulator import garbage
from aiocontainerd.simulator.filters import Adaptor
from aiocontainerd.simulator.leases import check, hold
from aiocontainerd.simulator.refusals import Refused, invalid, not_found
from aiocontainerd.simulator.rules import adaptor, check_digest, check_labels, chosen, set_labels
from aiocontainerd.simulator.world import Blob, World

CHUNK = 1 << 20  # bytes of one answer of Read


def digest_of(data: bytes | bytearray) -> str:
    """Its sha256 digest."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def get(world: World, namespace: str, digest: str) -> Blob:
    """Raises Refused: INVALID_ARGUMENT for what is no digest, NOT_FOUND."""
    try:
        check_digest(digest, "")
    except Refused as refused:
        raise Refused(refused.code, f'"{digest}" failed validation') from refused
    blob = world.look(namespace).content.get(digest)
    if blob is None:
        raise not_found(f"content digest {digest}")
    return blob


def select(world: World, namespace: str, filters: Sequence[str]) -> Iterator[Blob]:
    """Sorted by digest."""
    content = world.look(namespace).content
    return chosen((content[digest] for digest in sorted(content)), filters, _adapted)


def put(
    world: World,
    namespace: str,
    data: bytes | None,
    *,
    labels: Mapping[str, str],
    lease: str = "",
    digest: str = "",
    size: int = 0,
) -> pb.Info:
    """Add a blob. Publishes /content/create.

    Without `data` it is one of `size` bytes that nobody reads, under the given `digest`.
    """
    check_labels(labels, "info.Labels")
    check(world, namespace, lease)
    digest = digest or digest_of(data or b"")
    stamp = world.stamp()
    info = pb.Info(
        digest=digest,
        size=size if data is None else len(data),
        created_at=stamp,
        updated_at=stamp,
        labels={key: value for key, value in labels.items() if value},
    )
    world.space(namespace).content[digest] = Blob(info, data)
    hold(world, namespace, lease, "content", digest)
    event = payloads.ContentCreate(digest=digest, size=info.size)
    world.publish(namespace, "/content/create", event)
    return info


def update(world: World, namespace: str, wanted: pb.Info, paths: Sequence[str]) -> pb.Info:
    """Labels only. Raises Refused."""
    info = get(world, namespace, wanted.digest).info
    changed = dict(info.labels)
    for path in paths or ("labels",):
        if path.partition(".")[0] != "labels":
            raise invalid(f'cannot update "{path}" field on content info "{wanted.digest}"')
        set_labels(changed, wanted.labels, [path])
    check_labels(changed, "info.Labels")
    info.ClearField("labels")
    info.labels.update(changed)
    info.updated_at.CopyFrom(world.stamp())
    return info


def delete(world: World, namespace: str, digest: str) -> None:
    """Whatever refers to it. Publishes /content/delete. Raises Refused."""
    try:
        check_digest(digest, "")
    except Refused as refused:  # what is wrong with it is said only here
        text = refused.text.removeprefix(": ").removesuffix(": invalid argument")
        raise Refused(refused.code, text) from refused
    get(world, namespace, digest)
    del world.space(namespace).content[digest]
    world.publish(namespace, "/content/delete", payloads.ContentDelete(digest=digest))
    garbage.soon(world, namespace)


def read(blob: Blob, offset: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Chunks and where each begins, counted from `offset`. Raises Refused past the end."""
    total, offset = blob.info.size, max(offset, 0)
    if offset > total:
        raise Refused("OUT_OF_RANGE", f"read past object length {total} bytes")
    end = min(offset + size, total) if size > 0 else total
    for start in range(offset, end, CHUNK):
        stop = min(start + CHUNK, end)
        data = bytes(stop - start) if blob.data is None else blob.data[start:stop]
        yield start - offset, data


def _adapted(blob: Blob) -> Adaptor:
    return adaptor({"digest": blob.info.digest}, blob.info.labels)
