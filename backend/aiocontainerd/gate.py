"""The gate: every call that is not known to only read is checked, and recorded, as it leaves.

It is a channel in front of the real one. Generated stubs ask a channel for each of their methods
once, by its path: a reading method is handed out as it is and costs nothing, any other one is
guarded. There is no way to a stub but through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiocontainerd.access import Access
from aiocontainerd.audit import Audit, Entry
from aiocontainerd.auditwords import REFUSED
from aiocontainerd.errors import InvalidArgument
from aiocontainerd.safe import safe
from aiocontainerd.subjects import subject_of

if TYPE_CHECKING:
    from grpc import aio

NAMESPACE_HEADER = "containerd-namespace"
_SERVICES = "/containerd.services."

READING_CALLS = frozenset(
    _SERVICES + call
    for call in (
        "containers.v1.Containers/Get",
        "containers.v1.Containers/List",
        "containers.v1.Containers/ListStream",
        "content.v1.Content/Info",
        "content.v1.Content/List",
        "content.v1.Content/ListStatuses",
        "content.v1.Content/Read",
        "content.v1.Content/Status",
        "events.v1.Events/Subscribe",
        "images.v1.Images/Get",
        "images.v1.Images/List",
        "introspection.v1.Introspection/PluginInfo",
        "introspection.v1.Introspection/Plugins",
        "introspection.v1.Introspection/Server",
        "leases.v1.Leases/List",
        "leases.v1.Leases/ListResources",
        "namespaces.v1.Namespaces/Get",
        "namespaces.v1.Namespaces/List",
        "snapshots.v1.Snapshots/List",
        "snapshots.v1.Snapshots/Mounts",
        "snapshots.v1.Snapshots/Stat",
        "snapshots.v1.Snapshots/Usage",
        "tasks.v1.Tasks/Get",
        "tasks.v1.Tasks/List",
        "tasks.v1.Tasks/ListPids",
        "tasks.v1.Tasks/Metrics",
        "tasks.v1.Tasks/Wait",
        "version.v1.Version/Version",
    )
)

# They change nothing that stays, and are too many: ctdeck's own events say that it hears any.
FLEETING_CALLS = frozenset({f"{_SERVICES}events.v1.Events/Publish"})
# Refused where it is read-only, as any change; but each new size of a terminal would be a line.
UNRECORDED_CALLS = FLEETING_CALLS | {f"{_SERVICES}tasks.v1.Tasks/ResizePty"}


class Gate:
    """What generated stubs take for their channel."""

    def __init__(self, channel: aio.Channel, access: Access, audit: Audit | None = None) -> None:
        self._channel = channel
        self._access = access
        self._audit = audit

    def unary_unary(self, path: str, *codecs: Any, **options: Any) -> Callable[..., Any]:
        """One request, one answer."""
        method = self._channel.unary_unary(path, *codecs, **options)
        if path in READING_CALLS:
            return method

        async def guarded(request: Any, *, metadata: Any = None, **more: Any) -> Any:
            metadata = _plain(metadata)
            entry = self._admit(path, metadata, request)
            if entry is None or self._audit is None:
                return await method(request, metadata=metadata, **more)
            async with self._audit.recorded(entry):
                return await method(request, metadata=metadata, **more)

        return guarded

    def unary_stream(self, path: str, *codecs: Any, **options: Any) -> Callable[..., Any]:
        """One request, many answers."""
        method = self._channel.unary_stream(path, *codecs, **options)
        return method if path in READING_CALLS else self._opening(path, method)

    def stream_unary(self, path: str, *codecs: Any, **options: Any) -> Callable[..., Any]:
        """Many requests, one answer."""
        method = self._channel.stream_unary(path, *codecs, **options)
        return method if path in READING_CALLS else self._opening(path, method)

    def stream_stream(self, path: str, *codecs: Any, **options: Any) -> Callable[..., Any]:
        """Many of both."""
        method = self._channel.stream_stream(path, *codecs, **options)
        return method if path in READING_CALLS else self._opening(path, method)

    def _opening(self, path: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(request: Any = None, *, metadata: Any = None, **more: Any) -> Any:
            metadata = _plain(metadata)
            entry = self._admit(path, metadata, request)
            requests = () if request is None else (request,)
            call = method(*requests, metadata=metadata, **more)
            if entry is None or self._audit is None:
                return call
            from aiocontainerd.auditstream import RecordedStream  # rarely needed

            return RecordedStream(call, self._audit, entry, begun=bool(requests))

        return guarded

    def _admit(self, path: str, metadata: Any, request: Any) -> Entry | None:
        """What to record of the call, if anything. Raises ReadOnly."""
        namespaces = _namespaces(path, metadata, request)
        entry = None
        if self._audit is not None and path not in UNRECORDED_CALLS:
            action = path.rpartition(".")[2].replace("/", ".")
            entry = self._audit.entry(action, namespaces[0], subject_of(request))
        for namespace in namespaces:
            if self._access.is_read_only(namespace):
                if entry is not None and self._audit is not None:
                    self._audit.end(entry, REFUSED)
                raise self._access.refusal(namespace, subject=path.rpartition("/")[2])
        return entry


def _plain(metadata: Any) -> tuple[tuple[str, str], ...]:
    """The headers as text, once: gRPC sends bytes too. Raises InvalidArgument for other things."""
    return tuple((_text(key).lower(), _text(value)) for key, value in metadata or ())


def _text(part: object) -> str:
    with suppress(UnicodeDecodeError):
        if isinstance(part, str):
            return str(part)
        if isinstance(part, bytes):
            return part.decode()
    raise InvalidArgument("a header is neither text nor UTF-8", subject=safe(repr(part)))


def _namespaces(path: str, metadata: tuple[tuple[str, str], ...], request: Any) -> list[str]:
    """All namespaces that the call may change; [""] if it names none."""
    named = [value for key, value in metadata if key == NAMESPACE_HEADER]
    return [*named, *_in_request(path, request)] or [""]


def _in_request(path: str, request: Any) -> Iterator[str]:
    """Two services name a namespace in the request, whatever the header says."""
    if path.startswith(f"{_SERVICES}namespaces."):
        yield _text(request.name if hasattr(request, "name") else request.namespace.name)
    elif path.endswith("Events/Forward"):
        yield _text(request.envelope.namespace)
