"""What containerd holds, as frozen dataclasses; all strings are already safe to show.

`convert.py` makes them from protobuf. Times are aware UTC datetimes, sizes are bytes.
"""

from aiocontainerd.models.objects import (
    HELD_BACK,
    LOG_LABEL,
    LOG_LABELS,
    NO_LABELS,
    REMOVE_LABEL,
    STDERR_LABEL,
    STDOUT_LABEL,
    TOOLBOX_LABEL,
    Container,
    Descriptor,
    Event,
    Image,
    ImageDetails,
    Key,
    Mount,
    Pod,
    Task,
    TaskStatus,
    Told,
    no_labels,
)
from aiocontainerd.models.snapshot import Phase, ServerInfo, Snapshot

__all__ = [
    "HELD_BACK",
    "LOG_LABEL",
    "LOG_LABELS",
    "NO_LABELS",
    "REMOVE_LABEL",
    "STDERR_LABEL",
    "STDOUT_LABEL",
    "TOOLBOX_LABEL",
    "Container",
    "Descriptor",
    "Event",
    "Image",
    "ImageDetails",
    "Key",
    "Mount",
    "Phase",
    "Pod",
    "ServerInfo",
    "Snapshot",
    "Task",
    "TaskStatus",
    "Told",
    "no_labels",
]
