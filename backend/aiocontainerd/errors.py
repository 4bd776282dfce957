"""The exceptions of aiocontainerd, and the one place where gRPC errors become ours.

    ContainerdError            anything below; carries what happened, on what, what to do next
    ├── InvalidArgument        the caller's input is wrong; nothing was sent or made
    ├── NotFound               the named thing is not there (any more)
    ├── AlreadyExists          the name is taken
    ├── FailedPrecondition     the thing is in a state that forbids this
    ├── PermissionDenied       the socket, the daemon or a file refuses us
    ├── ReadOnly               a changing call was stopped by the read-only gate
    ├── Unavailable            no daemon answers (missing, dead, restarting)
    ├── DeadlineExceeded       the daemon took the call and did not answer in time
    ├── Unimplemented          this containerd lacks the service or method
    ├── ResourceExhausted      disk full, message too large, too many of something
    ├── RuntimeFailed          runc or a shim refused: missing binary, bad mount, …
    │   └── NoProgram          what was to be executed is not in the image
    ├── RegistryError          a registry answered with an error (`status`), or not at all
    └── DaemonError            the daemon failed in a way that it does not classify

`asyncio.CancelledError` is never wrapped. Texts of the daemon are made safe (`safe.py`)
before they become part of an error.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from grpc.aio import AioRpcError, UsageError

from aiocontainerd.safe import safe
from aiocontainerd.unreached import plain


class ContainerdError(Exception):
    """What happened, on what (`subject`), and what to do next (`remedy`); all plain sentences."""

    def __init__(self, what: str, *, subject: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.subject = subject
        self.remedy = remedy

    def __str__(self) -> str:
        """One line: ``subject: what. remedy``, leaving out what is not known."""
        head = f"{self.subject}: {self.what}" if self.subject else self.what
        return f"{head.rstrip('.')}. {self.remedy}" if self.remedy else head


class InvalidArgument(ContainerdError):
    """The caller's input is wrong; nothing was sent or made."""


class NotFound(ContainerdError):
    """The named thing is not there (any more)."""


class AlreadyExists(ContainerdError):
    """The name is taken."""


class FailedPrecondition(ContainerdError):
    """The thing is in a state that forbids this."""


class PermissionDenied(ContainerdError):
    """The socket, the daemon or a file refuses us."""


class ReadOnly(ContainerdError):
    """A changing call was stopped by the read-only gate."""


class Unavailable(ContainerdError):
    """No daemon answers: missing, dead, or restarting."""


class DeadlineExceeded(ContainerdError):
    """The daemon took the call and did not answer in time."""


class Unimplemented(ContainerdError):
    """This containerd lacks the service or the method."""


class ResourceExhausted(ContainerdError):
    """Disk full, message too large, or too many of something."""


class RuntimeFailed(ContainerdError):
    """runc or a shim refused: missing binary, bad mount, unknown user, …"""


class NoProgram(RuntimeFailed):
    """What was to be executed is not in the image."""


class RegistryError(ContainerdError):
    """A registry answered with an HTTP error, or could not be reached (`status` 0)."""

    def __init__(self, what: str, *, subject: str = "", remedy: str = "", status: int = 0) -> None:
        super().__init__(what, subject=subject, remedy=remedy)
        self.status = status


class DaemonError(ContainerdError):
    """The daemon failed in a way that it does not classify."""


_BY_CODE: dict[grpc.StatusCode, type[ContainerdError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidArgument,
    grpc.StatusCode.OUT_OF_RANGE: InvalidArgument,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.ALREADY_EXISTS: AlreadyExists,
    grpc.StatusCode.FAILED_PRECONDITION: FailedPrecondition,
    grpc.StatusCode.ABORTED: FailedPrecondition,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDenied,
    grpc.StatusCode.UNAUTHENTICATED: PermissionDenied,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    grpc.StatusCode.UNIMPLEMENTED: Unimplemented,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ResourceExhausted,
}

_REMEDY: dict[type[ContainerdError], str] = {
    Unavailable: "Try again when containerd runs.",
    DeadlineExceeded: "The daemon may be overloaded or hung; look at its log.",
    ResourceExhausted: "Free some space or split the request.",
}

NO_SPACE = "no space left on device"
# The daemon's own clock for our deadline was quicker than ours: it takes the stream away.
_TOO_LATE = "Received RST_STREAM with error code 8"
_TAKEN_AWAY = (grpc.StatusCode.UNKNOWN, grpc.StatusCode.CANCELLED)  # as grpc.aio has it then
_BROKEN = "Internal error from Core"  # by grpc.aio: a stream ended while it was written to


def from_rpc(error: AioRpcError, subject: str = "") -> ContainerdError:
    """Map one gRPC error to our tree; the daemon's text stays, made safe, gRPC's own does not."""
    if error.code() is grpc.StatusCode.INTERNAL and error.details() == _BROKEN:
        return Unavailable("the connection was lost", subject=subject, remedy=_REMEDY[Unavailable])
    if error.code() in _TAKEN_AWAY and _TOO_LATE in (error.details() or ""):
        what, remedy = "there was no answer in time", _REMEDY[DeadlineExceeded]
        return DeadlineExceeded(what, subject=subject, remedy=remedy)
    text = safe(plain(error.details() or ""))
    kind = _BY_CODE.get(error.code(), DaemonError)
    what = text or error.code().name.lower().replace("_", " ")
    if NO_SPACE in text:
        return ResourceExhausted(what, subject=subject, remedy="The disk is full.")
    return kind(what, subject=subject, remedy=_REMEDY.get(kind, ""))


@contextmanager
def translated(subject: str = "") -> Iterator[None]:
    """Inside it every gRPC error leaves as one of ours, about `subject`."""
    try:
        yield
    except AioRpcError as error:
        raise from_rpc(error, subject) from error
    except UsageError as error:  # the channel was closed under a call
        raise Unavailable("the connection was closed", subject=subject) from error
