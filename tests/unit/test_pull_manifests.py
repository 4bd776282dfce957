"""Platforms and manifests: what is chosen, what is refused, which labels bind the parts."""

import hashlib
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd import manifests, platforms
from aiocontainerd.errors import ContainerdError, FailedPrecondition, InvalidArgument
from aiocontainerd.manifests import Index, Manifest
from aiocontainerd.models import Descriptor
from aiocontainerd.platforms import Platform

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


def blob(digest: str = A, kind: str = "", size: object = 3) -> dict[str, Any]:
    return {"mediaType": kind, "digest": digest, "size": size}


def manifest(**more: Any) -> bytes:
    config = blob(A, "application/vnd.oci.image.config.v1+json")
    layer = blob(B, "application/vnd.oci.image.layer.v1.tar+gzip")
    return json.dumps({"schemaVersion": 2, "config": config, "layers": [layer], **more}).encode()


@pytest.mark.parametrize(
    ("given_text", "read"),
    [
        ("linux/amd64", "linux/amd64"),
        ("x86_64", "linux/amd64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm64/8", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("Linux/AMD64/v3", "linux/amd64/v3"),
        ("macos/arm64", "darwin/arm64"),
    ],
)
def test_platforms_have_one_form(given_text: str, read: str) -> None:
    assert str(platforms.parse(given_text)) == read


def test_no_platform_is_the_hosts() -> None:
    assert platforms.parse("") == platforms.host()


@pytest.mark.parametrize("text", ["linux/", "a/b/c/d", "linux/am d64", "\x1b/x"])
def test_what_is_no_platform(text: str) -> None:
    with pytest.raises(InvalidArgument, match="not a platform"):
        platforms.parse(text)


@pytest.mark.parametrize(
    ("wanted", "offered", "best"),
    [
        ("linux/amd64", ["linux/386", "linux/amd64"], "linux/amd64"),
        ("linux/amd64", ["linux/386", "linux/arm64"], "linux/386"),
        ("linux/amd64", ["linux/amd64/v2"], None),
        ("linux/amd64/v3", ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], "linux/amd64/v2"),
        ("linux/arm64", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"),
        ("linux/arm/v6", ["linux/arm/v7", "linux/arm/v5"], "linux/arm/v5"),
        ("linux/riscv64", ["linux/amd64", "unknown/unknown"], None),
    ],
)
def test_the_best_platform(wanted: str, offered: list[str], best: str | None) -> None:
    candidates = [(platforms.parse(text), text) for text in offered]
    assert platforms.choose([(None, "?"), *candidates], platforms.parse(wanted)) == best


def test_a_manifest_is_read() -> None:
    parsed = manifests.parse(manifest(), "", "x")
    assert isinstance(parsed, Manifest)
    assert (parsed.config.digest, parsed.layers[0].digest) == (A, B)
    assert parsed.media_type == manifests.OCI_MANIFEST
    assert manifests.child_labels(parsed) == {
        "containerd.io/gc.ref.content.config": A,
        "containerd.io/gc.ref.content.l.0": B,
    }


def test_an_index_is_read() -> None:
    entries = [
        {**blob(A, manifests.OCI_MANIFEST), "platform": {"os": "linux", "architecture": "x86_64"}},
        blob(B, manifests.DOCKER_MANIFEST),
        {**blob(C, manifests.OCI_INDEX), "platform": {"os": "unknown", "architecture": "unknown"}},
        blob(C, "application/x"),
    ]
    parsed = manifests.parse(json.dumps({"manifests": entries}).encode(), "", "x")
    assert isinstance(parsed, Index)
    assert parsed.platforms == ("linux/amd64",)
    assert [platform for platform, _ in parsed.entries][:2] == [Platform("linux", "amd64"), None]
    assert manifests.child_labels(parsed) == {
        "containerd.io/gc.ref.content.m.0": A,
        "containerd.io/gc.ref.content.m.1": B,
        "containerd.io/gc.ref.content.0": C,
        "containerd.io/gc.ref.content.1": C,
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b"{}",
        manifest(manifests=[]),
        manifest(config=None),
        manifest(config=blob("sha256:short")),
        manifest(config=blob(size=-1)),
        manifest(config=blob(size=1 << 70)),
        manifest(config=blob(size="3")),
        manifest(config=blob(size=True)),
        manifest(layers=[1]),
        manifest(layers={"a": 1}),
        b'{"manifests": 3}',
    ],
)
def test_broken_manifests_are_refused(data: bytes) -> None:
    with pytest.raises(FailedPrecondition, match="image is broken"):
        manifests.parse(data, "", "x")


def test_schema_1_is_named() -> None:
    for data, kind in (
        (b'{"schemaVersion":1}', ""),
        (b"{}", "application/vnd.docker.distribution.manifest.v1+prettyjws"),
    ):
        with pytest.raises(FailedPrecondition, match="schema 1"):
            manifests.parse(data, kind, "x")


KEYS = st.sampled_from(["config", "layers", "manifests", "digest", "size", "mediaType"])
JSON = st.recursive(
    st.none() | st.integers() | st.text(), lambda c: st.dictionaries(KEYS, c) | st.lists(c)
)


@given(JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    with suppress(ContainerdError):
        manifests.parse(json.dumps(value).encode(), "", "x")


def test_chain_ids() -> None:
    second = hashlib.sha256(f"{A} {B}".encode()).hexdigest()
    assert manifests.chain_ids([A, B]) == (A, f"sha256:{second}")
    assert manifests.chain_ids([]) == ()


@pytest.mark.parametrize("rootfs", [{"diff_ids": ["x"]}, {"diff_ids": A}, {"diff_ids": [1]}])
def test_bad_diff_ids(rootfs: object) -> None:
    with pytest.raises(FailedPrecondition, match="diff ids"):
        manifests.diff_ids({"rootfs": rootfs}, (), "x")


def test_no_diff_ids() -> None:
    assert manifests.diff_ids({}, (), "x") == manifests.diff_ids({"rootfs": None}, (), "x") == ()


def test_each_layer_needs_its_diff_id() -> None:
    layer = Descriptor("application/vnd.oci.image.layer.v1.tar", "sha256:" + "1" * 64, 5)
    with pytest.raises(FailedPrecondition, match="1 layers and its config 0"):
        manifests.diff_ids({"rootfs": {"diff_ids": []}}, (layer,), "x")
