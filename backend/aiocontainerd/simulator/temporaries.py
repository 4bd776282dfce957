"""Private folders that go with who made them; what a killed process left goes with the next one.

Who has made a folder holds a lock on it, which the kernel lets go when the process ends.
"""

import fcntl
import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from itertools import islice
from pathlib import Path

_YOUNG = 60.0  # s: who has just made one may not hold it yet
_AT_ONCE = 20  # how many are removed at one start: nobody waits for hundreds


class Temporary(tempfile.TemporaryDirectory[str]):
    """A new folder (0700) whose name begins with `prefix`. Raises OSError.

    It is removed even if nobody calls `cleanup`, which may be called again.
    """

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix=prefix, ignore_cleanup_errors=True)
        self._held: int | None = os.open(self.name, os.O_RDONLY | os.O_DIRECTORY)
        with suppress(OSError):  # a file system without locks: nobody else can take it either
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _sweep(Path(self.name).parent, prefix)

    def cleanup(self) -> None:
        """Remove it with all that is in it."""
        super().cleanup()
        if self._held is not None:
            os.close(self._held)
            self._held = None


def _sweep(place: Path, prefix: str) -> None:
    """Remove what processes of this user have left there."""
    left = (folder for folder in place.glob(f"{prefix}*") if _is_left(folder))
    for folder in islice(left, _AT_ONCE):
        shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    """Whether it is one of ours that nobody holds any more."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # another's, no folder, or gone
        return False
    try:
        info = os.fstat(handle)
        if info.st_uid != os.geteuid() or stat.S_IMODE(info.st_mode) != stat.S_IRWXU:
            return False
        if time.time() - info.st_mtime < _YOUNG:
            return False
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held
        return False
    finally:
        os.close(handle)
    return True
