"""What a changing call is about, for the audit: an id, name, digest or key, and nothing else."""

from __future__ import annotations

from typing import Any

from aiocontainerd.safe import exact

# The first of these that a request has names the object.
_OWN = ("container_id", "id", "name", "key", "digest", "ref", "topic")
_INNER = (
    ("container", "id"),
    ("image", "name"),
    ("namespace", "name"),
    ("info", "digest"),
    ("info", "name"),
    ("diff", "digest"),
    ("envelope", "topic"),
)


def subject_of(request: Any) -> str:
    """The object of one request; "" for what has none, or is unknown."""
    for field in _OWN:
        if text := getattr(request, field, ""):
            return _with_process(exact(text), request)
    for outer, field in _INNER:
        if text := getattr(getattr(request, outer, None), field, ""):
            return exact(text)
    if hasattr(request, "destination"):
        return _image_of(request.destination)
    type_url = getattr(request, "type_url", "")
    return _stream_of(request) if type_url else ""


def _with_process(text: str, request: Any) -> str:
    if process := getattr(request, "exec_id", ""):
        text = f"{text}/{exact(process)}"
    signal = getattr(request, "signal", 0)
    return f"{text} signal {signal}" if signal else text


def _image_of(packed: Any) -> str:
    """The name under which Transfer stores an image."""
    from google.protobuf.message import DecodeError

    from aiocontainerd.pb.transfer_types_pb2 import ImageStore

    try:
        return exact(ImageStore.FromString(packed.value).name)
    except DecodeError:
        return ""


def _stream_of(packed: Any) -> str:
    """The id in a StreamInit; what else goes through a stream, credentials too, is not read."""
    from google.protobuf.message import DecodeError

    from aiocontainerd.pb.streaming_pb2 import StreamInit

    if packed.type_url.rpartition("/")[2] != StreamInit.DESCRIPTOR.full_name:
        return ""
    try:
        return exact(StreamInit.FromString(packed.value).id)
    except DecodeError:
        return ""
