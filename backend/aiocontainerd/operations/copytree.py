"""Copies files and folders from one open folder to another, following no link. Blocks.

Both sides are held by descriptors: what is swapped for a link meanwhile is not followed. Only
regular files, folders and links are made; set-user-id bits, owners and devices do not come along.
"""

import errno
import os
import stat
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from aiocontainerd.operations.copyat import KINDS, data_of, new_name, opened, renamed, status
from aiocontainerd.operations.copyroot import FOLDER, FOUND
from aiocontainerd.safe import safe

CHUNK = 1 << 20
DEEPEST = 100  # folders in folders: two descriptors each
_SPECIAL_MOST = 64 << 20  # bytes of what says it had none, as in /proc
TOLD = 1000  # names that are kept, of what would be overwritten and of what was left out
_FATAL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.ENOMEM}
_SET_ID = stat.S_ISUID | stat.S_ISGID


class Stopped(Exception):
    """It was cancelled."""


@dataclass
class Copied:
    """How far it is, or what came of it; read by others while it grows.

    `left_out` counts why what was not copied; `names` are some of those, `there` what was in the
    way, and stays unless it is agreed to.
    """

    files: int = 0
    bytes: int = 0
    links: int = 0
    folders: int = 0
    stripped: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    stop: bool = False

    def so_far(self) -> str:
        """What is copied, in a sentence."""
        count = self.files + self.links
        if not count:
            return "No file is copied."
        return "1 file is copied." if count == 1 else f"{count:,} files are copied."


class Copy:
    """One copy: `agreed` may be overwritten, None is all of it. With `dry` it only counts.

    `skipped_devices` are file systems of the kernel's own, which nobody wants to copy.
    """

    def __init__(
        self,
        report: Copied,
        *,
        agreed: Collection[str] | None = (),
        dry: bool = False,
        skipped_devices: Collection[int] = (),
    ) -> None:
        self._report = report
        self._agreed = agreed
        self._dry = dry
        self._skipped = skipped_devices
        self._buffer = memoryview(bytearray(CHUNK))

    def node(self, source: int, folder: int | None, name: str, path: str, depth: int = 0) -> None:
        """Copy what `source` (O_PATH) is to `name` in `folder`, None if that is not there yet.

        `path` is what it is called when it is told of. Raises OSError where going on makes no
        sense (a full disk), Stopped.
        """
        if self._report.stop:
            raise Stopped
        info = os.fstat(source)
        kind = stat.S_IFMT(info.st_mode)
        try:
            if kind == stat.S_IFDIR:
                self._folder(source, info, folder, name, path, depth)
            elif kind == stat.S_IFREG:
                self._file(source, info, folder, name, path)
            elif kind == stat.S_IFLNK:
                self._link(source, folder, name, path)
            else:
                self._leave(KINDS.get(kind, "special file"), path)
        except OSError as error:
            if error.errno in _FATAL:
                error.filename = path
                raise
            self._leave(error.strerror or "error", path)

    def _leave(self, why: str, path: str) -> None:
        self._report.left_out[why] += 1
        if len(self._report.names) < TOLD:
            self._report.names.append(f"{safe(path)}: {why}")

    def inside(self, source: int, folder: int | None, path: str, depth: int = 0) -> None:
        """Copy all that is in a folder."""
        device = os.fstat(source).st_dev
        if depth > DEEPEST:
            self._leave("folder too deep", path)
            return
        with opened(".", FOLDER, source) as listing, os.scandir(listing) as entries:
            for entry in entries:
                below = f"{path}/{entry.name}"
                with (
                    suppress(FileNotFoundError),
                    opened(entry.name, FOUND | os.O_NOFOLLOW, source) as found,
                ):
                    other = os.fstat(found).st_dev
                    if other != device and other in self._skipped:
                        self._leave("the kernel's own file system", below)
                    else:
                        self.node(found, folder, entry.name, below, depth + 1)

    def _folder(
        self,
        source: int,
        info: os.stat_result,
        folder: int | None,
        name: str,
        path: str,
        depth: int,
    ) -> None:
        made = False
        if folder is not None and not self._dry:
            try:
                os.mkdir(name, 0o700, dir_fd=folder)
                made = True
            except FileExistsError:
                pass
        if folder is None:
            self._report.folders += 1
            self.inside(source, None, path, depth)
            return
        try:
            target = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
        except FileNotFoundError:
            if not self._dry:
                raise
            self._report.folders += 1
            self.inside(source, None, path, depth)
            return
        except OSError as error:
            if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
                raise
            self._leave("a file or link is there in place of the folder", path)
            return
        self._report.folders += 1
        try:
            self.inside(source, target, path, depth)
            if made:
                self._finish(target, info)
        finally:
            os.close(target)

    def _file(
        self, source: int, info: os.stat_result, folder: int | None, name: str, path: str
    ) -> None:
        if self._in_the_way(folder, name, path):
            return
        if self._dry:
            self._report.files += 1
            self._report.bytes += min(info.st_size, info.st_blocks * 512)
            return
        assert folder is not None
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        with opened(f"/proc/self/fd/{source}", flags, None) as reading:
            self._write(reading, info, folder, name)
        self._report.files += 1

    def _write(self, reading: int, info: os.stat_result, folder: int, name: str) -> None:
        """The new file, or nothing of it."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        new, before = new_name(name, folder), self._report.bytes
        writing = os.open(new, flags, 0o600, dir_fd=folder)
        try:
            with renamed(new, name, folder):
                try:
                    self._pour(reading, writing, info)
                    self._finish(writing, info)
                finally:
                    os.close(writing)
        except BaseException:
            self._report.bytes = before
            raise

    def _pour(self, reading: int, writing: int, info: os.stat_result) -> None:
        """The bytes; holes stay holes. No more than there were: a log may grow meanwhile."""
        if not info.st_size:
            self._part(reading, writing, 0, _SPECIAL_MOST)
            return
        for start, end in data_of(reading, info.st_size):
            self._part(reading, writing, start, end)
        if info.st_blocks * 512 < info.st_size:
            os.ftruncate(writing, info.st_size)

    def _part(self, reading: int, writing: int, start: int, end: int) -> None:
        os.lseek(writing, start, os.SEEK_SET)
        os.lseek(reading, start, os.SEEK_SET)
        at = start
        while at < end:
            if self._report.stop:
                raise Stopped
            count = os.readv(reading, [self._buffer[: min(CHUNK, end - at)]])
            if not count:
                return
            part = self._buffer[:count]
            while part:
                part = part[os.write(writing, part) :]
            at += count
            self._report.bytes += count

    def _link(self, source: int, folder: int | None, name: str, path: str) -> None:
        if self._in_the_way(folder, name, path):
            return
        if not self._dry:
            assert folder is not None
            new = new_name(name, folder)
            os.symlink(os.readlink("", dir_fd=source), new, dir_fd=folder)
            with renamed(new, name, folder):
                pass
        self._report.links += 1

    def _in_the_way(self, folder: int | None, name: str, path: str) -> bool:
        """Something is there that must stay: what was not agreed to, and always what is neither a
        file nor a link: nobody could put a folder or a device back.
        """
        found = None if folder is None else status(name, folder)
        if not found:
            return False
        kind = stat.S_IFMT(found.st_mode)
        if kind not in {stat.S_IFREG, stat.S_IFLNK}:
            self._leave(f"a {KINDS.get(kind, 'special file')} is there", path)
            return True
        if self._dry:
            if len(self._report.there) < TOLD:
                self._report.there.append(path)
            elif self._agreed is not None:
                self._leave("more are there than are asked about", path)
            return False
        if self._agreed is None or path in self._agreed:
            return False
        self._leave("it is there already", path)
        return True

    def _finish(self, target: int, info: os.stat_result) -> None:
        """Mode and times; who takes on another user's program must not get his rights with it."""
        self._report.stripped += bool(info.st_mode & _SET_ID) and not stat.S_ISDIR(info.st_mode)
        os.fchmod(target, info.st_mode & 0o777)
        with suppress(OSError):
            os.utime(target, ns=(info.st_atime_ns, info.st_mtime_ns))
