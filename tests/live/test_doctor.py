"""The doctor on real daemons that were broken on purpose; what is left alone is told as well."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aiocontainerd.access import Access
from aiocontainerd.client import Client
from aiocontainerd.doctor import Finding, Level, examine, look_round
from aiocontainerd.doctor.shims import read_processes, shim_of
from aiocontainerd.state import StateDirectory

from .conftest import BUSYBOX
from .daemons import Daemon
from .folders import TASKS
from .namespaces import new_name
from .processes import wait_for

COMMAND = ("awk", 'BEGIN { system("sleep 99") }')
BROKEN = '[plugins."io.containerd.snapshotter.v1.native"]\nroot_path = "/proc/1/nowhere"'


async def visit(daemon: Daemon, folder: Path) -> list[Finding]:
    async with Client(str(daemon.socket), access=Access(read_only=True)) as client:
        scene = await look_round(client, StateDirectory(folder / "state"))
        return [finding async for finding in examine(scene)]


def worse(findings: list[Finding]) -> dict[str, Finding]:
    """What is not well, by its topic."""
    return {each.topic: each for each in findings if each.level >= Level.WARNING}


def ctr_run(daemon: Daemon, namespace: str, id: str) -> None:
    flags = ("-d", "--snapshotter", daemon.snapshotter)
    daemon.ctr("run", *flags, BUSYBOX, id, *COMMAND, namespace=namespace)


def shim_pid(daemon: Daemon, id: str) -> int:
    found = (shim_of(each, str(daemon.socket)) for each in read_processes())
    return next(each.process.pid for each in found if each and each.key.id == id)


async def test_a_daemon_with_containers_is_fine(
    containerd_name: str, start_daemon: Callable[..., Daemon], busybox_tar: Path, tmp_path: Path
) -> None:
    daemon, namespace = start_daemon(containerd_name), new_name()
    daemon.ctr("images", "import", str(busybox_tar), namespace=namespace)
    ctr_run(daemon, namespace, "web")
    findings = await visit(daemon, tmp_path)
    assert worse(findings) == {}
    said = {each.what for each in findings}
    assert "1 of this daemon, each with its task" in said
    assert "1 root file systems, each of a task" in said
    assert "each of 1 shims answers" in said
    assert "there for all of 1 containers" in said


async def test_what_is_broken_is_found_and_the_remedies_help(
    containerd_name: str, start_daemon: Callable[..., Daemon], busybox_tar: Path, tmp_path: Path
) -> None:
    daemon, namespace = start_daemon(containerd_name), new_name()
    daemon.ctr("images", "import", str(busybox_tar), namespace=namespace)
    for id in ("orphan", "stuck"):
        ctr_run(daemon, namespace, id)
    ctr_run(daemon, namespace, "bare")
    daemon.ctr("tasks", "kill", "-s", "KILL", "bare", namespace=namespace)
    wait_for(lambda: "STOPPED" in daemon.ctr("tasks", "ls", namespace=namespace), "it ends")
    daemon.ctr("tasks", "rm", "bare", namespace=namespace)
    snapshots = ("snapshots", "--snapshotter", daemon.snapshotter)
    daemon.ctr(*snapshots, "rm", "bare", namespace=namespace)
    async with Client(str(daemon.socket)) as client:
        await client.containers.delete("orphan", namespace=namespace)
    bundle = daemon.state / TASKS / namespace / "gone" / "rootfs"
    bundle.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "leaked", str(bundle)], check=True)

    found = worse(await visit(daemon, tmp_path))
    assert set(found) == {"tasks", "snapshots", "mounts"}
    assert found["tasks"].what.startswith(f"orphan in {namespace} has no container record")
    assert found["snapshots"].what.startswith(f"bare in {namespace} has lost its snapshot")
    assert found["mounts"].what.startswith(f"{bundle} is mounted, and gone in {namespace}")

    shim = shim_pid(daemon, "stuck")
    os.kill(shim, signal.SIGSTOP)
    try:
        stuck = [f for f in await visit(daemon, tmp_path) if f.what.startswith("the shim of stuck")]
    finally:
        os.kill(shim, signal.SIGCONT)
    assert [each.level for each in stuck] == [Level.PROBLEM]

    # The remedies, word by word; the snapshot of the lost record goes when the daemon collects.
    daemon.ctr("leases", "create", "--id", "collect", namespace=namespace)
    daemon.ctr("leases", "rm", "--sync", "collect", namespace=namespace)
    assert "orphan" not in daemon.ctr(*snapshots, "ls", namespace=namespace)
    subprocess.run(found["mounts"].remedy[2:], shell=True, check=True)
    words = found["tasks"].remedy[2:].partition("   (")[0].replace("IMAGE", BUSYBOX)
    words = words.replace("create ", f"create --snapshotter {daemon.snapshotter} ")
    subprocess.run(f"{daemon.release.programs}/{words}", shell=True, check=True)
    words = found["snapshots"].remedy[2:].partition("   (")[0]
    subprocess.run(f"{daemon.release.programs}/{words}", shell=True, check=True)
    assert worse(await visit(daemon, tmp_path)) == {}


async def test_a_broken_snapshotter_is_told_also_where_it_takes_the_daemon_with_it(
    containerd_name: str, start_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    daemon = start_daemon(containerd_name, extra=BROKEN)
    found = worse(await visit(daemon, tmp_path))
    assert found["snapshotters"].what.startswith("native failed: ")
    if daemon.release.major >= 2:  # nothing is served there without all snapshotters
        assert found["plugins"].level is Level.PROBLEM
    else:
        assert set(found) == {"snapshotters"}


def test_the_command_needs_no_terminal_and_no_textual(
    containerd_name: str, start_daemon: Callable[..., Daemon]
) -> None:
    daemon = start_daemon(containerd_name)
    script = (
        "import sys; from ctdeck.__main__ import main; status = main();"
        "print('textual' in sys.modules, status)"
    )
    arguments = ["doctor", "-a", str(daemon.socket)]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.endswith("False 0\n")
    assert f"{daemon.socket} answers" in done.stdout
    assert f"containerd {daemon.version}" in done.stdout


@pytest.mark.containerd("2")
def test_without_rights_it_says_so(
    containerd_name: str, start_daemon: Callable[..., Daemon]
) -> None:
    daemon = start_daemon(containerd_name)
    daemon.folder.chmod(0o755)
    script = (
        "import os, sys; from ctdeck import doctor, masking, secretlooks;"
        "from aiocontainerd import client, discovery, access, state;"
        "from aiocontainerd.services import version, introspection;"
        "from ctdeck.settings import from_arguments;"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534);"
        "sys.exit(doctor.main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "-a", str(daemon.socket)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "HOME": "/nonexistent"},
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "you may not use it: it belongs to root:root" in done.stdout
    assert "Run it with sudo" in " ".join(done.stdout.split())
