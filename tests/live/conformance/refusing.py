"""What the tables of odd requests are made of."""

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from aiocontainerd.pb import (
    snapshots_pb2,
    types_pb2,
)

from .there import MISSING

ROOT = {"containerd.io/gc.root": "now"}
LONG = {"k": "v" * 4096}
Call = tuple[str, Message, str]


def mask(*paths: str) -> FieldMask:
    return FieldMask(paths=paths)


def target(digest: str = MISSING, size: int = 1, kind: str = "x") -> types_pb2.Descriptor:
    return types_pb2.Descriptor(media_type=kind, digest=digest, size=size)


def snapshot(name: str, **labels: str) -> snapshots_pb2.Info:
    return snapshots_pb2.Info(name=name, labels=labels)
