"""Ends a process of a container should we be killed: a small shell of ours that waits beside us.

No call of the daemon's does that: its processes go on whoever made them. What can be sure of our
death is who holds the other end of a pipe of ours; so a shell holds it, and knows the process by
its number and by when it began, and what belongs to it by its session and its mount namespace.
"""

import asyncio
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

from aiocontainerd.client import Client
from aiocontainerd.procfs import start_ticks
from aiocontainerd.settled import settled

SHELL = "/bin/sh"
_LATE = 1.0  # s that the clock of start times may be behind
# It goes on in the background, so that nobody has to wait for its end. On its file 3 a line means
# that all went well, the end of its input that we are gone. $1 is the process, $2 when it began, in
# ticks, $3 its mount namespace. All of its session are ended: a shell's children may not hear a
# HUP, nor those that they make meanwhile, hence the second KILL. The words behind a name in stat,
# which may hold blanks, brackets and ends of lines: the 4th is the session, the 20th the beginning.
_WATCH = (
    "set -f;trap '' HUP INT QUIT TERM TSTP TTIN TTOU;exec 3<&0;{ read -r _ <&3&&exit;exec 3<&-;"
    "look(){ session=$4 began=${20};};"
    'of(){ s=;while read -r l;do s="$s $l";done <"/proc/$1/stat";look ${s##*) };};'
    'for signal in HUP KILL KILL;do of "$1";[ "${began:-$2}" = "$2" ]||exit;found=;set +f;'
    'for p in /proc/[0-9]*;do set -f;of "${p#/proc/}";'
    'if [ "$session" = "$1" ]&&[ "$(readlink "$p/ns/mnt")" = "$3" ];then '
    'kill -s "$signal" "${p#/proc/}";found=1;fi;done;'
    '[ "$found" ]||exit;sleep 2;done;}&'
)


class Guard:
    """Ends the process that it watches with the end of its block, unless it was released."""

    def __init__(self) -> None:
        self._pipe = -1  # the shell has the other end of it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1

    async def watch(
        self, client: Client, pid: int, since: float, *, like: int, by: Literal["mnt", "pid"]
    ) -> None:
        """`pid` is what the daemon calls a process that it has begun, not before `since` (`now`).

        Its namespace `by` is that of process `like`, which the daemon has named before. Where it is
        none of this host's, or not such a one, and where there is no shell, nobody is watched.
        """
        if (await client.locate()).shares_pids:
            await settled(asyncio.to_thread(self._begin, pid, since, like, by))

    def release(self) -> None:
        """It has ended."""
        if self._pipe >= 0:
            with suppress(OSError):
                os.write(self._pipe, b"\n")

    def _begin(self, pid: int, since: float, like: int, by: str) -> None:
        ticks, mounts = start_ticks(pid), namespace(pid, "mnt")
        if ticks is None or not mounts or not _is_its(pid, ticks, since, like, by):
            return
        its, ours = os.pipe2(os.O_CLOEXEC)
        try:
            subprocess.run(
                [SHELL, "-c", _WATCH, "ctdeck-guard", str(pid), str(ticks), mounts],
                stdin=its,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                check=False,
            )
        except OSError:
            os.close(ours)
        else:
            self._pipe = ours
        finally:
            os.close(its)


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
