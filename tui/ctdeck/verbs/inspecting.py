"""Shows the JSON of an object, by its row or by a name; and what the doctor says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from aiocontainerd.models import Container, Event, Image, Mount
from ctdeck.desk import Desk
from ctdeck.rows import ContainerRow, DiskRow, EventRow, ImageRow, MountRow, Row, TaskRow
from ctdeck.verbs.doing import address_of, client_of, state_of

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from ctdeck.ansi import Painted

MOST_WIDE = 100  # cells of what the doctor says


def show_raw(desk: Desk) -> None:
    """The JSON of what is under the cursor, as the daemon has it now."""
    row = desk.row
    if row is None:
        desk.tell("There is no row here to show.")
    else:
        show_row(desk, row)


def show_row(desk: Desk, row: Row) -> None:
    """The JSON of this row."""

    async def read(plain: bool, width: int) -> AsyncIterator[Sequence[Painted]]:
        document = await document_of(client_of(desk), row)
        yield await asyncio.to_thread(_lines, document, plain)

    desk.open("reading", title=_title(row), read=read, secrets=True)


def show_named(desk: Desk, what: str) -> None:
    """The JSON of a container by id, name or the beginning of one, of an image or of a digest.

    Raises NotFound or FailedPrecondition.
    """
    from aiocontainerd.errors import NotFound  # grpc: not before the first frame
    from ctdeck.command.targets import find_any, is_digest

    snapshot = desk.snapshot
    try:
        found = find_any(snapshot, desk.scope, what)
    except NotFound:
        if not is_digest(what):
            raise
        _show_blob(desk, what)
        return
    if isinstance(found, Image):
        show_row(desk, ImageRow(found, len(snapshot.users_of(found))))
    else:
        show_row(desk, ContainerRow(found, snapshot.task_of(found)))


def _show_blob(desk: Desk, digest: str) -> None:
    """Of a blob that is no image: nothing in the lists tells of it."""
    namespaces = (desk.scope,) if desk.scope else desk.snapshot.namespaces

    async def read(plain: bool, width: int) -> AsyncIterator[Sequence[Painted]]:
        from aiocontainerd.inspect.things import blob_document

        document = await blob_document(client_of(desk), digest, namespaces=namespaces)
        yield await asyncio.to_thread(_lines, document, plain)

    desk.open("reading", title=f"blob {digest}", read=read, secrets=True)


def _title(row: Row) -> str:
    match row:
        case ImageRow(image):
            return f"image {image.key.id} in {image.namespace}"
        case ContainerRow(container):
            return f"container {container.id} in {container.namespace}"
        case TaskRow(task):
            return f"task {task.id} in {task.namespace}"
        case MountRow():
            return f"mount {row.mount.destination} of {row.container.id}"
        case DiskRow():
            return f"{row.kind} {row.name}"
        case EventRow(event):
            return f"event {event.topic} of {event.subject}"


def _lines(document: object, plain: bool) -> list[Painted]:
    from ctdeck.rawjson import MOST, painted_line, text_of

    return [painted_line(line) for line in text_of(document, plain=plain).split("\n")[:MOST]]


async def document_of(client: Client, row: Row) -> dict[str, Any]:
    """What the daemon has. Raises NotFound when it is gone."""
    from aiocontainerd.inspect import records

    match row:
        case ImageRow(image):
            return await _image(client, image)
        case ContainerRow(container):
            return await _container(client, container)
        case TaskRow(task):
            return await records.task_document(client, task.id, namespace=task.namespace)
        case MountRow():
            return await _mount(client, row.container, row.mount)
        case DiskRow():
            return await _thing(client, row)
        case EventRow(event):
            return _event(event)


async def _image(client: Client, image: Image) -> dict[str, Any]:
    from aiocontainerd.inspect.images import image_document

    return await image_document(client, image)


async def _container(client: Client, container: Container) -> dict[str, Any]:
    from aiocontainerd.inspect.records import container_document

    return await container_document(client, container.id, namespace=container.namespace)


async def _mount(client: Client, container: Container, mount: Mount) -> dict[str, Any]:
    from aiocontainerd.inspect.records import mount_document

    entry = await mount_document(client, container.id, mount, namespace=container.namespace)
    about = {"container": container.id, "namespace": container.namespace}
    return {**about, "mount": entry}


async def _thing(client: Client, row: DiskRow) -> dict[str, Any]:
    from aiocontainerd.disk.things import BLOB, SNAPSHOT
    from aiocontainerd.inspect.things import blob_document, snapshot_document

    node = row.thing.node
    if node.kind == BLOB:
        return await blob_document(client, node.key, namespaces=(node.namespace,))
    if node.kind == SNAPSHOT:
        snapshotter, _, key = node.key.partition("/")
        return await snapshot_document(
            client, key, snapshotter=snapshotter, namespace=node.namespace
        )
    holds = [f"{each.kind} {each.key}" for each in row.thing.refs]
    about = {"kind": row.kind, "name": row.name, "namespace": node.namespace, "size": row.size}
    return {**about, "holds": holds}


def _event(event: Event) -> dict[str, Any]:
    when = event.timestamp.isoformat() if event.timestamp else None
    return {
        "timestamp": when,
        "namespace": event.namespace,
        "topic": event.topic,
        "subject": event.subject,
        "event": dict(event.attributes),
    }


def show_doctor(desk: Desk) -> None:
    """What is wrong with the daemon and its host."""

    async def read(plain: bool, width: int) -> AsyncIterator[Sequence[Painted]]:
        from ctdeck.doctor import answering, examined, painted, summary_of

        client, state = client_of(desk), state_of(desk)
        is_real = desk.session is not None and desk.session.demo is None
        found = list(answering(address_of(desk))) if is_real else []
        for finding in found:
            yield painted(finding, min(MOST_WIDE, width - 1))
        async for finding in examined(client, state):
            found.append(finding)
            yield painted(finding, min(MOST_WIDE, width - 1))
        yield summary_of(found)

    desk.open("reading", title="doctor", read=read, secrets=False)
