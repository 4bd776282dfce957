"""Verbs of several calls, each undone if it fails: run, start, stop, delete."""

from aiocontainerd.models import REMOVE_LABEL
from aiocontainerd.operations.agreed import Agreed
from aiocontainerd.operations.delete import delete_container, left_to_remove, remove_when_done
from aiocontainerd.operations.identity import Life, life_of
from aiocontainerd.operations.images import ImagePlan, delete_image, image_plan
from aiocontainerd.operations.record import STDERR_LABEL, STDOUT_LABEL
from aiocontainerd.operations.remains import (
    Remains,
    adopt,
    cut_short,
    left_behind,
    remove_remains,
    remove_stray_log,
    stray_logs,
)
from aiocontainerd.operations.run import RunResult, run
from aiocontainerd.operations.signals import signal_number, stop_signal
from aiocontainerd.operations.start import restart, start
from aiocontainerd.operations.stop import GRACE, grace_of, kill, pause, resume, stop

__all__ = [
    "GRACE",
    "REMOVE_LABEL",
    "STDERR_LABEL",
    "STDOUT_LABEL",
    "Agreed",
    "ImagePlan",
    "Life",
    "Remains",
    "RunResult",
    "adopt",
    "cut_short",
    "delete_container",
    "delete_image",
    "grace_of",
    "image_plan",
    "kill",
    "left_behind",
    "left_to_remove",
    "life_of",
    "pause",
    "remove_remains",
    "remove_stray_log",
    "remove_when_done",
    "restart",
    "resume",
    "run",
    "signal_number",
    "start",
    "stop",
    "stop_signal",
    "stray_logs",
]
