"""Which process made a lease, and is it still alive? So that nobody cleans up after the living.

A maker is written "<boot id>/<pid and time namespace>/<pid>/<start in clock ticks>": a pid alone
comes again, another boot, container or host has the same numbers, and in another time namespace
the ticks of the same process are others.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from aiocontainerd.procfs import boot_time

MADE_BY = "io.ctdeck/made-by"  # label of a lease: who made it
DOING = "io.ctdeck/doing"  # what for: "run", "start", "pull", …
SUBJECT = "io.ctdeck/subject"  # on what: a container's id, an image's reference

_PROC = Path("/proc")
_CLOCKS_APART = timedelta(minutes=1)  # the clocks of one machine, read in different ways


def maker() -> str:
    """This process, as a label's value. Not kept: a fork is another process."""
    pid = os.getpid()
    return f"{_boot()}/{_namespaces()}/{pid}/{_stat(pid)[1]}"


def has_ended(made_by: str, since: datetime | None) -> bool:
    """Whether that process is known to have ended; `since` is when it made the lease (UTC).

    False where nobody can tell: it may live in another namespace, or on another host.
    """
    try:
        boot, namespace, pid, start = made_by.split("/")
        number = int(pid)
    except ValueError:
        return False
    if boot != _boot():  # another host's, unless it is older than this boot of ours
        return since is not None and since < _booted() - _CLOCKS_APART
    if namespace != _namespaces():
        return False
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:  # somebody else's, and alive
        pass
    state, now = _stat(number)
    return state in {"Z", "X"} or now not in {"", start}


def _stat(pid: int) -> tuple[str, str]:
    """Its state, and when it began in clock ticks since boot; empty where /proc will not say."""
    try:
        # The command's name may hold blanks and brackets: count the fields after the last one.
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return fields[0].decode(), fields[19].decode()
    except (OSError, ValueError, IndexError):
        return "", ""


@cache
def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        return ""


def same_boot(made_by: str) -> bool:
    """Whether it was made since this machine was started."""
    boot = _boot()
    return bool(boot) and made_by.partition("/")[0] == boot


@cache
def _namespaces() -> str:
    """By their inodes; a kernel without time namespaces (before 5.6) has "" for that."""
    return f"{_namespace('pid')}.{_namespace('time')}"


def _namespace(kind: str) -> str:
    try:
        return str((_PROC / "self/ns" / kind).stat().st_ino)
    except OSError:
        return ""


def _booted() -> datetime:
    return datetime.fromtimestamp(boot_time(), UTC)
