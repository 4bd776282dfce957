"""The container record that `run` stores: names, spec and labels."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.models import LOG_LABEL, REMOVE_LABEL, STDOUT_LABEL
from aiocontainerd.operations.defaults import Defaults
from aiocontainerd.operations.signals import STOP_SIGNAL_LABEL
from aiocontainerd.pb import containers_pb2, typeurl
from aiocontainerd.run_options import LABEL_MAX, RunOptions
from aiocontainerd.spec import ImageConfig

# Tools act on these (ours and nerdctl's among them); an image has no business to set them.
_NOT_FROM_IMAGES = (
    "containerd.io/",
    "io.containerd.",
    "io.cri-containerd",
    "io.kubernetes.",
    "io.ctdeck/",
    "nerdctl/",
    "com.docker/",
    "com.docker.compose.",
)


def log_label(log: Path, *, terminal: bool) -> dict[str, str]:
    """The label from which anyone can find the log. Raises InvalidArgument for an odd path."""
    try:
        path = os.fsencode(log).decode()
    except UnicodeDecodeError as error:
        raise InvalidArgument(
            "the state directory's path is not UTF-8",
            remedy="Set XDG_STATE_HOME to one that is.",
        ) from error
    return {STDOUT_LABEL if terminal else LOG_LABEL: path}


def labels(options: RunOptions, config: ImageConfig, log: Path) -> dict[str, str]:
    """The image's labels, the caller's over them, then ours; as ctr does, with a stop signal."""
    merged = {
        **_from_image(config.labels),
        STOP_SIGNAL_LABEL: config.stop_signal or "SIGTERM",
        **dict(options.labels),
        **log_label(log, terminal=options.terminal),
    }
    if options.remove:
        merged[REMOVE_LABEL] = "true"
    return merged


def record(
    options: RunOptions,
    *,
    image: str,
    spec: Mapping[str, Any],
    defaults: Defaults,
    labels: Mapping[str, str],
) -> containers_pb2.Container:
    """The record; its snapshot has the container's id as key. Raises InvalidArgument."""
    try:
        packed = typeurl.pack_json(typeurl.SPEC_URL, spec)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(
            "a path or text cannot be written as JSON", subject=options.id, remedy="Use UTF-8."
        ) from error
    return containers_pb2.Container(
        id=options.id,
        image=image,
        labels=dict(labels),
        runtime=containers_pb2.Container.Runtime(name=defaults.runtime),
        spec=packed,
        snapshotter=defaults.snapshotter,
        snapshot_key=options.id,
    )


def _from_image(found: Mapping[str, str]) -> dict[str, str]:
    """Those that are the image's own matter, and that containerd can store."""
    return {
        key: value
        for key, value in found.items()
        if key
        and not key.startswith(_NOT_FROM_IMAGES)
        and len(key.encode()) + len(value.encode()) <= LABEL_MAX
    }
