"""gRPC errors become ours, with the daemon's text made safe."""

import grpc
import pytest
from grpc.aio import AioRpcError, Metadata

from aiocontainerd import errors


def _rpc(code: grpc.StatusCode, details: str) -> AioRpcError:
    return AioRpcError(code, Metadata(), Metadata(), details=details)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.NOT_FOUND, errors.NotFound),
        (grpc.StatusCode.ALREADY_EXISTS, errors.AlreadyExists),
        (grpc.StatusCode.UNAVAILABLE, errors.Unavailable),
        (grpc.StatusCode.UNIMPLEMENTED, errors.Unimplemented),
        (grpc.StatusCode.UNKNOWN, errors.DaemonError),
        (grpc.StatusCode.DATA_LOSS, errors.DaemonError),
    ],
)
def test_codes_map_to_kinds(code: grpc.StatusCode, kind: type[errors.ContainerdError]) -> None:
    with pytest.raises(kind) as caught, errors.translated("web1"):
        raise _rpc(code, "why")
    assert type(caught.value) is kind
    assert str(caught.value).startswith("web1: why")


def test_the_daemons_text_is_made_safe() -> None:
    error = errors.from_rpc(_rpc(grpc.StatusCode.UNKNOWN, "\x1b[2J gone"))
    assert "\x1b" not in str(error)


def test_a_full_disk_is_told_apart() -> None:
    error = errors.from_rpc(
        _rpc(grpc.StatusCode.UNKNOWN, "write /var/lib/x: no space left on device")
    )
    assert isinstance(error, errors.ResourceExhausted)
    assert error.remedy


def test_other_exceptions_pass_as_they_are() -> None:
    with pytest.raises(KeyError), errors.translated():
        raise KeyError("x")
