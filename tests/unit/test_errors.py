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


def test_a_stream_that_broke_under_a_write_is_a_lost_connection() -> None:
    error = errors.from_rpc(_rpc(grpc.StatusCode.INTERNAL, "Internal error from Core"), "blob")
    assert isinstance(error, errors.Unavailable)
    assert str(error).startswith("blob: the connection was lost")
    said = errors.from_rpc(_rpc(grpc.StatusCode.INTERNAL, "out of luck"))
    assert type(said) is errors.DaemonError


@pytest.mark.parametrize("code", [grpc.StatusCode.UNKNOWN, grpc.StatusCode.CANCELLED])
def test_a_deadline_that_the_daemon_noticed_first_is_one_all_the_same(
    code: grpc.StatusCode,
) -> None:
    reset = "Stream removed (RST_STREAM (Received RST_STREAM with error code 8))"
    error = errors.from_rpc(_rpc(code, reset), "web1")
    assert type(error) is errors.DeadlineExceeded
    assert str(error).startswith("web1: there was no answer in time. ")


def test_other_exceptions_pass_as_they_are() -> None:
    with pytest.raises(KeyError), errors.translated():
        raise KeyError("x")


_FAILED = "failed to connect to all addresses; last error: "


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (
            _FAILED + "UNKNOWN: unix:/run/c.sock: connect failed: addr: unix:/run/c.sock error: "
            "Connection refused",
            "nothing answers at /run/c.sock: containerd is not running",
        ),
        (_FAILED + "UNKNOWN: unix:/run/c.sock: No such file or directory",
         "nothing answers at /run/c.sock: there is no such socket"),
        (_FAILED + "UNAVAILABLE: unix:///run/c.sock: recvmsg:Connection reset by peer (104)",
         "nothing answers at /run/c.sock"),
        (_FAILED + "?", "nothing answers at the daemon's socket"),
        ("Stream removed (Socket closed)", "the daemon closed the connection"),
        ("ttrpc: closed: unavailable", "ttrpc: closed: unavailable"),
    ],
)  # fmt: skip
def test_grpcs_own_story_is_told_in_our_words(text: str, ours: str) -> None:
    error = errors.from_rpc(_rpc(grpc.StatusCode.UNAVAILABLE, text), "web1")
    assert error.what == ours
    assert "last error" not in str(error)
