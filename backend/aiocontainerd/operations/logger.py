"""The log of a detached container: a few lines of sh that the container's shim starts itself.

The shim runs `binary:///bin/sh?-c=…` with the container's stdout on fd 3, its stderr on fd 4 and
fd 5 waiting for a byte (binary-v2) or its end. The shell says at once that it is ready, and has our
Python run `keeper.py`, which gives the lines their times and both streams one order; what is said
before that one is ready has the time when it is, stdout first. Where it cannot be run (the daemon
has other mounts than we, our folder is gone) or dies, the shell goes on with `cat`. Nothing depends
on us once it runs. Why not something else (containerd `pkg/process/io.go`, tried on 1.6, 1.7 and
2.1):

- a FIFO of ours: the container blocks 64 KiB after our death;
- `file://`: both streams in one file without times, and none at all with a terminal;
- plain file paths: the shim stops to read at the first failed write, so a full disk blocks the
  container 64 KiB later;
- Python alone: it takes 23 ms to be ready, for which a start would wait; and who follows it?

With a terminal it is `cat` alone: what a program draws on a screen has no lines, and is shown again
as it was to who attaches.

The query has one key, because the shim passes several in no fixed order. Paths stand in the
script in single quotes and the whole is percent-encoded: `;`, `&` and `+` mean something to Go.
"""

import os
import re
import shlex
import sys
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.operations import keeper

SHELL = Path("/bin/sh")
NERDCTL_LOG = "nerdctl/log-uri"
_NERDCTL_KEY = "_NERDCTL_INTERNAL_LOGGING"

# cat ends at a full disk: then the output is dropped for 5 s at a time, so that the container
# goes on, and cat is tried again (137: the timeout struck; anything else: the end of the output).
# TERM comes from the shim when the task is deleted; the shell waits until all is written, and
# the shim waits for the shell. It closes what the one cat has no need of, so that neither keeps
# the other's pipe open. The script of a terminal is one for all releases: `attaching.py` knows by
# it what an earlier ctdeck has started.
_START = "umask 077;cd /;trap : TERM;echo >&5;exec 5>&-;"
_KEEP = (
    'keep(){ until cat >>"$1";do timeout -s KILL 5 cat >/dev/null;[ $? -eq 137 ]||break;done;'
    "cat >/dev/null;};"
)
# The keeper ends with 0 at the end of both streams. What the shell says in its place begins a line,
# and has to be said before anything of the output: if it cannot be yet, each stream does it later.
_BOTH = (
    'tell(){ [ -z "$1" ]||({ [ ! -s "$F" ]||[ -z "$(tail -c 1 "$F")" ]||echo;}&&'
    'echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) stderr F ctdeck: $1")>>"$F";};'
    'keep(){ until tell "$1"&&set -- "$M"&&cat >>"$F";do timeout -s KILL 5 cat >/dev/null;'
    "[ $? -eq 137 ]||break;done;cat >/dev/null;};"
    '(trap "" TERM;exec "$P" -IS "$K" "$F")&&exit;'
    'W="the lines from here on have no times: '
    'what gives them could not be run, or was killed (exit status $?)";'
    'M="output is missing here: it could not be written";tell "$W"&&W=;'
    'keep "$W" <&3 3<&- 4<&- & exec 3<&-;keep "$W" <&4 4<&-;wait;wait'
)


def log_script(log: Path, *, terminal: bool, python: str = sys.executable) -> str:
    """The shell script that appends fd 3 and fd 4 to this file; with a terminal fd 3 only."""
    if terminal:
        return f"{_START}{_KEEP}exec 4<&-;keep {_quoted(log)} <&3 3<&-"
    names = f"P={_quoted(python)};K={_quoted(keeper.__file__)};F={_quoted(log)};"
    return f"{_START}{names}{_BOTH}"


def _quoted(path: Path | str) -> str:
    return shlex.quote(os.fspath(path))


def log_uri(log: Path, *, terminal: bool, shell: Path = SHELL) -> str:
    """What goes into a task's stdout and stderr.

    On a host without a shell the shim's own `file://` is what remains, without times. Raises
    FailedPrecondition for a terminal there.
    """
    if os.access(shell, os.X_OK):
        script = os.fsencode(log_script(log, terminal=terminal))
        return f"binary://{shell}?-c={quote(script, safe='')}"
    if terminal:
        raise FailedPrecondition(
            f"this host has no {shell}, which keeps the log of a container with a terminal",
            remedy="Run it without a terminal.",
        )
    return f"file://{quote(os.fsencode(log))}"


def nerdctl_uri(label: str) -> str:
    """The label `nerdctl/log-uri` if it is what nerdctl itself writes, else "".

    A `binary://` is run as root, and clients copy an image's labels to its containers: so only
    nerdctl's own logger is taken, in a place where nobody but root can put a file.
    """
    parts = urlsplit(label)
    program = Path(unquote(parts.path))
    keys = [key for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
    if parts.scheme != "binary" or parts.netloc or parts.fragment or keys != [_NERDCTL_KEY]:
        return ""
    if not re.fullmatch(r"/(?:usr/)?(?:local/)?s?bin/nerdctl", os.fspath(program)):
        return ""
    try:
        info = program.stat()
    except OSError:
        return ""
    return label if info.st_uid == 0 and not info.st_mode & 0o022 else ""
