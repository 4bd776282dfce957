"""Ends a process of a container should we be killed: a small shell of ours that waits beside us.

No call of the daemon's does that: its processes go on whoever made them. What can be sure of our
death is who holds the other end of a pipe of ours; so a shell holds it, and knows the process by
its number and by when it began.
"""

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from aiocontainerd.client import Client
from aiocontainerd.procfs import start_ticks

SHELL = "/bin/sh"
_READY = 1.0  # s that the shell may take to end
_LATE = 1.0  # s that the clock of start times may be behind
# A line means that all went well, the end of its input that we are gone. $1 is the process, $2
# when it began, in ticks: the 20th word behind its name, which may hold blanks and brackets.
_WATCH = (
    "set -f;trap '' HUP INT QUIT TERM TSTP TTIN TTOU;read -r _&&exit;"
    'began(){ s=$(cat "/proc/$1/stat")||return;set -- ${s##*) };echo "${20}";};'
    'for signal in HUP KILL;do [ "$(began "$1")" = "$2" ]||exit;kill -s "$signal" "$1";sleep 2;done'
)


class Guard:
    """Ends the process that it watches with the end of its block, unless it was released."""

    def __init__(self) -> None:
        self._shell: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shell is not None and self._shell.stdin is not None:
            with suppress(OSError):
                self._shell.stdin.close()

    def watch(self, client: Client, pid: int, since: float) -> None:
        """`pid` is what the daemon calls a process that it has begun, not before `since` (`now`).

        Where that is none of this host's, or none of a container's, and where there is no shell,
        nobody is watched.
        """
        if client.host is None or not client.host.shares_pids or not _is_its(pid, since):
            return
        with suppress(OSError):
            self._shell = subprocess.Popen(
                [SHELL, "-c", _WATCH, "ctdeck-guard", str(pid), str(start_ticks(pid))],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )

    def release(self) -> None:
        """It has ended."""
        if self._shell is not None and self._shell.stdin is not None:
            with suppress(OSError):
                self._shell.stdin.write(b"\n")
                self._shell.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._shell.wait(_READY)


def now() -> float:
    """Seconds since the host was started, as the start times of processes are counted."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _is_its(pid: int, since: float) -> bool:
    """Young enough, and with a file system of its own: a made-up number is some other's here."""
    ticks = start_ticks(pid)
    if ticks is None or ticks / os.sysconf("SC_CLK_TCK") < since - _LATE:
        return False
    try:
        ours, its = (Path(f"/proc/{each}/ns/mnt").readlink() for each in ("self", pid))
    except OSError:
        return False
    return ours != its
