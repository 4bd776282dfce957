"""Reading a file of settings that may be anything: it must not hang us, nor fill the memory."""

import errno
import os
import stat
from pathlib import Path

LIMIT = 1 << 20  # bytes
# Not to wait for the other end of a FIFO, nor for a device that has nothing to say.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NO_FILE = frozenset({errno.ENXIO, errno.ENODEV, errno.EISDIR})  # a socket, no device, a folder


def read(path: Path) -> bytes:
    """Its bytes. Raises OSError, also for what is no regular file or larger than LIMIT."""
    try:
        with os.fdopen(os.open(path, _FLAGS), "rb") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            data = file.read(LIMIT + 1) if regular else None
    except OSError as error:
        if error.errno not in _NO_FILE:
            raise
        data = None
    if data is None:  # also a file of /proc that would have to be waited for
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    if len(data) > LIMIT:
        raise OSError(errno.EFBIG, f"it is larger than {LIMIT >> 20} MiB", str(path))
    return data
