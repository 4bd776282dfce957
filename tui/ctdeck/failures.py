"""What went wrong, as words for a person and as a crash log: no locals, no secrets in either.

A traceback with locals would print the variables and logins of whatever was being done.
"""

from __future__ import annotations

import os
import re
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aiocontainerd.safe import safe_lines
from ctdeck.masking import masked_text
from ctdeck.verbs.doing import NotNow

if TYPE_CHECKING:
    from aiocontainerd.state import StateDirectory

_FRAMES = 60  # of a traceback that are kept, the innermost
_LARGEST = 256 << 10  # bytes of one crash log
_KEPT = 5  # crash logs, the newest
_NAME = re.compile(r"crash-\d{8}T\d{6}-\d+\.log")
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def plain_words(error: BaseException) -> tuple[str, str]:
    """A title and a text for an exception; unexpected ones bring their traceback."""
    if isinstance(error, NotNow):
        return "", str(error)
    if _is_ours(error):
        return "That did not work", str(error)
    trace = "".join(traceback.format_exception(error, limit=-6))
    return "A fault in ctdeck itself", _clean(f"{type(error).__name__}: {error}\n\n{trace}")


def crash_text(error: BaseException) -> str:
    """The traceback, its causes too, without locals; its texts safe and their secrets masked."""
    return _clean("".join(traceback.format_exception(error, limit=-_FRAMES)))


def crash_log(error: BaseException, state: StateDirectory | None = None) -> Path:
    """Write the traceback to a new 0600 file in the state folder; returns its path.

    Only the newest few are kept. Where nothing can be written there, because the folder is not
    ours or the disk is full, it is a file in the folder for temporary files; OSError if that
    fails as well.
    """
    text = f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} pid {os.getpid()}\n"
    data = (text + crash_text(error)).encode("utf-8", "replace")[-_LARGEST:]
    try:
        return _into_state(data, state)
    except Exception:  # whatever it is, this is the last chance to say what happened
        return _into_temporary(data)


def _into_state(data: bytes, state: StateDirectory | None) -> Path:
    if state is None:
        from aiocontainerd.state import StateDirectory

        state = StateDirectory.default()
    name = f"crash-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}.log"
    folder = state.open_root()
    try:
        _write(os.open(name, _FLAGS, 0o600, dir_fd=folder), data)
        with os.scandir(folder) as entries:
            logs = sorted(entry.name for entry in entries if _NAME.fullmatch(entry.name))
        for old in logs[:-_KEPT]:
            with suppress(OSError):
                os.unlink(old, dir_fd=folder)
    finally:
        os.close(folder)
    return state.root / name


def _into_temporary(data: bytes) -> Path:
    import tempfile

    file, name = tempfile.mkstemp(prefix="ctdeck-crash-", suffix=".log")  # 0600, exclusive
    _write(file, data)
    return Path(name)


def _write(file: int, data: bytes) -> None:
    with os.fdopen(file, "wb") as stream:
        stream.write(data)


def _clean(text: str) -> str:
    return safe_lines(masked_text(text))


def _is_ours(error: BaseException) -> bool:
    """Whether it is a ContainerdError; asked without importing grpc before the first frame."""
    return any(
        kind.__module__ == "aiocontainerd.errors" and kind.__name__ == "ContainerdError"
        for kind in type(error).__mro__
    )
