"""Records as JSON: every field under its name in the protocol, `Any` opened where it can be.

protobuf's own `json_format` refuses containerd's JSON in `Any`, and text that is not UTF-8.
"""

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from google.protobuf.any_pb2 import Any as PackedAny
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from aiocontainerd.convert import time_of
from aiocontainerd.inspect.cutting import parse
from aiocontainerd.pb import typeurl

Document = dict[str, Any]


def document_of(message: Message) -> Document:
    """The fields that are set."""
    return {field.name: _value(field, value) for field, value in message.ListFields()}


def _value(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        kind = field.message_type.fields_by_name["value"]
        # A map has no order of its own: protobuf's changes from process to process.
        return {_plain(key): _one(kind, value[key]) for key in sorted(value)}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_one(field, each) for each in value]
    return _one(field, value)


def _one(field: FieldDescriptor, value: Any) -> Any:
    if isinstance(value, Timestamp):
        when = time_of(value)
        return when.astimezone(UTC).isoformat().replace("+00:00", "Z") if when else None
    if isinstance(value, PackedAny):
        return opened(value)
    if isinstance(value, Message):
        return document_of(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else value
    return _plain(value)


def _plain(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return f"base64:{b64encode(value).decode()}"


def opened(packed: PackedAny) -> Document:
    """`{"@type": …, "value": …}`; what is neither JSON nor known stays base64, cut at 4 KiB."""
    kind = packed.type_url
    if message := _known(packed):
        return {"@type": kind, "value": document_of(message)}
    if packed.value[:1] in (b"{", b"["):
        found = parse(packed.value)
        problem = {"@problem": found.problem} if found.problem else {}
        return {"@type": kind, **problem, "value": found.value}
    if not packed.value:
        return {"@type": kind}
    return {"@type": kind, "base64": b64encode(packed.value[:4096]).decode()}


def _known(packed: PackedAny) -> Message | None:
    """What runtimes and processes carry, if this is one of them."""
    from aiocontainerd.pb import runc_options_pb2 as runc

    for kind in (runc.Options, runc.ProcessDetails):
        if typeurl.name(packed) == kind.DESCRIPTOR.full_name:
            try:
                return kind.FromString(packed.value)
            except DecodeError:
                return None
    return None
