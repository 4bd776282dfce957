"""The little that we ask of an ELF program: which machine it is for, and whether it is static."""

import struct
from dataclasses import dataclass

from aiocontainerd.errors import InvalidArgument

_INTERPRETER = 3  # PT_INTERP: the program wants a dynamic loader
_HEADER = 64  # bytes; the 32-bit one has 52
# e_machine and byte order → Go's name for it, which OCI images use.
_MACHINES = {
    (3, "<"): "386",
    (21, "<"): "ppc64le",
    (21, ">"): "ppc64",
    (22, ">"): "s390x",
    (40, "<"): "arm",
    (62, "<"): "amd64",
    (183, "<"): "arm64",
    (243, "<"): "riscv64",
    (258, "<"): "loong64",
}


@dataclass(frozen=True, slots=True)
class Program:
    """`architecture` as OCI images spell it; `static` programs run without any library."""

    architecture: str
    static: bool


def read_program(data: bytes) -> Program:
    """Look at a whole ELF file. Raises InvalidArgument when it is none, or for another world."""
    if data[:4] != b"\x7fELF" or len(data) < _HEADER:
        raise InvalidArgument("this is not an ELF program")
    order = "<" if data[5] == 1 else ">"
    (machine,) = struct.unpack_from(f"{order}H", data, 18)
    architecture = _MACHINES.get((machine, order))
    if architecture is None:
        raise InvalidArgument(f"this ELF program is for machine {machine}, which is not known")
    try:
        return Program(architecture, _INTERPRETER not in _segments(data, order))
    except struct.error as error:
        raise InvalidArgument("this ELF program is cut short") from error


def _segments(data: bytes, order: str) -> list[int]:
    """The types of all program headers."""
    wide = data[4] == 2
    (table,) = struct.unpack_from(f"{order}{'Q' if wide else 'I'}", data, 32 if wide else 28)
    size, count = struct.unpack_from(f"{order}HH", data, 54 if wide else 42)
    return [struct.unpack_from(f"{order}I", data, table + size * i)[0] for i in range(count)]
