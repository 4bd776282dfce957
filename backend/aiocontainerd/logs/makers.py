"""Where nerdctl, dockerd and the CRI plugin keep a container's log; reads their own small files.

Sources: nerdctl `pkg/clientutil` (the folder's hash), `pkg/logging`; moby `daemon/container`,
`daemon/logger`; containerd `pkg/cri/store/container` (Metadata).
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiocontainerd.logs.source import LogFile, LogSource, NoLog, open_log, refusal
from aiocontainerd.models import Container
from aiocontainerd.safe import safe
from aiocontainerd.shortsums import sha256_of
from aiocontainerd.sockets import path_of

CRI_METADATA = "io.cri-containerd.container.metadata"
BUNDLE_LABEL = "com.docker/engine.bundle.path"
_NERDCTL_ROOTS = ("/var/lib/nerdctl", "~/.local/share/nerdctl")
_DOCKER_ROOT = "/var/lib/docker"
_SETTINGS_MAX = 1 << 20  # bytes of a maker's own file that are read
_DOCKER_FILES = {f"/etc/{name}": name for name in ("hostname", "hosts", "resolv.conf")}
_OTHERS = {  # drivers that keep a log somewhere else, and how it is read there
    "journald": "journalctl CONTAINER_ID={short}",
    "local": "docker logs {short}",
    "none": "",
    "syslog": "The syslog daemon has it.",
    "fluentd": "The fluentd that it is sent to has it.",
}


def nerdctl_hash(address: str) -> str:
    """The folder of one daemon in nerdctl's data root: 8 hex digits of its socket's real path."""
    real = os.path.realpath(path_of(address))
    return sha256_of(real.encode("utf-8", "surrogateescape"))[:8]


def by_nerdctl(container: Container, address: str, root: str = "") -> LogSource:
    """nerdctl's json-file; its driver and path are in `log-config.json`. Raises NoLog."""
    folder = _nerdctl_folder(container, address, root)
    config = _settings(f"{folder}/log-config.json", root, own=4)
    driver = _text(config, "driver") or "json-file"
    if driver != "json-file":
        raise _another(container, "nerdctl", driver)
    path = _text(config.get("opts"), "log-path")
    own = LogFile(f"{folder}/{container.id}-json.log", "json", own=4)
    return LogSource((LogFile(path, "json") if path else own,), "nerdctl")


def _nerdctl_folder(container: Container, address: str, root: str) -> str:
    """By its label, where that is a place of this container; else by nerdctl's own rule."""
    inner = f"containers/{container.namespace}/{container.id}"
    label = container.labels.get("nerdctl/state-dir", "").rstrip("/")
    if re.fullmatch(f"/.*/[0-9a-f]{{8}}/{re.escape(inner)}", label):
        return label
    roots = [os.path.expanduser(each) for each in _NERDCTL_ROOTS]  # noqa: PTH111 - it never raises
    folders = [f"{each}/{nerdctl_hash(address)}/{inner}" for each in roots]
    return next((each for each in folders if Path(root + each).is_dir()), folders[0])


def cri_log_path(extensions: Mapping[str, bytes]) -> str:
    """`LogPath` in the CRI plugin's part of a container record, "" if there is none."""
    try:
        found = json.loads(extensions.get(CRI_METADATA, b""))
    except (ValueError, RecursionError):
        return ""
    return _text(found.get("Metadata") if isinstance(found, dict) else None, "LogPath")


def is_dockers(container: Container) -> bool:
    """dockerd made it."""
    return container.namespace == "moby" or BUNDLE_LABEL in container.labels


def by_docker(container: Container, root: str = "") -> LogSource:
    """dockerd's json-file; what driver it is stands in `hostconfig.json`. Raises NoLog."""
    folder = f"{_docker_root(container)}/containers/{container.id}"
    config = _settings(f"{folder}/hostconfig.json", root, own=3).get("LogConfig")
    driver = _text(config, "Type") or "json-file"
    if driver != "json-file":
        raise _another(container, "dockerd", driver)
    return LogSource((LogFile(f"{folder}/{container.id}-json.log", "json", own=3),), "dockerd")


def _docker_root(container: Container) -> str:
    """dockerd mounts files from its data root into each container."""
    for mount in container.mounts:
        name = _DOCKER_FILES.get(mount.destination)
        end = f"/containers/{container.id}/{name}"
        if name and mount.source.startswith("/") and mount.source.endswith(end):
            return mount.source.removesuffix(end)
    return _DOCKER_ROOT


def _another(container: Container, maker: str, driver: str) -> NoLog:
    command = _OTHERS.get(driver, "Ask the log driver's own tool for it.")
    what = f"{maker} keeps its log with the driver {safe(driver[:40])}, not in a json-file"
    if driver == "none":
        what, command = f"{maker} was told to keep no log of it (driver none)", ""
    return NoLog(what, subject=container.id, remedy=command.format(short=container.id[:12]))


def _settings(path: str, root: str, own: int) -> dict[str, Any]:
    """A maker's small file of JSON, {} if it is not there or is none. Raises NoLog."""
    try:
        descriptor = open_log(LogFile(path, own=own), root)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise refusal(error, path) from error
    with os.fdopen(descriptor, "rb") as file:
        try:
            found = json.loads(file.read(_SETTINGS_MAX))
        except (ValueError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}


def _text(found: object, key: str) -> str:
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, str) else ""
