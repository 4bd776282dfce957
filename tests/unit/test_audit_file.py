"""The file of the audit: whole lines, several writers, rotation, a full disk."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from aiocontainerd import auditfile
from aiocontainerd.audit import Audit
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.state import StateDirectory
from tests.unit.audits import PATIENCE, fresh_audit, fresh_state, simulator  # noqa: F401  fixtures


def write(state: StateDirectory, line: bytes, *, limit: int = 1 << 20, kept: int = 3) -> None:
    auditfile.append(state, line, limit=limit, kept=kept)


def test_old_files_are_few(state: StateDirectory) -> None:
    for number in range(100):
        write(state, f"{number:04}\n".encode(), limit=50, kept=2)
    files = sorted(state.root.iterdir())
    assert [file.name for file in files] == ["audit.log", "audit.log.1", "audit.log.2"]
    newest = "".join(file.read_text() for file in reversed(files)).split()
    assert newest == [f"{number:04}" for number in range(70, 100)]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


MANY = """
import sys
from pathlib import Path
from aiocontainerd.auditfile import append
from aiocontainerd.state import StateDirectory
for number in range(300):
    line = f"{sys.argv[2]}-{number}-".encode() + b"x" * 150 + b"\\n"
    append(StateDirectory(Path(sys.argv[1])), line, limit=8000, kept=100)
"""


def test_several_at_once_lose_and_mix_nothing(state: StateDirectory) -> None:
    """While each of them puts full files aside."""
    running = [
        subprocess.Popen([sys.executable, "-c", MANY, str(state.root), str(number)])
        for number in range(4)
    ]
    assert [process.wait(PATIENCE) for process in running] == [0] * 4
    files = list(state.root.iterdir())
    assert len(files) > 20
    lines = [line for file in files for line in file.read_text().splitlines()]
    wanted = {f"{who}-{number}-" + "x" * 150 for who in range(4) for number in range(300)}
    assert len(lines) == len(wanted)
    assert set(lines) == wanted


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """What is written past this many bytes of a file is cut off, as on a full disk."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def test_a_full_disk_leaves_no_half_line(state: StateDirectory) -> None:
    write(state, b"a" * 99 + b"\n")
    with largest_file(150), pytest.raises(FailedPrecondition, match="no space left"):
        write(state, b"b" * 99 + b"\n")
    assert state.audit.read_bytes() == b"a" * 99 + b"\n"


@pytest.mark.parametrize("left", [b'{"time": "torn', b""])
def test_a_torn_line_spoils_no_other(state: StateDirectory, left: bytes) -> None:
    """The power failed in the middle of it."""
    write(state, b"1\n")
    with state.audit.open("ab") as file:
        file.write(left)
    write(state, b"2\n")
    assert state.audit.read_bytes() == b"1\n" + (left + b"\n" if left else b"") + b"2\n"


async def test_a_file_that_somebody_took_away_begins_anew(
    state: StateDirectory, audit: Audit
) -> None:
    """And one that was torn since our last line is mended."""
    for name in "ab":
        async with audit.recorded(audit.entry("x", "default", name)):
            pass
    await asyncio.sleep(0)  # the last line is not waited for
    state.audit.unlink()
    async with audit.recorded(audit.entry("x", "default", "c")):
        pass
    assert audit.problem == ""
    with state.audit.open("ab") as file:
        file.write(b"torn")
    async with audit.recorded(audit.entry("x", "default", "d")):
        pass
    await audit.close()
    lines = state.audit.read_text().splitlines()
    assert [line for line in lines if line[0] != "{"] == ["torn"]
    assert [json.loads(line)["object"] for line in lines if line != "torn"] == list("ccdd")
