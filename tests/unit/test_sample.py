import io
import json
import struct
import tarfile

import pytest

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.sample import make_sample
from aiocontainerd.sample.elf import read_program

AMD64, ARM64 = 62, 183


def elf(
    machine: int = AMD64, *, interpreter: bool = False, wide: bool = True, order: str = "<"
) -> bytes:
    """An ELF header with one or two program headers, and nothing to run."""
    kinds = [1, 3] if interpreter else [1]
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    layout = f"{order}HHIQQQIHHHHHH" if wide else f"{order}HHIIIIIHHHHHH"
    size = 56 if wide else 32
    start = 64 if wide else 52
    head = struct.pack(layout, 2, machine, 1, 0, start, 0, 0, start, size, len(kinds), 0, 0, 0)
    table = b"".join(struct.pack(f"{order}I", kind).ljust(size, b"\0") for kind in kinds)
    return (ident + head + table).ljust(200, b"\0")


@pytest.mark.parametrize("interpreter", [False, True])
@pytest.mark.parametrize(
    ("machine", "wide", "order", "name"),
    [
        (AMD64, True, "<", "amd64"),
        (ARM64, True, "<", "arm64"),
        (40, False, "<", "arm"),
        (3, False, "<", "386"),
        (22, True, ">", "s390x"),
        (21, True, "<", "ppc64le"),
    ],
)
def test_machine_and_loader_of_a_program(
    interpreter: bool, machine: int, wide: bool, order: str, name: str
) -> None:
    program = read_program(elf(machine, interpreter=interpreter, wide=wide, order=order))
    assert program.architecture == name
    assert program.static is not interpreter


@pytest.mark.parametrize(
    "data", [b"", b"#!/bin/sh\n" * 20, elf()[:66], elf(9999), b"\x7fELF" + bytes(300)]
)
def test_what_is_no_program_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidArgument):
        read_program(data)


def test_a_busybox_with_libraries_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="busybox-static"):
        make_sample(elf(interpreter=True), ["sh"])


def test_the_same_busybox_gives_the_same_bytes() -> None:
    assert make_sample(elf(), ["ls", "sh"]) == make_sample(elf(), ["sh", "ls", "sh", "busybox"])


def test_the_parts_name_each_other() -> None:
    sample = make_sample(elf(ARM64), ["sh"])
    manifest, config = json.loads(sample.manifest.data), json.loads(sample.config.data)
    assert manifest["config"]["digest"] == sample.config.descriptor.digest
    assert [each["digest"] for each in manifest["layers"]] == [sample.layer.descriptor.digest]
    assert manifest["mediaType"] == sample.manifest.descriptor.media_type
    assert config["rootfs"]["diff_ids"] == [sample.layer.descriptor.digest]
    assert config["architecture"] == "arm64"
    assert config["config"]["Cmd"] == ["tick"]
    for blob in (sample.manifest, sample.config, sample.layer):
        assert blob.descriptor.size == len(blob.data)


def test_the_layer() -> None:
    busybox = elf()
    sample = make_sample(busybox, ["sh", "ls", "["])
    with tarfile.open(fileobj=io.BytesIO(sample.layer.data)) as tar:
        found = {member.name: member for member in tar}
        program = tar.extractfile("bin/busybox")
        assert program is not None
        assert program.read() == busybox
    assert found["bin/busybox"].mode == 0o755
    assert found["bin/sh"].linkname == found["bin/["].linkname == "busybox"
    assert found["tmp"].mode == 0o1777
    assert found["home/user"].uid == 1000
    assert {member.mtime for member in found.values()} == {0}
    names = list(found)
    assert names.index("home") < names.index("home/user")
    assert names.index("usr") < names.index("usr/bin") < names.index("usr/bin/env")
