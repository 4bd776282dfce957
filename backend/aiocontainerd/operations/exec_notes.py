"""What we execute in containers, noted in a folder of its own each: its FIFOs lie there as well.

A process whose ctdeck was killed has a terminal that nobody will see again, and goes on all the
same: the shim keeps its input open. The note, in our private folder, says whose it was.
"""

import asyncio
import json
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, FailedPrecondition, PermissionDenied
from aiocontainerd.identifiers import check_container_id, check_identifier
from aiocontainerd.maker import has_ended, maker
from aiocontainerd.models import Key
from aiocontainerd.operations.notes import logs_of
from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe
from aiocontainerd.state import StateDirectory

PREFIX = "ctdeck-"
_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{16}}")
_FILE, _SIZE_MAX = "note", 16 << 10  # bytes
_in_use: set[str] = set()  # by this process: it has the terminal, or is ending it


@dataclass(frozen=True, slots=True)
class ExecNote:
    """One process: of which container, by whom, and the folder of its FIFOs."""

    exec_id: str
    key: Key
    made_by: str
    folder: Path

    @property
    def is_nobodys(self) -> bool:
        """Whether it is certain that nobody has its terminal."""
        if self.exec_id in _in_use:
            return False
        return self.made_by == maker() or has_ended(self.made_by, None)

    def release(self) -> None:
        """We have no more to do with it: whoever comes next ends it."""
        _in_use.discard(self.exec_id)


def new_note(state: StateDirectory, key: Key) -> ExecNote:
    """Written before the process is made. `state` as for this daemon. Blocks on the disk.

    Raises PermissionDenied or FailedPrecondition when it cannot be written.
    """
    exec_id = f"{PREFIX}{os.urandom(8).hex()}"
    note = ExecNote(exec_id, key, maker(), _root(state) / exec_id)
    words = {"namespace": key.namespace, "id": key.id, "made_by": note.made_by}
    try:
        os.close(state.open_root())
        for folder in (_root(state).parent, _root(state), note.folder):
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
            state.check_folder(folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(note.folder / _FILE, flags, 0o600), "w") as stream:
            json.dump(words, stream)
    except OSError as error:
        kind = PermissionDenied if isinstance(error, PermissionError) else FailedPrecondition
        raise kind(
            f"a note about it cannot be written ({error.strerror})",
            subject=safe(os.fsencode(error.filename or note.folder)),
            remedy="Set XDG_STATE_HOME to a directory that can be written, with space left.",
        ) from error
    _in_use.add(exec_id)
    return note


def forget(state: StateDirectory, note: ExecNote) -> None:
    """It is gone; its folder goes."""
    note.release()
    with suppress(OSError, ContainerdError):
        state.check_folder(note.folder)
        shutil.rmtree(note.folder)


def read_all(state: StateDirectory) -> list[ExecNote]:
    """All of this daemon. Blocks on the disk."""
    try:
        names = sorted(each.name for each in _root(state).iterdir())
    except OSError:
        return []
    return [note for name in names if (note := _read(state, name))]


async def end_orphans(client: Client, state: StateDirectory) -> list[Key]:
    """End what nobody has the terminal of; returns in which containers there was some.

    It may take seconds for each, where one is paused or its shim hangs: nothing should wait for it.
    Nothing in what is read-only; what does not work stays for the next time.
    """
    state = await logs_of(client, state)
    found: list[Key] = []
    for note in await asyncio.to_thread(read_all, state):
        if not note.is_nobodys or client.is_read_only(note.key.namespace):
            continue
        from aiocontainerd.operations.executing import end_exec  # all look, few find any

        _in_use.add(note.exec_id)  # not of two at once
        try:
            await end_exec(client, note.key, note.exec_id)
            await asyncio.to_thread(forget, state, note)
            found.append(note.key)
        except ContainerdError:
            continue
        finally:
            note.release()
    return found


def _read(state: StateDirectory, name: str) -> ExecNote | None:
    if not _NAME.fullmatch(name):
        return None
    folder = _root(state) / name
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        state.check_folder(folder)
        with os.fdopen(os.open(folder / _FILE, flags), "rb") as stream:
            words = json.loads(stream.read(_SIZE_MAX))
        key = Key(check_identifier(words["namespace"]), check_container_id(words["id"]))
        return ExecNote(name, key, str(words["made_by"]), folder)
    except (OSError, ValueError, TypeError, KeyError, ContainerdError):
        return None


def _root(state: StateDirectory) -> Path:
    return state.root / "execs" / (state.daemon or "unknown")
