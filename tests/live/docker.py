"""Docker's half of a host: Debian's dockerd, unpacked and never installed, on private paths.

It runs its containers in a containerd of the tests and has no network, no bridge and no firewall.
"""

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import folders
from .daemons import CtrError, Daemon
from .debian import unpacked
from .layers import busybox_layer
from .processes import Startable, end, spawn, wait_for

NAMESPACE = "moby"  # dockerd's own in containerd
BUSYBOX = "ctdeck.test/busybox:latest"
SUITE = "bookworm"
FIXED = (Path("/run/docker/plugins"), Path("/run/docker"))  # made by any dockerd, and left empty


class Docker(Startable):
    """A dockerd beside `daemon`, as a context manager; BUSYBOX is there for containers.

    Its files are in `root`, what /var/lib/docker is to others.
    """

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.root = daemon.folder / "docker"
        self.socket = daemon.folder / "d.sock"
        self.log = daemon.folder / "dockerd.log"
        package, self._files = unpacked("docker.io", SUITE)
        self.version = package.version
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start dockerd and return when it answers and has the image."""
        folder = self.daemon.folder
        config = folder / "dockerd.json"  # the machine's own is not for us
        config.write_text(json.dumps({"deprecated-key-path": str(folder / "dockerd.key")}))
        command = [
            str(self._files / "usr" / "sbin" / "dockerd"),
            *("--config-file", str(config), "--host", f"unix://{self.socket}"),
            *("--data-root", str(self.root), "--exec-root", str(folder / "docker-exec")),
            *("--pidfile", str(folder / "dockerd.pid"), "--group", "root"),
            *("--containerd", str(self.daemon.socket), "--cgroup-parent", self._cgroup),
            *("--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"),
            *("--storage-driver", "overlay2" if folders.snapshotter() == "overlayfs" else "vfs"),
        ]
        path = f"{self.daemon.release.programs}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
        env = {**os.environ, "PATH": path, "TMPDIR": str(folder / "tmp")}
        self.process = spawn(command, self.log, env)
        wait_for(self._answers, "dockerd answers", timeout=60)
        self._import()

    def stop(self) -> None:
        """End dockerd, its containers first; its files go with the daemon's folder."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.clear()
            end(self.process)
        for empty in FIXED:
            with suppress(OSError):
                empty.rmdir()
        self.process = None

    def clear(self) -> None:
        """Remove all containers."""
        if ids := self.docker("ps", "-aq").split():
            self.docker("rm", "--force", "--volumes", *ids)

    def docker(self, *args: str, check: bool = True) -> str:
        """Run `docker` and return its output; CtrError if it fails. It blocks, a minute at most."""
        done = self._docker(*args)
        if check and done.returncode != 0:
            raise CtrError(f"docker {' '.join(args)}: {done.stderr}{done.stdout}")
        return done.stdout if done.returncode == 0 else done.stderr

    def run(self, name: str, *command: str, flags: tuple[str, ...] = ()) -> str:
        """Start a container in the background and return its id."""
        network = ("--network", "none")
        return self.docker("run", "-d", "--name", name, *network, *flags, BUSYBOX, *command).strip()

    def inspect(self, name: str) -> dict[str, Any]:
        """What dockerd says of a container."""
        found: list[dict[str, Any]] = json.loads(self.docker("inspect", name))
        return found[0]

    @property
    def _cgroup(self) -> str:
        return f"{folders.pods_cgroup(self.daemon.folder)}/docker"

    def _import(self) -> None:
        archive = self.daemon.folder / "busybox.tar.gz"
        archive.write_bytes(busybox_layer().data)
        self.docker("import", str(archive), BUSYBOX)
        archive.unlink()

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"dockerd ended: {self.log.read_text()[-2000:]}")
        return self.socket.exists() and self._docker("version").returncode == 0

    def _docker(self, *args: str) -> subprocess.CompletedProcess[str]:
        settings = self.daemon.folder / "docker-settings"
        program = str(self._files / "usr" / "bin" / "docker")
        command = [program, "--config", str(settings), "--host", f"unix://{self.socket}", *args]
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
