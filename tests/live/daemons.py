"""A private containerd for tests: its own root, state, socket and configuration."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence

from . import folders
from .config import config_text
from .processes import Startable, end, spawn, stopped, wait_for
from .releases import Release


class CtrError(AssertionError):
    """`ctr` failed; the text holds its command line and its output."""


# `ctr` may end before it has read what a program said that ends at once.
SAYS_HI = ("sh", "-c", "echo hi; sleep 0.3")


class Daemon(Startable):
    """A containerd that only this test run knows of. Use it as a context manager.

    `pause_image` turns the CRI plugin on. `disk` (such as "64m") puts the daemon's root on a tmpfs
    of that size. `extra` is appended to the configuration, `env` to the environment. `within` is a
    command that becomes the one whose words follow it.
    """

    def __init__(
        self,
        release: Release,
        *,
        pause_image: str | None = None,
        disk: str | None = None,
        extra: str = "",
        env: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
    ) -> None:
        self.release = release
        self._within = within
        self.snapshotter = folders.snapshotter()
        self.folder = folders.new_folder()
        self.socket = self.folder / "c.sock"
        self.root = self.folder / "root"
        self.state = self.folder / "state"
        self.log = self.folder / "containerd.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._env = self._environment(env or {})
        for name in ("root", "tmp", "cni"):
            (self.folder / name).mkdir()
        if disk:
            command = ["mount", "-t", "tmpfs", "-o", f"size={disk}", "tmpfs", str(self.root)]
            subprocess.run(command, check=True)
        text = config_text(release, self.folder, self.snapshotter, pause_image, extra)
        (self.folder / "config.toml").write_text(text)

    def __repr__(self) -> str:
        return f"<containerd {self.release.version} in {self.folder}>"

    @property
    def name(self) -> str:
        """The release's short name: "1.6", "1.7" or "2"."""
        return self.release.name

    @property
    def version(self) -> str:
        """The release's version, such as "1.7.24"."""
        return self.release.version

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        assert self.process is not None, "the daemon has not been started"
        return self.process.pid

    def start(self) -> None:
        """Start the daemon and return when it answers."""
        program = str(self.release.programs / "containerd")
        command = [*self._within, program, "--config", str(self.folder / "config.toml")]
        self.process = spawn(command, self.log, self._env)
        wait_for(self._listens, f"{self} listens")
        self.ctr("version")

    def restart(self) -> None:
        """End the daemon as an init system would and start it again; tasks live on."""
        self.terminate()
        self.start()

    def terminate(self) -> None:
        """End the daemon and nothing else: tasks, shims and data stay."""
        if self.process is not None:
            end(self.process)

    def kill(self) -> None:
        """Crash the daemon with SIGKILL; tasks, shims and data stay."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def freeze(self) -> None:
        """Make the daemon accept connections and never answer."""
        os.kill(self.pid, signal.SIGSTOP)
        wait_for(lambda: stopped(self.pid), f"all threads of {self} stand still")

    def thaw(self) -> None:
        """Undo `freeze`."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the daemon with its tasks and shims, and remove mounts, cgroups and the folder."""
        self.kill()
        if self.folder.exists():
            folders.remove(self.folder)

    def ctr(self, *args: str, namespace: str = "default", check: bool = True) -> str:
        """Run this release's `ctr` and return its output.

        If it fails: CtrError, or without `check` its error text before its output. It blocks, for
        a minute at most: in a coroutine use `asyncio.to_thread`.
        """
        command = self._ctr(*args, namespace=namespace)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, env=self._env
        )
        output, errors = (
            text.decode(errors="surrogateescape") for text in (done.stdout, done.stderr)
        )
        if check and done.returncode != 0:
            raise CtrError(f"{' '.join(command)}: exit {done.returncode}\n{errors}{output}")
        return output if done.returncode == 0 else errors + output

    def spawn_ctr(self, *args: str, namespace: str = "default") -> subprocess.Popen[bytes]:
        """Start `ctr` with pipes and return at once; the caller waits for it or ends it."""
        return subprocess.Popen(
            self._ctr(*args, namespace=namespace),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._env,
        )

    def run(
        self, image: str, name: str, *command: str, namespace: str, flags: tuple[str, ...] = ()
    ) -> str:
        """Run a container with `ctr run` and return its output; `flags` such as ("--detach",)."""
        fifos = ("--fifo-dir", str(self.folder / "tmp"))
        return self.ctr("run", *fifos, *flags, image, name, *command, namespace=namespace)

    def _ctr(self, *args: str, namespace: str) -> list[str]:
        """Return the command line of this release's `ctr`."""
        program = str(self.release.programs / "ctr")
        return [program, "--address", str(self.socket), "--namespace", namespace, *args]

    def _listens(self) -> bool:
        """Tell whether the socket accepts; raise when the daemon died instead."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"{self} ended: {self.log.read_text()[-2000:]}")
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """Put this release's shim first on the PATH, and temporary files in our folder."""
        path = f"{self.release.programs}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
        return {
            **os.environ,
            "PATH": path,
            "TMPDIR": str(self.folder / "tmp"),
            "CONTAINERD_SNAPSHOTTER": self.snapshotter,
            **more,
        }
