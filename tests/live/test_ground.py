"""The test ground itself: daemons serve, images run, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from . import folders, images, layers
from .daemons import CtrError, Daemon
from .debian import find
from .namespaces import clean, new_name
from .processes import birth, descendants, wait_for
from .releases import SUITES

StartDaemon = Callable[..., Daemon]
LOOP = ("/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done")


def test_each_daemon_serves_its_version(containerd: Daemon) -> None:
    assert f"Version:  {containerd.version}" in containerd.ctr("version")
    assert containerd.version.startswith(f"{containerd.name}.")


def test_the_sample_image_runs(containerd: Daemon, namespace: str, busybox: str) -> None:
    said = containerd.run(busybox, "hello", "echo", "it runs", namespace=namespace, flags=("--rm",))
    assert said == "it runs\n"


def test_configuration_of_images_takes_effect(
    containerd: Daemon, namespace: str, tmp_path: Path
) -> None:
    made = images.busybox(
        *layers.filler(2, 1000), docker=True, user="app", cwd="/tmp", env=["COLOUR=blue"],
        entrypoint=["/bin/sh", "-c"], cmd=["/bin/id; pwd; echo $COLOUR; cat /filler/1 | wc -c"],
    )  # fmt: skip
    index = images.index([made], docker=True)
    containerd.ctr(
        "images", "import", str(images.save(tmp_path / "i.tar", {"a.test/i:1": index})),
        namespace=namespace,
    )  # fmt: skip
    said = containerd.run("a.test/i:1", "who", namespace=namespace, flags=("--rm",))
    groups = "groups=29(audio),44(video),1000(app)"
    assert said == f"uid=1000(app) gid=1000(app) {groups}\n/tmp\nblue\n1000\n"


def test_images_are_the_same_each_time() -> None:
    layers.busybox_layer.cache_clear()
    first = images.busybox(*layers.filler(1, 3 * layers.MIB)).digest
    layers.busybox_layer.cache_clear()
    assert images.busybox(*layers.filler(1, 3 * layers.MIB)).digest == first


def test_tasks_outlive_a_restart(
    containerd_name: str, start_daemon: StartDaemon, busybox_tar: Path
) -> None:
    daemon = start_daemon(containerd_name)
    name = new_name()
    daemon.ctr("images", "import", str(busybox_tar), namespace=name)
    daemon.run("ctdeck.test/busybox:latest", "c", *LOOP, namespace=name, flags=("--detach",))
    before = daemon.pid
    daemon.restart()
    assert daemon.pid != before
    assert "RUNNING" in daemon.ctr("tasks", "ls", namespace=name)


@pytest.mark.parametrize("state", ["alive", "frozen", "dead"])
def test_stop_leaves_nothing(
    containerd_name: str, start_daemon: StartDaemon, busybox_tar: Path, state: str
) -> None:
    daemon = start_daemon(containerd_name)
    name = new_name()
    _fill(daemon, name, busybox_tar)
    sockets = _shim_sockets(daemon)
    lives = _lives(daemon)
    assert len(lives) >= 5
    if state == "frozen":
        daemon.freeze()
    elif state == "dead":
        daemon.kill()
    daemon.stop()
    assert [life for pid, life in lives.items() if birth(pid) == life] == []
    assert not any(socket.exists() for socket in sockets)
    _assert_no_trace(daemon.folder, name)


def test_a_namespace_is_emptied(containerd: Daemon, busybox_tar: Path) -> None:
    name = new_name()
    _fill(containerd, name, busybox_tar)
    containerd.ctr("containers", "rm", "--keep-snapshot", "paused", namespace=name, check=False)
    clean(containerd, name)
    assert name not in containerd.ctr("namespaces", "ls", "-q").split()
    assert folders.cgroup_folders(name) == []
    assert folders.shims(containerd.folder, name) == []


@pytest.mark.containerd("2")
def test_a_killed_run_is_swept_up(containerd_name: str, busybox_tar: Path, aside: str) -> None:
    name = new_name()
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.live import folders; folders.PREFIX = sys.argv[4]\n"
        "from tests.live.daemons import Daemon; from tests.live.releases import release\n"
        "from tests.live.test_ground import _fill\n"
        "daemon = Daemon(release(sys.argv[1])); daemon.start()\n"
        "_fill(daemon, sys.argv[2], Path(sys.argv[3])); print(daemon.folder, flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, containerd_name, name, str(busybox_tar), aside]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        os.kill(run.pid, signal.SIGKILL)
    wait_for(lambda: not folders.daemons(folder), "the kernel ends the daemon")
    assert folders.shims(folder)
    folders.sweep()
    _assert_no_trace(folder, name)


def test_two_runs_sweep_at_once(aside: str) -> None:
    left = [Path(tempfile.mkdtemp(prefix=aside, dir="/tmp")) for _ in range(20)]
    for folder in left:
        (folder / "owner").write_text("0:0")
    with ThreadPoolExecutor() as pool:
        for sweep in [pool.submit(folders.sweep) for _ in range(4)]:
            sweep.result()
    assert not any(folder.exists() for folder in left)


def test_a_new_folder_is_not_taken_for_a_dead_ones(
    aside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_write = Path.write_text

    def write_slowly(path: Path, text: str) -> int:
        path.touch()
        folders.sweep()  # by a run beside this one
        return really_write(path, text)

    monkeypatch.setattr(Path, "write_text", write_slowly)
    folder = folders.new_folder()
    assert folder.is_dir()
    folders.remove(folder)


def test_the_cri_plugin_can_be_on(containerd_name: str, start_daemon: StartDaemon) -> None:
    daemon = start_daemon(containerd_name, pause_image="ctdeck.test/pause:latest")
    listing = daemon.ctr("plugins", "ls").splitlines()
    cri = [line.split() for line in listing if " cri " in line or ".cri.v1" in line]
    assert {words[-1] for words in cri} == {"ok"}


def test_a_small_disk_fills_up(
    containerd_name: str, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon(containerd_name, disk="8m")
    big = images.busybox(*layers.filler(1, 16 * layers.MIB))
    with pytest.raises(CtrError, match="no space left on device"):
        daemon.ctr(
            "images", "import", str(images.save(tmp_path / "big.tar", {"big.test/a:1": big}))
        )


def test_debian_knows_each_suite() -> None:
    for suite in SUITES.values():
        assert find("containerd", suite).path.endswith(".deb")


def _fill(daemon: Daemon, namespace: str, archive: Path) -> None:
    """Leave an image, a running and a paused task in a namespace."""
    daemon.ctr("images", "import", str(archive), namespace=namespace)
    for name in ("running", "paused"):
        flags = ("--detach",)
        daemon.run("ctdeck.test/busybox:latest", name, *LOOP, namespace=namespace, flags=flags)
    daemon.ctr("tasks", "pause", "paused", namespace=namespace)


def _lives(daemon: Daemon) -> dict[int, str]:
    """Return the daemon's processes and those below its shims."""
    pids = [daemon.pid]
    for shim in folders.shims(daemon.folder):
        pids += [shim, *descendants(shim)]
    return {pid: birth(pid) for pid in pids}


def _shim_sockets(daemon: Daemon) -> list[Path]:
    """Return the sockets that the shims of this daemon listen on."""
    bundles = (daemon.state / folders.TASKS).glob("*/*")
    return [path for bundle in bundles for path in folders.shim_sockets(bundle)]


def _assert_no_trace(folder: Path, namespace: str) -> None:
    """Fail if anything of a removed daemon can still be found."""
    assert not folder.exists()
    assert folders.mounts(folder) == []
    assert folders.daemons(folder) == folders.shims(folder) == []
    assert folders.cgroup_folders(namespace) == []
    assert not (folders.RUNC_ROOT / namespace).exists()
