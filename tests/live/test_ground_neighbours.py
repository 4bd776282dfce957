"""The neighbours themselves: what the other tests take for a real kubelet's and dockerd's work."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from . import docker as moby
from . import folders, images
from .docker import Docker
from .kubernetes import NAMESPACE, Kubelet
from .processes import wait_for
from .registry import Registry


def test_a_pod_runs_and_logs(kubelet: Kubelet) -> None:
    pod = kubelet.run_pod("web-0")
    app = kubelet.run(pod, "app", ["sh", "-c", "echo hello; sleep 99"])
    log = pod.logs / "app" / "0.log"
    wait_for(lambda: log.exists() and "stdout F hello" in log.read_text(), "its log has a line")
    tasks = kubelet.daemon.ctr("tasks", "ls", namespace=NAMESPACE)
    assert all("RUNNING" in line for line in tasks.splitlines() if app in line or pod.id in line)
    record = json.loads(kubelet.daemon.ctr("containers", "info", app, namespace=NAMESPACE))
    assert record["Labels"]["io.cri-containerd.kind"] == "container"
    assert record["Labels"]["io.kubernetes.pod.name"] == "web-0"
    assert record["Spec"]["annotations"]["io.kubernetes.cri.sandbox-id"] == pod.id
    assert Path("/sys/class/net", folders.bridge(kubelet.daemon.folder)).exists()


def test_an_image_that_a_pod_needs_has_three_records(kubelet: Kubelet, registry: Registry) -> None:
    reference = registry.push("shop/web", "1", images.busybox())
    id = kubelet.pull(reference)
    listing = kubelet.daemon.ctr("images", "ls", "-q", namespace=NAMESPACE).split()
    assert {reference, id} <= set(listing)
    assert any(name.startswith(f"{reference.rpartition(':')[0]}@sha256:") for name in listing)


def test_docker_runs_a_container_in_our_containerd(docker: Docker) -> None:
    id = docker.run("web", "sh", "-c", "echo hello; sleep 99")
    assert "RUNNING" in docker.daemon.ctr("tasks", "ls", namespace=moby.NAMESPACE)
    assert docker.daemon.ctr("containers", "ls", "-q", namespace=moby.NAMESPACE).split() == [id]
    assert (docker.root / "containers" / id / "config.v2.json").is_file()
    log = docker.root / "containers" / id / f"{id}-json.log"
    wait_for(lambda: "hello" in log.read_text(), "its log has a line")


def test_a_killed_run_leaves_no_neighbours(aside: str) -> None:
    script = (
        "import sys; from tests.live import folders; folders.PREFIX = sys.argv[1]\n"
        "from tests.live.daemons import Daemon; from tests.live.releases import release\n"
        "from tests.live.docker import Docker; from tests.live.kubernetes import PAUSE, Kubelet\n"
        "daemon = Daemon(release('1.6'), pause_image=PAUSE); daemon.start()\n"
        "kubelet, docker = Kubelet(daemon).__enter__(), Docker(daemon).__enter__()\n"
        "kubelet.run(kubelet.run_pod('web-0'), 'app'); docker.run('web', 'sleep', '99')\n"
        "print(daemon.folder, flush=True); sys.stdin.read()\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", script, aside],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=env,
    ) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        os.kill(run.pid, signal.SIGKILL)
    wait_for(lambda: not folders.daemons(folder), "the kernel ends the daemon")
    assert len(folders.shims(folder)) == 2  # a pod has one
    bridge, cgroup = Path("/sys/class/net", folders.bridge(folder)), folders.pods_cgroup(folder)
    assert bridge.exists()
    assert folders.cgroup_folders(cgroup)
    folders.sweep()
    assert not folder.exists()
    assert not bridge.exists()
    assert folders.cgroup_folders(cgroup) == []
    assert folders.shims(folder) == []
    assert folders.mounts(folder) == []
