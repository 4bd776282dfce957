"""The one gRPC channel: metadata, deadlines, error mapping; its calls leave through the gate.

Every call of every service goes through `Channel.unary` or `Channel.stream`, so that none can
forget its deadline, its namespace, or that a gRPC error must leave as one of ours.
"""

from collections.abc import AsyncIterator, Callable
from time import monotonic
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from grpc import aio

from aiocontainerd.access import FREE, Access
from aiocontainerd.errors import DaemonError, translated
from aiocontainerd.gate import NAMESPACE_HEADER, Gate
from aiocontainerd.identifiers import check_identifier
from aiocontainerd.sockets import path_of

if TYPE_CHECKING:
    from aiocontainerd.audit import Audit

UNARY_DEADLINE = 10.0  # seconds
_MAX_MESSAGE = 16 << 20  # the daemon's own limit, bytes

# Tuned on a restarting daemon: gRPC's own back-off took 2.4 s to come back, this 0.7 s.
_OPTIONS = (
    ("grpc.max_receive_message_length", _MAX_MESSAGE),
    ("grpc.max_send_message_length", _MAX_MESSAGE),
    ("grpc.initial_reconnect_backoff_ms", 100),
    # The time that one attempt to connect gets: a loaded daemon takes longer than an idle one.
    ("grpc.min_reconnect_backoff_ms", 5000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Bytes of a stream that may come before they are read. gRPC's own guess grows in a storm of
    # events until 100 MB of them wait here; this costs a list of 10,000 nothing (measured).
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 512 << 10),
    # Its own retries know no back-off: a daemon that sends all away had it use gigabytes.
    ("grpc.enable_retries", 0),
    # A channel of its own for each Client: closing one never touches another.
    ("grpc.use_local_subchannel_pool", 1),
)

Request = TypeVar("Request")
Response = TypeVar("Response")
T = TypeVar("T")


def target(address: str) -> str:
    """A socket path or `unix://` address as a gRPC target, where `#`, `?` and `%` mean more."""
    return f"unix:{quote(path_of(address))}"


def _metadata(namespace: str, lease: str) -> aio.Metadata:
    """The headers of one call; the daemon wants no header rather than an empty one.

    gRPC itself fails obscurely at what a header cannot hold.
    """
    metadata = aio.Metadata()
    if namespace:
        metadata.add(NAMESPACE_HEADER, check_identifier(namespace, "namespace"))
    if lease:
        metadata.add("containerd-lease", lease)
    return metadata


def _decoded(answer: Response, subject: str) -> Response:
    """The answer itself. grpc.aio gives None, without an error, for one that it cannot decode:
    containerd 1.6 stores and sends text that is not UTF-8."""
    if answer is None:
        raise DaemonError("the daemon's answer cannot be read", subject=subject)
    return answer


class Channel:
    """One connection to one daemon; made lazily by gRPC and mended by it."""

    def __init__(
        self, address: str, *, access: Access = FREE, audit: "Audit | None" = None
    ) -> None:
        self.address = address
        self.heard_at = monotonic()  # when the daemon's last answer, or part of one, came
        self._raw = aio.insecure_channel(target(address), options=_OPTIONS)
        self._gate = Gate(self._raw, access, audit)

    def stub(self, make: Callable[[aio.Channel], T]) -> T:
        """A generated stub on this channel, behind the gate."""
        return make(self._gate)  # type: ignore[arg-type]  # it has what a stub uses of a channel

    async def unary(
        self,
        method: aio.UnaryUnaryMultiCallable[Request, Response],
        request: Request,
        *,
        subject: str = "",
        namespace: str = "",
        lease: str = "",
        timeout: float | None = UNARY_DEADLINE,
    ) -> Response:
        """Send one request and return its answer; `timeout` in seconds, None waits for ever."""
        with translated(subject):
            answer = await method(request, timeout=timeout, metadata=_metadata(namespace, lease))
        self.heard_at = monotonic()
        return _decoded(answer, subject)

    async def stream(
        self,
        method: aio.UnaryStreamMultiCallable[Request, Response],
        request: Request,
        *,
        subject: str = "",
        namespace: str = "",
        lease: str = "",
        timeout: float | None = None,
    ) -> AsyncIterator[Response]:
        """Send one request and yield its answers; leaving the loop cancels the call."""
        with translated(subject):
            call = method(request, timeout=timeout, metadata=_metadata(namespace, lease))
            try:
                async for message in call:
                    self.heard_at = monotonic()
                    yield _decoded(message, subject)
            finally:
                call.cancel()

    def bidi(
        self,
        method: aio.StreamStreamMultiCallable[Request, Response],
        *,
        namespace: str = "",
        lease: str = "",
    ) -> aio.StreamStreamCall[Request, Response]:
        """Open a two-way stream; its user maps errors with `translated`."""
        with translated():
            return method(metadata=_metadata(namespace, lease))

    async def close(self) -> None:
        """Cancel what is under way and close the connection."""
        await self._raw.close()
