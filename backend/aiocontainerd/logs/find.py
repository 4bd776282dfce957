"""Where the log of a container is: each maker has its own place for it."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from aiocontainerd.errors import NotFound
from aiocontainerd.logs import makers
from aiocontainerd.logs.entries import STDERR, STDOUT
from aiocontainerd.logs.source import LogFile, LogSource, NoLog
from aiocontainerd.models import LOG_LABEL, STDERR_LABEL, STDOUT_LABEL
from aiocontainerd.owners import KIND_LABEL
from aiocontainerd.safe import safe

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.models import Container

_OURS = {  # name, format and stream of the file that each of our labels names, the oldest first
    STDOUT_LABEL: ("stdout", "plain", STDOUT),
    STDERR_LABEL: ("stderr", "plain", STDERR),
    LOG_LABEL: ("output", "cri", ""),
}
_RESTARTED = "containerd.io/restart.loguri"
_ADVICE = "Run it with ctdeck, or give its task a log: ctr run --log-uri file:///var/log/NAME.log …"


async def find_log(client: Client, container: Container, root: str = "") -> LogSource:
    """The files in which this container's output is; `root` leads to the daemon's files.

    By its maker: our labels, nerdctl's state folder, the log path that the CRI plugin keeps in
    the record, dockerd's folder; else by what the task was given (containers.Get, tasks.Get).
    Raises NoLog with the reason, NotFound if the container is gone.
    """
    labels = container.labels
    if any(label in labels for label in _OURS):
        source = await asyncio.to_thread(_ours, container, root)
        if source is not None:
            return source
    if any(label.startswith("nerdctl/") for label in labels):
        return await asyncio.to_thread(makers.by_nerdctl, container, client.address, root)
    if kind := labels.get(KIND_LABEL):
        return await _by_cri(client, container, kind)
    if makers.is_dockers(container):
        return await asyncio.to_thread(makers.by_docker, container, root)
    return await _by_task(client, container)


def _ours(container: Container, root: str) -> LogSource | None:
    """By our labels, where they name a place that is ours for this container and no other's.

    Anybody may set labels: `ctr` takes over those of the image.
    """
    id = f"{re.escape(container.namespace)}/{re.escape(container.id)}"
    files = [
        LogFile(path, kind, stream, own=3, here=_is_here(path, root))
        for label, (name, kind, stream) in _OURS.items()
        if (path := container.labels.get(label, ""))
        and re.fullmatch(rf"/.*/logs/([0-9a-f]{{8}}/)?{id}/{name}\.log", path)
    ]
    return LogSource(tuple(files), "ctdeck's logger") if files else None


def _is_here(path: str, root: str) -> bool:
    """Not on the daemon's side but on ours, where ctdeck has made it."""
    return bool(root) and not os.path.lexists(root + path) and os.path.lexists(path)


async def _by_cri(client: Client, container: Container, kind: str) -> LogSource:
    if kind == "sandbox":
        raise NoLog(
            "this container only holds its pod together and writes no log",
            subject=container.id,
            remedy="Look at the pod's other containers.",
        )
    record = await client.containers.get_record(container.id, namespace=container.namespace)
    path = makers.cri_log_path({key: each.value for key, each in record.extensions.items()})
    if not path:
        raise NoLog(
            "the record that the CRI plugin keeps names no log",
            subject=container.id,
            remedy="Its pod was made without a log directory: crictl attach shows what comes.",
        )
    return LogSource((LogFile(path, "cri", own=3),), "the CRI plugin, for the kubelet")


async def _by_task(client: Client, container: Container) -> LogSource:
    try:
        uri = (await client.tasks.stdio(container.id, namespace=container.namespace)).stdout
        has_task = True
    except NotFound:
        uri, has_task = container.labels.get(_RESTARTED, ""), False
        if not uri:
            await client.containers.get_record(container.id, namespace=container.namespace)
            raise NoLog(
                "it has no task, and nothing tells where it wrote when it had one",
                subject=container.id,
                remedy=f"Start it with ctdeck to have one. Or: {_ADVICE}",
            ) from None
    return _by_uri(container, uri, has_task=has_task)


def _by_uri(container: Container, uri: str, *, has_task: bool) -> LogSource:
    """By what stdout of a task is: "", a FIFO, a file, or a program (containerd's cio)."""
    parts = urlsplit(uri)
    if parts.scheme == "file" or (uri.startswith("/") and not _is_fifo(uri)):
        path = unquote(parts.path) if parts.scheme == "file" else uri
        return LogSource((LogFile(path),), "its shim")
    if not uri:
        why, remedy = "its output goes to /dev/null: it was started without a log", _ADVICE
    elif parts.scheme == "binary":
        program = safe(unquote(parts.path)[-80:])
        why, remedy = f"its output goes to a program, {program}", "Ask that one for it."
    elif not has_task or uri.startswith("/"):
        why = (
            "its output goes through a FIFO to whoever started it, as ctr does it, and is kept "
            "nowhere; read here, it would be taken from them"
        )
        remedy = _ADVICE
    else:
        why, remedy = f"its output goes to {safe(uri[:80])}, which ctdeck cannot read", _ADVICE
    raise NoLog(why, subject=container.id, remedy=remedy)


def _is_fifo(path: str) -> bool:
    """ctr and the Go client put theirs there (`cio.NewFIFOSetInDir`), named by the stream."""
    return bool(re.search(r"/fifo/\d+/|-(stdout|stderr)$", path))
