"""Finds out what speaks on a unix socket, for one that may not be containerd's."""

import asyncio
from enum import Enum

# HTTP/2's opening words of a client, and an empty SETTINGS frame.
_HTTP2_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_HTTP2_SETTINGS = 4  # the type of the frame that a server must send first
# ttrpc: length, stream 1, type 1 (a request), no flags; an empty request is answered with an error.
_TTRPC_HELLO = bytes([0, 0, 0, 0, 0, 0, 0, 1, 1, 0])
_TTRPC_ANSWER = 2


class Speech(Enum):
    """What was heard; the values complete "this …"."""

    HTTP2 = "speaks HTTP/2"
    HTTP1 = "speaks HTTP/1, as Docker's and Podman's API sockets do"
    TTRPC = "is a ttrpc socket, which containerd keeps for its shims"
    CLOSES = "hangs up at once"
    SILENT = "accepts the connection and does not answer"
    OTHER = "speaks something else than containerd's gRPC"


async def listen_to(path: str, *, patience: float = 1.0) -> Speech:
    """Say hello on a connection of our own and judge the answer; `patience` in seconds.

    Raises OSError when nobody accepts.
    """
    answer = await _exchange(path, _HTTP2_HELLO, patience)
    if answer is None:
        ttrpc = await _exchange(path, _TTRPC_HELLO, patience / 2)
        return Speech.TTRPC if ttrpc and _is_ttrpc(ttrpc) else Speech.SILENT
    if not answer:
        return Speech.CLOSES
    if answer.startswith(b"HTTP/1."):
        return Speech.HTTP1
    if len(answer) >= 9 and answer[3] == _HTTP2_SETTINGS and answer[5:9] == bytes(4):
        return Speech.HTTP2
    return Speech.TTRPC if _is_ttrpc(answer) else Speech.OTHER


def _is_ttrpc(answer: bytes) -> bool:
    return len(answer) >= 10 and answer[8] == _TTRPC_ANSWER and answer[0] == 0


async def _exchange(path: str, hello: bytes, patience: float) -> bytes | None:
    """The first bytes of the answer: b"" when it hangs up, None when it says nothing in time."""
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(hello)
                return await reader.read(64)
            except (ConnectionError, BrokenPipeError):
                return b""
            finally:
                writer.transport.abort()
    except TimeoutError:
        return None
