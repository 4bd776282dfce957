"""Where the logs of the demo's containers are, by who made them, as on a real host. Pure."""

import hashlib
from typing import NamedTuple
from urllib.parse import quote

from aiocontainerd.logs.makers import CRI_METADATA, cri_log_path
from aiocontainerd.models import LOG_LABEL, STDOUT_LABEL
from aiocontainerd.pb import containers_pb2
from aiocontainerd.pb.typeurl import pack_json
from aiocontainerd.simulator.demo.cast import BUILDS, MOBY
from aiocontainerd.state import OUTPUT

_METADATA_URL = "github.com/containerd/cri/pkg/store/container/Metadata"
_OURS = "/var/lib/ctdeck/logs/5f0c3a91"
_NERDCTLS = "/var/lib/nerdctl/1935db59"
_STATE = "nerdctl/state-dir"
_POD = "io.kubernetes.pod"


class LogPlace(NamedTuple):
    """The file of both streams; `kind` as in `logs`."""

    path: str
    kind: str


def mark(
    namespace: str, record: containers_pb2.Container, *, terminal: bool, attempt: int = 0
) -> None:
    """Write into a new record what its maker would; those with a terminal are `ctr`'s."""
    labels, id = record.labels, record.id
    if "io.kubernetes.container.name" in labels:
        pod = "_".join(labels[f"{_POD}.{part}"] for part in ("namespace", "name", "uid"))
        name = labels["io.kubernetes.container.name"]
        path = f"/var/log/pods/{pod}/{name}/{attempt}.log"
        config = {"metadata": {"name": name, "attempt": attempt}}
        metadata = {"Version": "v1", "Metadata": {"ID": id, "Config": config, "LogPath": path}}
        record.extensions[CRI_METADATA].CopyFrom(pack_json(_METADATA_URL, metadata))
    elif "nerdctl/name" in labels:
        labels[_STATE] = f"{_NERDCTLS}/containers/{namespace}/{id}"
    elif namespace == "default" and not terminal:
        labels[LOG_LABEL] = f"{_OURS}/{namespace}/{id}/{OUTPUT}"


def place_of(namespace: str, record: containers_pb2.Container) -> LogPlace | None:
    """Where its log is; None if it has none."""
    labels, id = record.labels, record.id
    for label, kind in ((LOG_LABEL, "cri"), (STDOUT_LABEL, "plain")):
        if label in labels:
            return LogPlace(labels[label], kind)
    if _STATE in labels:
        return LogPlace(f"{labels[_STATE]}/{id}-json.log", "json")
    if namespace == MOBY:
        return LogPlace(f"/var/lib/docker/containers/{id}/{id}-json.log", "json")
    if namespace == BUILDS:
        return LogPlace(f"/var/log/builds/{id}.log", "plain")
    path = cri_log_path({key: each.value for key, each in record.extensions.items()})
    return LogPlace(path, "cri") if path else None


def stdout_of(namespace: str, record: containers_pb2.Container, *, terminal: bool) -> str:
    """What its task was given: a FIFO by ctr, a file by the build server."""
    if terminal:
        number = int(hashlib.sha256(record.id.encode()).hexdigest()[:8], 16)
        return f"/run/containerd/fifo/{number}/{record.id}-stdout"
    place = place_of(namespace, record)
    return f"file://{quote(place.path)}" if place and namespace == BUILDS else ""
