"""Which terminals can be attached to, and why others cannot; what of the past is shown again."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import STDOUT_LABEL, Container
from aiocontainerd.operations.attaching import ends_of
from aiocontainerd.operations.logger import log_uri
from aiocontainerd.operations.tail import replayable
from aiocontainerd.services.tasks import Stdio
from aiocontainerd.state import TERMINAL, stdin_of

WEB = Container("default", "web", "nginx", "runc", "overlayfs", "web", terminal=True)
NERDCTL = "binary:///usr/local/bin/nerdctl?_NERDCTL_INTERNAL_LOGGING=%2Fvar%2Flib%2Fnerdctl"


def test_ours_by_what_the_shim_does(tmp_path: Path) -> None:
    log = tmp_path / TERMINAL
    uri, stdin = log_uri(log, terminal=True), os.fspath(stdin_of(log))
    ours = replace(WEB, labels={STDOUT_LABEL: os.fspath(log)})
    ends = ends_of(ours, Stdio(stdin, uri, True))
    assert (ends.stdin, ends.stdout, ends.kept) == (stdin_of(log), log, True)
    old = ends_of(ours, Stdio("", uri, True))  # of a ctdeck that could not attach
    assert (old.stdin, old.kept) == (None, True)
    lying = replace(WEB, labels={STDOUT_LABEL: "/etc/shadow"})
    with pytest.raises(FailedPrecondition, match="goes to sh alone"):
        ends_of(lying, Stdio(stdin, uri, True))


def test_fifos_of_ctr(tmp_path: Path) -> None:
    for name in ("in", "out"):
        os.mkfifo(tmp_path / name)
    ends = ends_of(WEB, Stdio(str(tmp_path / "in"), str(tmp_path / "out"), True))
    assert (ends.stdin, ends.stdout, ends.kept) == (tmp_path / "in", tmp_path / "out", False)


@pytest.mark.parametrize(
    ("labels", "stdout", "why", "remedy"),
    [
        ({}, NERDCTL, "its output goes to nerdctl alone", "Look at its log"),
        ({"nerdctl/name": "web"}, NERDCTL, "its output goes to nerdctl alone", "Look at its log"),
        ({}, "", "goes nowhere", "Execute a shell"),
        ({}, "/etc/passwd", "cannot be read from here", "Look at its log"),
        ({"io.kubernetes.pod.name": "x"}, "/run/x", "kubelet", "kubectl attach"),
        ({"com.docker/engine.bundle.path": "x"}, "/run/x", "dockerd", "docker attach"),
    ],
)
def test_what_cannot_be(labels: dict[str, str], stdout: str, why: str, remedy: str) -> None:
    with pytest.raises(FailedPrecondition) as caught:
        ends_of(replace(WEB, labels=labels), Stdio("", stdout, True))
    assert why in caught.value.what
    assert remedy in caught.value.remedy
    with pytest.raises(FailedPrecondition, match="without a terminal"):
        ends_of(replace(WEB, labels=labels), Stdio("", stdout, False))


def test_the_past_begins_with_a_line_and_asks_nothing() -> None:
    red = b"whole \x1b[31mred\x1b[m \x1b[2 q"
    assert replayable(b"31mcut\r\n" + red, whole=False) == red
    assert replayable(b"31mnot cut\n", whole=True) == b"31mnot cut\n"
    for question in (
        b"\x1b[6n", b"\x1b[c", b"\x1b[>0c", b"\x1b[?2026$p", b"\x1b[18t", b"\x1b[?u", b"\x1bZ",
        b"\x1b]11;?\x07", b"\x1b]52;c;?\x1b\\", b"\x1bP+q544e\x1b\\", b"\x1b[>q",
    ):  # fmt: skip
        assert replayable(b"a" + question + b"b", whole=True) == b"a\x1b\\b", question


PIECES = [b"\x1b", b"[", b"6", b"n", b"\x1b[6n", b"\n", b"Z", b"]", b"\x07", b"\\", b"x"]


@given(st.lists(st.sampled_from(PIECES)).map(b"".join), st.booleans())
def test_no_question_is_left_whatever_there_is(past: bytes, whole: bool) -> None:
    assert not re.search(rb"\x1b\[[?]?6n|\x1bZ", replayable(past, whole=whole))
