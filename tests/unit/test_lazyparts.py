"""What is imported for nothing is not executed, and is whole once somebody wants it."""

import os
import subprocess
import sys

import pytest

IMPLEMENTATION = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"

START = """
import sys
import ctdeck.__main__
from aiocontainerd.pb import containers_pb2 as pb
"""

READ = """
record = pb.Container(id="web1", labels={"a": "b"})
record.created_at.FromJsonString("2026-11-30T12:00:00Z")
same = pb.Container.FromString(record.SerializeToString())
print(same.created_at.ToDatetime().isoformat(), *str(same).split()[:2], same == record)
"""


def test_protobuf_in_python_is_not_read_beside_that_in_c() -> None:
    done = _run(START + 'assert "google.protobuf.text_format" not in sys.modules' + READ, "upb")
    assert (done.stdout, done.stderr) == ('2026-11-30T12:00:00 id: "web1" True\n', "")


@pytest.mark.parametrize("which", ["upb", "python"])
def test_it_is_there_where_it_is_wanted(which: str) -> None:
    asked = "from google.protobuf.internal import python_message as it\nassert it.decoder"
    done = _run(START + asked + READ, which)
    assert (done.stdout, done.stderr) == ('2026-11-30T12:00:00 id: "web1" True\n', "")


def test_the_others_are_whole() -> None:
    code = """
import calendar, locale, mimetypes, pkgutil, subprocess
print(calendar.timegm((1970, 1, 2, 0, 0, 0)), bool(locale.getpreferredencoding()))
print(mimetypes.guess_type("a.txt")[0], pkgutil.get_loader("json").name)
print(subprocess.run(["echo", "text"], text=True, capture_output=True).stdout)
"""
    done = _run(START + code, "upb")
    assert (done.stdout.split(), done.stderr) == (
        ["86400", "True", "text/plain", "json", "text"],
        "",
    )


def _run(code: str, which: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    env = {**os.environ, IMPLEMENTATION: which}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)
