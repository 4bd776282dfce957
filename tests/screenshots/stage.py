"""A stage of its own: mounts and a host name that only this process and its children see.

So the pictures show the paths of a usual server, and nothing of the machine that makes them.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path

HOST = "node7"
SOCKET = Path("/run/containerd/containerd.sock")
CERTS = Path("/etc/containerd/certs.d")
FOLDERS = "site cache nginx api/config api/uploads redis postgres backup grafana"  # of /srv
_MARK = "CTDECK_SCREENSHOTS_STAGE"
_OURS = ("/srv", "/var/lib", "/run", "/etc/containerd")  # an empty tmpfs each


def enter() -> None:
    """Start this program again with mounts and host name of its own; returns when it has."""
    if os.environ.get(_MARK):
        _set()
        return
    unshare = ["unshare", "--mount", "--uts", "--propagation", "private", "--"]
    command = [*unshare, sys.executable, "-m", "tests.screenshots", *sys.argv[1:]]
    os.execvpe(command[0], command, {**os.environ, _MARK: "1"})


def _set() -> None:
    socket.sethostname(HOST)
    for folder in _OURS:
        if Path(folder).is_dir():
            _mount("-t", "tmpfs", "tmpfs", folder)
    for folder in FOLDERS.split():
        Path("/srv", folder).mkdir(parents=True)
    Path("/srv/nginx/nginx.conf").write_text("events {}\n")
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        os.environ.pop(name, None)
    os.environ.update(HOME="/root", TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")


def show_socket(private: Path) -> None:
    """Let the daemon's socket be seen where containerd has it by default."""
    SOCKET.parent.mkdir(parents=True, exist_ok=True)
    SOCKET.touch()
    _mount("--bind", str(private), str(SOCKET))


def hide_socket() -> None:
    """The socket of a daemon that has gone: there, and nobody listens."""
    subprocess.run(["umount", str(SOCKET)], check=True)
    SOCKET.unlink()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(SOCKET))


def name_registry(host: str, url: str) -> None:
    """Let the registry `host` be served at `url`, as containerd's certs.d has it."""
    folder = CERTS / host
    folder.mkdir(parents=True)
    (folder / "hosts.toml").write_text(f'server = "{url}"\n')


def _mount(*args: str) -> None:
    subprocess.run(["mount", *args], check=True)
