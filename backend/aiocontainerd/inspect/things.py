"""Blobs and snapshots as JSON."""

from dataclasses import asdict
from typing import Any

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, NotFound
from aiocontainerd.inspect.cutting import parse
from aiocontainerd.inspect.documents import Document
from aiocontainerd.manifests import MANIFEST_LIMIT


async def blob_document(client: Client, digest: str, *, namespaces: tuple[str, ...]) -> Document:
    """What is kept of it in the first of these namespaces that has it, and its JSON if it is such.

    Raises NotFound.
    """
    for namespace in namespaces:
        try:
            info = await client.content.info(digest, namespace=namespace)
        except NotFound:
            continue
        labels = dict(sorted(info.labels.items()))
        about: Document = {"namespace": namespace, "digest": digest, "size": info.size}
        return {**about, "labels": labels, "content": await _content(client, info.size, about)}
    raise NotFound("is not in the content store", subject=digest)


async def _content(client: Client, size: int, about: Document) -> Any:
    if size > MANIFEST_LIMIT:
        return "a layer, or something else that is no JSON"
    data = await client.content.read_all(about["digest"], namespace=about["namespace"])
    found = parse(data)
    return found.problem if found.value is None else found.value


async def snapshot_document(
    client: Client, key: str, *, snapshotter: str, namespace: str
) -> Document:
    """What Stat and Usage say, and what would be mounted. Raises NotFound."""
    info = await client.snapshots.stat(key, snapshotter=snapshotter, namespace=namespace)
    document: Document = {
        "snapshotter": snapshotter,
        "name": info.name,
        "parent": info.parent,
        "kind": info.kind.name,
        "labels": dict(sorted(info.labels.items())),
    }
    try:
        mounts = await client.snapshots.mounts(key, snapshotter=snapshotter, namespace=namespace)
    except ContainerdError:  # a committed one has none
        return document
    return {**document, "mounts": [asdict(mount) for mount in mounts]}
