"""The committed stubs are what the .proto files of today give."""

from __future__ import annotations

import importlib
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor

from aiocontainerd.pb import generate, images_pb2


def _stubs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*_pb2*.py*")}


def test_the_stubs_are_those_of_the_proto_files(tmp_path: Path) -> None:
    generate.generate(tmp_path)
    for folder in generate.PLACES:
        fresh = _stubs(tmp_path / folder.relative_to(generate.REPOSITORY))
        committed = _stubs(folder)
        assert fresh, f"nothing was generated for {folder}"
        assert sorted(fresh) == sorted(committed), "run `make stubs`"
        stale = [name for name, text in fresh.items() if committed[name] != text]
        assert not stale, "run `make stubs`"


def _file(stub: Path) -> FileDescriptor:
    descriptor = importlib.import_module(f"aiocontainerd.pb.{stub.stem}").DESCRIPTOR
    assert isinstance(descriptor, FileDescriptor)
    return descriptor


def test_services_have_the_paths_that_containerd_serves() -> None:
    services = {
        service.full_name
        for stub in generate.PB.glob("*_pb2.py")
        for service in _file(stub).services_by_name.values()
    }
    assert services == {
        f"containerd.services.{package}.v1.{package.capitalize()}"
        for package in (
            *("version", "introspection", "namespaces", "containers", "images", "content"),
            *("snapshots", "diff", "tasks", "events", "leases", "transfer", "streaming"),
        )
    }


def test_our_stand_in_for_google_rpc_does_not_claim_its_name() -> None:
    packages = {_file(stub).package for stub in generate.PB.glob("*_pb2.py")}
    assert "aiocontainerd.rpc" in packages
    assert not [package for package in packages if package.startswith("google")]


def test_an_image_name_that_is_not_utf8_can_be_read() -> None:
    parsed = images_pb2.ListImagesResponse.FromString(b"\x0a\x04\x0a\x02x\xff")
    assert [image.name for image in parsed.images] == [b"x\xff"]
