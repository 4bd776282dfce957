"""Any, containerd's way."""

from __future__ import annotations

import contextlib
import math

import pytest
from google.protobuf.any_pb2 import Any
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.pb import (
    event_payloads_pb2,
    images_pb2,
    runc_options_pb2,
    transfer_types_pb2,
    typeurl,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc/é\n\x00"), inner),
    max_leaves=10,
)


def test_packs_under_the_bare_name() -> None:
    packed = typeurl.pack(runc_options_pb2.Options(systemd_cgroup=True))
    assert packed.type_url == "containerd.runc.v1.Options"
    assert typeurl.unpack(packed, runc_options_pb2.Options).systemd_cgroup


def test_image_events_have_the_package_that_containerd_gives_them() -> None:
    packed = typeurl.pack(images_pb2.ImageCreate(name=b"a:1"))
    assert packed.type_url == "containerd.services.images.v1.ImageCreate"


def test_unpacks_what_others_packed_with_a_prefix() -> None:
    packed = Any()
    packed.Pack(event_payloads_pb2.TaskExit(container_id="c", exit_status=137))
    assert packed.type_url == "type.googleapis.com/containerd.events.TaskExit"
    assert typeurl.unpack(packed, event_payloads_pb2.TaskExit).exit_status == 137


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("", ""),
        ("/", ""),
        ("containerd.events.TaskExit", "containerd.events.TaskExit"),
        ("/containerd.events.TaskExit", "containerd.events.TaskExit"),
        ("type.googleapis.com/google.protobuf.Empty", "google.protobuf.Empty"),
        (typeurl.SPEC_URL, "Spec"),
        (typeurl.FEATURES_URL, "Features"),
    ],
)
def test_the_name_stands_after_the_last_slash(url: str, name: str) -> None:
    assert typeurl.name(Any(type_url=url)) == name


@pytest.mark.parametrize(
    "packed",
    [
        Any(),
        Any(type_url="containerd.events.TaskStart"),
        Any(type_url="TaskExit"),
        Any(type_url="containerd.events.TaskExit/"),
        Any(type_url="containerd.events.TaskExit", value=b"\x0a\xff"),
        Any(type_url="containerd.events.TaskExit", value=b"\x0a\x02\xff"),
    ],
)
def test_refuses_another_type_and_broken_bytes(packed: Any) -> None:
    with pytest.raises(typeurl.TypeUrlError, match=r"containerd\.events\.TaskExit"):
        typeurl.unpack(packed, event_payloads_pb2.TaskExit)


def test_refuses_a_text_that_is_not_utf8_only_where_the_proto_file_wants_it_to() -> None:
    event = Any(type_url="containerd.events.TaskExit", value=b"\x0a\x01\xff")
    assert typeurl.unpack(event, event_payloads_pb2.TaskExit).container_id == b"\xff"
    progress = Any(type_url="containerd.types.transfer.Progress", value=b"\x0a\x01\xff")
    with pytest.raises(typeurl.TypeUrlError, match=r"containerd\.types\.transfer\.Progress"):
        typeurl.unpack(progress, transfer_types_pb2.Progress)


@given(JSON)
def test_json_comes_back_as_it_went(value: object) -> None:
    packed = typeurl.pack_json(typeurl.SPEC_URL, value)
    assert packed.type_url == "types.containerd.io/opencontainers/runtime-spec/1/Spec"
    assert typeurl.unpack_json(packed) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, "\udcff"])
def test_json_refuses_what_the_daemon_would_read_differently(value: object) -> None:
    with pytest.raises(ValueError, match=r"JSON|surrogates"):
        typeurl.pack_json(typeurl.SPEC_URL, value)


@pytest.mark.parametrize("value", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b"9" * 5000])
def test_what_is_not_json_raises_our_error(value: bytes) -> None:
    with pytest.raises(typeurl.TypeUrlError, match="Spec"):
        typeurl.unpack_json(Any(type_url=typeurl.SPEC_URL, value=value))


@given(st.binary())
def test_any_bytes_give_json_or_our_error(value: bytes) -> None:
    with contextlib.suppress(typeurl.TypeUrlError):
        typeurl.unpack_json(Any(type_url="x", value=value))
