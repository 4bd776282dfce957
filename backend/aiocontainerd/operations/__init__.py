"""Verbs of several calls, each undone if it fails: run, start, stop, delete.

Each is imported when it is first used: what a start of ctdeck asks for needs few of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from aiocontainerd.models import LOG_LABEL, REMOVE_LABEL, STDOUT_LABEL

if TYPE_CHECKING:
    from aiocontainerd.operations.agreed import Agreed
    from aiocontainerd.operations.attaching import attached
    from aiocontainerd.operations.copying import Copied, CopyRequest, copy_files
    from aiocontainerd.operations.debugging import Toolbox, toolbox
    from aiocontainerd.operations.delete import delete_container, left_to_remove, remove_when_done
    from aiocontainerd.operations.exec_notes import end_orphans
    from aiocontainerd.operations.executing import ExecOptions, executed
    from aiocontainerd.operations.identity import Life, life_of
    from aiocontainerd.operations.images import ImagePlan, delete_image, image_plan, image_plans
    from aiocontainerd.operations.lines import Line, Size
    from aiocontainerd.operations.remains import (
        Remains,
        adopt,
        cut_short,
        left_behind,
        remove_remains,
        remove_stray_log,
        stray_logs,
    )
    from aiocontainerd.operations.running import RunResult, run
    from aiocontainerd.operations.signals import signal_number, stop_signal
    from aiocontainerd.operations.starting import restart, start
    from aiocontainerd.operations.stopping import GRACE, grace_of, kill, pause, resume, stop

__all__ = [
    "GRACE",
    "LOG_LABEL",
    "REMOVE_LABEL",
    "STDOUT_LABEL",
    "Agreed",
    "Copied",
    "CopyRequest",
    "ExecOptions",
    "ImagePlan",
    "Life",
    "Line",
    "Remains",
    "RunResult",
    "Size",
    "Toolbox",
    "adopt",
    "attached",
    "copy_files",
    "cut_short",
    "delete_container",
    "delete_image",
    "end_orphans",
    "executed",
    "grace_of",
    "image_plan",
    "image_plans",
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
    "toolbox",
]

# No module has the name of what it gives: an import would put it in that one's place.
_HOMES = {
    "agreed": "Agreed",
    "attaching": "attached",
    "debugging": "Toolbox toolbox",
    "copying": "Copied CopyRequest copy_files",
    "delete": "delete_container left_to_remove remove_when_done",
    "exec_notes": "end_orphans",
    "executing": "ExecOptions executed",
    "identity": "Life life_of",
    "images": "ImagePlan delete_image image_plan image_plans",
    "lines": "Line Size",
    "remains": ("Remains adopt cut_short left_behind remove_remains remove_stray_log stray_logs"),
    "running": "RunResult run",
    "signals": "signal_number stop_signal",
    "starting": "restart start",
    "stopping": "GRACE grace_of kill pause resume stop",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Import what is asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module '{__name__}' has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
