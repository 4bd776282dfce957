"""containerd's `Any`, which protobuf's own helpers get wrong.

containerd writes a message's bare full name as the type URL, such as
`containerd.events.TaskExit`, and packs OCI objects as JSON. Python's `Any.Is()` and
`Any.Unpack()` want a "/" in the URL and so never match; `Any.Pack()` writes a prefix, with which
containerd 1.6 refuses runtime options. Here the type is what stands after the last "/".
"""

from __future__ import annotations

import json
from typing import Final, TypeVar

from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError, Message

_RUNTIME_SPEC: Final = "types.containerd.io/opencontainers/runtime-spec/1/"
SPEC_URL: Final = _RUNTIME_SPEC + "Spec"
PROCESS_URL: Final = _RUNTIME_SPEC + "Process"
LINUX_RESOURCES_URL: Final = _RUNTIME_SPEC + "LinuxResources"
FEATURES_URL: Final = _RUNTIME_SPEC + "features/Features"
_CRI_STORE: Final = "github.com/containerd/cri/pkg/store/"
CRI_CONTAINER_URL: Final = _CRI_STORE + "container/Metadata"
CRI_SANDBOX_URL: Final = _CRI_STORE + "sandbox/Metadata"

M = TypeVar("M", bound=Message)


class TypeUrlError(ValueError):
    """An `Any` does not hold what was asked of it."""


def name(packed: Any) -> str:
    """Return the type's name: the URL's text after the last "/", "" if there is no URL.

    JSON types are better told by their whole `type_url`: two kinds of them end in "Metadata".
    """
    return packed.type_url.rpartition("/")[2]


def pack(message: Message) -> Any:
    """Pack a protobuf message under its bare full name, as containerd does."""
    return Any(
        type_url=message.DESCRIPTOR.full_name,
        # Two equal messages give equal bytes, maps included: tests and comparisons rely on it.
        value=message.SerializeToString(deterministic=True),
    )


def pack_json(type_url: str, value: object) -> Any:
    """Pack an OCI object as JSON under one of the URLs above.

    Raises:
        TypeError: `value` holds something that JSON has no form for.
        ValueError: it holds NaN, an infinity, or a path that is not UTF-8 (a lone surrogate):
            Go would read another path than was meant.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Any(type_url=type_url, value=text.encode())


def unpack(packed: Any, message_type: type[M]) -> M:
    """Return the message of that type which is inside.

    Raises:
        TypeUrlError: it holds another type, or bytes that are not one.
    """
    wanted = message_type.DESCRIPTOR.full_name
    if name(packed) != wanted:
        raise TypeUrlError(f"holds {packed.type_url!r}, not {wanted}")
    message = message_type()
    try:
        message.ParseFromString(packed.value)
    except DecodeError as error:
        raise TypeUrlError(f"holds bytes that are not a {wanted}") from error
    return message


def unpack_json(packed: Any) -> object:
    """Return the JSON value inside, whatever its URL: the daemon itself does not check it.

    Raises:
        TypeUrlError: it is not JSON, or is nested too deep to read.
    """
    try:
        value: object = json.loads(packed.value)
    except (ValueError, RecursionError) as error:
        raise TypeUrlError(f"{packed.type_url!r} does not hold JSON") from error
    return value
