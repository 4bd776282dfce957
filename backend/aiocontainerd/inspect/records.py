"""Container records and tasks as the daemon has them, with the spec parsed for this once."""

from dataclasses import dataclass, field
from typing import Any

from aiocontainerd import convert
from aiocontainerd.client import Client
from aiocontainerd.inspect.cutting import Parsed, parse
from aiocontainerd.inspect.documents import Document, document_of, opened
from aiocontainerd.models import Mount, Task
from aiocontainerd.pb import containers_pb2
from aiocontainerd.safe import safe


@dataclass(frozen=True, slots=True)
class ContainerPage:
    """A container record beside what every list knows of it.

    `spec` is its OCI runtime spec, raw: strings are made safe when they are shown; `problem` says
    why it is not whole. `options` are the runtime's, by name. `extensions` are the types of what
    others keep in it, by name. `sandbox` is the pod's id (1.7+).
    """

    spec: dict[str, Any] = field(hash=False)
    problem: str = ""
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    extensions: dict[str, str] = field(default_factory=dict, hash=False)
    sandbox: str = ""


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A task, and where its three streams go: paths or URIs, "" for nowhere."""

    task: Task
    stdin: str = ""
    stdout: str = ""
    stderr: str = ""


async def container_page(client: Client, id: str, *, namespace: str) -> ContainerPage:
    """Raises NotFound."""
    record = await client.containers.get_record(id, namespace=namespace)
    found = _spec(record)
    options = opened(record.runtime.options).get("value", {})
    kinds = {safe(name): safe(record.extensions[name].type_url) for name in record.extensions}
    return ContainerPage(
        found.value if isinstance(found.value, dict) else {},
        found.problem,
        options if isinstance(options, dict) else {},
        kinds,
        safe(record.sandbox),
    )


def _spec(record: containers_pb2.Container) -> Parsed:
    if not record.spec.value:
        return Parsed(None, "the record has no spec")
    found = parse(record.spec.value)
    if found.value is not None and not isinstance(found.value, dict):
        return Parsed(None, "the spec is no JSON object")
    return found


async def container_document(client: Client, id: str, *, namespace: str) -> Document:
    """The whole record. Raises NotFound."""
    return document_of(await client.containers.get_record(id, namespace=namespace))


async def task_page(client: Client, id: str, *, namespace: str) -> TaskPage:
    """What Get says. Raises NotFound, also where the container's record is."""
    process = await client.tasks.get_process(id, namespace=namespace)
    task = convert.task(process, namespace)
    return TaskPage(task, safe(process.stdin), safe(process.stdout), safe(process.stderr))


async def task_document(client: Client, id: str, *, namespace: str) -> Document:
    """The answer to Get, and the pids of its processes while it has any. Raises NotFound."""
    from aiocontainerd.errors import ContainerdError

    process = await client.tasks.get_process(id, namespace=namespace)
    document = document_of(process)
    try:
        document["pids"] = list(await client.tasks.pids(id, namespace=namespace))
    except ContainerdError:  # stopped, or its shim does not answer
        document["pids"] = []
    return document


async def mount_document(client: Client, id: str, mount: Mount, *, namespace: str) -> Document:
    """The entry of the spec, as it is there; {} if there is none for this destination."""
    page = await container_page(client, id, namespace=namespace)
    entries = page.spec.get("mounts")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and safe(str(entry.get("destination"))) == mount.destination:
            return dict(entry)
    return {}
