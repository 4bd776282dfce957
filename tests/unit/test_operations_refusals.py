"""What runc and the shims refuse, in plain words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.errors import (
    ContainerdError,
    DaemonError,
    NotFound,
    RuntimeFailed,
)
from aiocontainerd.operations.refusals import plain

CREATE = "failed to create shim task: OCI runtime create failed: runc create failed: "


START = f"{CREATE}unable to start container process: "


INIT = f"{START}error during container init: "


REFUSALS = [
    (
        f'{START}exec: "foo": executable file not found in $PATH: unknown',
        "the image has no program 'foo' (exec: \"foo\": executable file not found in $PATH)",
    ),
    (f'{START}exec: "/x y": stat /x y: no such file or directory', "has no program '/x y' ("),
    (f'{START}exec: "/etc": permission denied', "'/etc' is not a program that can be executed ("),
    (f'{START}exec: "/etc": is a directory', "'/etc' is not a program that can be executed ("),
    (f"{START}exec /g: permission denied: unknown", "'/g' is not a program that can be executed ("),
    (
        f"{INIT}error setting cgroup config for procHooks process: unable to set memory limit to "
        "1000 (current usage: 2330624, peak usage: 2506752): unknown",
        "the memory limit of 1000 bytes is less than the container needs to start (",
    ),
    (f"{START}container init was OOM-killed (memory limit too low?)", "needs more memory to start"),
    (
        f'{INIT}error mounting "/no/such" to rootfs at "/x": stat /no/such: no such file or '
        "directory: unknown",
        "the source '/no/such' of the mount at '/x' does not exist (",
    ),
    (
        f'{INIT}error mounting "/etc" to rootfs at "/etc/passwd": mount /etc:/etc/passwd (via '
        "/proc/self/fd/6), flags: 0x5000: not a directory",
        "'/etc' cannot be mounted at '/etc/passwd': one is a directory and the other is not (",
    ),
    (
        f'{INIT}error mounting "/etc" to rootfs at "/proc/sys": "/run/x/rootfs/proc/sys" cannot '
        "be mounted because it is inside /proc",
        "nothing can be mounted at '/proc/sys' from '/etc' (",
    ),
    (
        f'{INIT}error mounting "/a" to rootfs at "/b": mkdirat: read-only file system',
        "the mount point '/b' is not in the image, and the root is read-only (",
    ),
    (f'{INIT}error mounting "/a" to rootfs at "/b": odd', "'/a' cannot be mounted at '/b' ("),
    (
        f"{INIT}mkdir /etc/passwd: not a directory: unknown",
        "directory '/etc/passwd' cannot be used",
    ),
    (
        f'{START}chdir to cwd ("/x") set in config.json failed: permission denied',
        "the working directory '/x' cannot be used (",
    ),
    (
        'failed to start shim: failed to resolve runtime path: runtime "io.containerd.nope.v2" '
        'binary not installed "containerd-shim-nope-v2": file does not exist: unknown',
        "the runtime 'io.containerd.nope.v2' is not installed (",
    ),
    (
        f'{CREATE}exec: "runc": executable file not found in $PATH: unknown',
        "runc is not installed where the daemon looks for it (",
    ),
    (f"{CREATE}container with given ID already exists", "runc still has a container of this id"),
    (
        "mkdir /run/containerd/io.containerd.runtime.v2.task/default/web1: file exists: unknown",
        "another start of it is under way or was quicker, or a crash left its traces (",
    ),
    ("task web1: already exists", "another start of it is under way or was quicker"),
    (f"{CREATE}something new: unknown", "the runtime refused it (something new)"),
]


@pytest.mark.parametrize(("text", "plainly"), REFUSALS)
def test_runcs_words_become_plain(text: str, plainly: str) -> None:
    error = plain(DaemonError(text), "web1")
    assert isinstance(error, RuntimeFailed)
    assert error.subject == "web1"
    assert plainly in error.what
    assert error.remedy
    assert "OCI runtime create failed" not in error.what
    assert not error.what.endswith("unknown)")


def test_other_errors_stay_themselves() -> None:
    for error in (NotFound("no such container"), DaemonError("bolt: timeout")):
        assert plain(error, "c") is error


@given(text=st.text())
def test_no_text_breaks_the_translation(text: str) -> None:
    assert isinstance(plain(DaemonError(text), "c"), ContainerdError)
    assert isinstance(plain(DaemonError(f'exec: "{text}": permission denied'), "c"), RuntimeFailed)
