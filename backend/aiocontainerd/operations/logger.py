"""The log of a detached container: a few lines of sh that the container's shim starts itself.

The shim runs `binary:///bin/sh?-c=…` with the container's stdout on fd 3, its stderr on fd 4 and
fd 5 waiting for a byte (binary-v2) or its end. Nothing in it depends on us once it runs. Why not
something else (containerd `pkg/process/io.go`, tried on 1.6, 1.7 and 2.1):

- a FIFO of ours: the container blocks 64 KiB after our death;
- `file://`: both streams in one file, and none at all with a terminal;
- plain file paths: the shim stops to read at the first failed write, so a full disk blocks the
  container 64 KiB later;
- a logger in Python: 40 ms and 10 MB for each container.

The query has one key, because the shim passes several in no fixed order. Paths stand in the
script in single quotes and the whole is percent-encoded: `;`, `&` and `+` mean something to Go.
"""

import os
import re
import shlex
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.state import LogPaths

SHELL = Path("/bin/sh")
NERDCTL_LOG = "nerdctl/log-uri"
_NERDCTL_KEY = "_NERDCTL_INTERNAL_LOGGING"

# cat ends at a full disk: then the output is dropped for 5 s at a time, so that the container
# goes on, and cat is tried again (137: the timeout struck; anything else: the end of the output).
# TERM comes from the shim when the task is deleted; the shell waits until all is written, and
# the shim waits for the shell. It closes what the one cat has no need of, so that neither keeps
# the other's pipe open.
_START = "umask 077;cd /;trap : TERM;echo >&5;exec 5>&-;"
_KEEP = (
    'keep(){ until cat >>"$1";do timeout -s KILL 5 cat >/dev/null;[ $? -eq 137 ]||break;done;'
    "cat >/dev/null;};"
)


def log_script(paths: LogPaths, *, terminal: bool) -> str:
    """The shell script that appends fd 3 and fd 4 to the two files; with a terminal fd 3 only."""
    out, err = (shlex.quote(os.fspath(path)) for path in (paths.stdout, paths.stderr))
    if terminal:
        return f"{_START}{_KEEP}exec 4<&-;keep {out} <&3 3<&-"
    return f"{_START}{_KEEP}keep {out} <&3 3<&- 4<&- & exec 3<&-;keep {err} <&4 4<&-;wait;wait"


def log_uri(paths: LogPaths, *, terminal: bool, shell: Path = SHELL) -> str:
    """What goes into a task's stdout and stderr.

    On a host without a shell the shim's own `file://` is what remains: both streams in the
    file of stdout. Raises FailedPrecondition for a terminal there.
    """
    if os.access(shell, os.X_OK):
        script = os.fsencode(log_script(paths, terminal=terminal))
        return f"binary://{shell}?-c={quote(script, safe='')}"
    if terminal:
        raise FailedPrecondition(
            f"this host has no {shell}, which keeps the log of a container with a terminal",
            remedy="Run it without a terminal.",
        )
    return f"file://{quote(os.fsencode(paths.stdout))}"


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
