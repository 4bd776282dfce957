"""Ends a process of a container should we be killed: no call of the daemon's does that.

Its processes go on whoever made them. So a `Watcher` waits beside us, and knows the process by its
number and by when it began, and what belongs to it by its session and its mount namespace.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Literal

from aiocontainerd.client import Client
from aiocontainerd.procfs import start_ticks
from aiocontainerd.settled import settled
from aiocontainerd.watcher import Watcher

_LATE = 1.0  # s that the clock of start times may be behind
# $1 is the process, $2 when it began, in ticks, $3 its mount namespace. All of its session are
# ended: a shell's children may not hear a HUP, nor those that they make meanwhile, hence the second
# KILL. The words behind a name in stat, which may hold blanks, brackets and ends of lines: the 4th
# is the session, the 20th the beginning.
_END = (
    "set -f;look(){ session=$4 began=${20};};"
    'of(){ s=;while read -r l;do s="$s $l";done <"/proc/$1/stat";look ${s##*) };};'
    'for signal in HUP KILL KILL;do of "$1";[ "${began:-$2}" = "$2" ]||exit;found=;set +f;'
    'for p in /proc/[0-9]*;do set -f;of "${p#/proc/}";'
    'if [ "$session" = "$1" ]&&[ "$(readlink "$p/ns/mnt")" = "$3" ];then '
    'kill -s "$signal" "${p#/proc/}";found=1;fi;done;'
    '[ "$found" ]||exit;sleep 2;done;'
)


async def watch(
    watcher: Watcher,
    client: Client,
    pid: int,
    since: float,
    *,
    like: int,
    by: Literal["mnt", "pid"],
) -> None:
    """Have it end `pid`, a process that the daemon has begun, not before `since` (`now`).

    Its namespace `by` is that of process `like`, which the daemon has named before. Where it is
    none of this host's, or not such a one, nobody is watched.
    """
    if (await client.locate()).shares_pids:
        await settled(asyncio.to_thread(_begin, watcher, pid, since, like, by))


def _begin(watcher: Watcher, pid: int, since: float, like: int, by: str) -> None:
    ticks, mounts = start_ticks(pid), namespace(pid, "mnt")
    if ticks is not None and mounts and _is_its(pid, ticks, since, like, by):
        watcher.begin("ctdeck-guard", _END, str(pid), str(ticks), mounts)


def now() -> float:
    """Seconds since the host was started, as the start times of processes are counted."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def namespace(pid: int | str, kind: str) -> str:
    """The one that a process of this host is in, as the kernel names it; "" if that is not told."""
    try:
        return os.fspath(Path(f"/proc/{pid}/ns/{kind}").readlink())
    except OSError:
        return ""


def _is_its(pid: int, ticks: int, since: float, like: int, by: str) -> bool:
    """Young enough, in a namespace of the container's, and with a file system that is not ours.

    A number that the daemon made up is that of some other process here.
    """
    return (
        ticks / os.sysconf("SC_CLK_TCK") >= since - _LATE
        and namespace(pid, by) == namespace(like, by) != ""
        and namespace(pid, "mnt") != namespace("self", "mnt")
    )
