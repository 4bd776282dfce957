"""Cgroup v2: a daemon that sees a unified hierarchy, on hosts of version 1 as well.

There few controllers are in it, if any: what they do not count must not be told.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aiocontainerd.client import Client

from .daemons import Daemon
from .layers import busybox_program
from .namespaces import new_name

UNIFIED = 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"'
BUSY = "while :; do :; done"


@pytest.fixture
def daemon(containerd_name: str, start_daemon: Callable[..., Daemon]) -> Daemon:
    return start_daemon(containerd_name, within=("unshare", "--mount", "sh", "-c", UNIFIED, "sh"))


@pytest.fixture
def namespace(daemon: Daemon) -> Iterator[str]:
    """With a task `c` that is busy, in a cgroup that asks for nothing of any controller."""
    name, rootfs, config = new_name(), daemon.folder / "rootfs", daemon.folder / "spec.json"
    for each in ("bin", "proc", "sys", "dev", "run"):
        (rootfs / each).mkdir(parents=True)
    shutil.copy(busybox_program(), rootfs / "bin" / "sh")
    spec = json.loads(daemon.ctr("oci", "spec"))
    spec["linux"]["resources"].pop("cpu", None)
    spec["linux"]["cgroupsPath"] = f"/{name}/c"
    spec["root"] = {"path": str(rootfs)}
    spec["process"]["args"] = ["/bin/sh", "-c", BUSY]
    config.write_text(json.dumps(spec))
    daemon.ctr("run", "-d", "--null-io", "--config", str(config), "c", namespace=name)
    yield name
    daemon.ctr("tasks", "rm", "-f", "c", namespace=name)
    daemon.ctr("containers", "rm", "c", namespace=name)


async def test_what_no_controller_counts_is_not_told(daemon: Daemon, namespace: str) -> None:
    cgroup = Path(f"/proc/{daemon.pid}/root/sys/fs/cgroup", namespace, "c")
    counted = (cgroup / "cgroup.controllers").read_text().split()
    async with Client(str(daemon.socket)) as client:
        usage = (await client.tasks.metrics(["c"], namespace=namespace))["c"]
    for name, told in (("cpu", usage.cpu), ("memory", usage.memory), ("pids", usage.pids)):
        if name in counted:
            assert told, name
        else:
            assert told is None, name
