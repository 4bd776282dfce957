"""Files by their names in an open folder, as a copy needs them. Blocks; all raise OSError."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

KINDS = {
    stat.S_IFDIR: "folder",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
}


@contextmanager
def opened(name: str, flags: int, folder: int | None) -> Iterator[int]:
    """Its descriptor; `folder` None is for an absolute name."""
    found = os.open(name, flags, dir_fd=folder)
    try:
        yield found
    finally:
        os.close(found)


def status(name: str, folder: int | None) -> os.stat_result | None:
    """What is there, a link itself; None for nothing."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def new_name(name: str, folder: int) -> str:
    """Another one where something is there: that stays until what takes its place is whole."""
    return f".ctdeck-{os.urandom(6).hex()}" if status(name, folder) else name


@contextmanager
def renamed(new: str, name: str, folder: int) -> Iterator[None]:
    """What was made as `new` gets its name at the end, and is removed if that is not reached."""
    try:
        yield
        if new != name:
            os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(new, dir_fd=folder)
        raise


def data_of(reading: int, size: int) -> Iterator[tuple[int, int]]:
    """From where to where there is data, up to `size`."""
    at = 0
    while at < size:
        try:
            start = os.lseek(reading, at, os.SEEK_DATA)
            end = os.lseek(reading, start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole
                return
            start, end = at, size  # this file system knows of no holes
        if start >= size or end <= at:
            return
        yield start, min(end, size)
        at = end
