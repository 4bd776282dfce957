"""What we note in our own folder about a run or a start: the one proof that a record is ours.

Labels prove nothing: `ctr` and others copy an image's to the containers that they make from it. A
note is named by the run's lease, which is drawn by lot, and exists only while the run is under
way, and for one that is to be removed when done until it is. It is written before each step that
cannot be taken back, so that what it says is true wherever we die; after a power cut it may be an
older one, so "it never ran" is believed only within the boot it was noted in.
"""

import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, FailedPrecondition, PermissionDenied
from aiocontainerd.maker import has_ended, maker, same_boot
from aiocontainerd.models import HELD_BACK, REMOVE_LABEL, Container
from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe
from aiocontainerd.services.leases import LEASE_PREFIX
from aiocontainerd.state import StateDirectory

LEASE_LABEL = "io.ctdeck/lease"  # on a container: the lease of the run that made it

_NAME = re.compile(rf"{LEASE_PREFIX}[0-9a-f]{{16}}")
_SIZE_MAX = 64 << 10  # bytes; one of ours has less than 5,000


async def logs_of(client: Client, state: StateDirectory) -> StateDirectory:
    """Our files as they are for this daemon: another one's containers may have the same ids."""
    return state.of_daemon((await client.server_info()).uuid)


@dataclass(frozen=True, slots=True)
class Note:
    """`doing` is "run" or "start"; `made_by` whoever does it, or sees to the removal by now.

    `stdout` is where the output of the task goes that is being made, "" before there is one.
    `remove` says that it is to be removed when done. `noted_at` is of the file.
    """

    lease: str
    namespace: str
    id: str
    doing: str
    made_by: str
    remove: bool = False
    stdout: str = ""
    may_have_run: bool = False
    noted_at: datetime | None = None

    @property
    def never_ran(self) -> bool:
        """Whether it is certain that the task was never started."""
        return not self.may_have_run and same_boot(self.made_by)

    @property
    def is_nobodys(self) -> bool:
        """Whether it is certain that who wrote it has ended."""
        return has_ended(self.made_by, self.noted_at)


class Notebook:
    """The note of one run or start, kept up to date."""

    def __init__(self, state: StateDirectory, note: Note) -> None:
        self._state = state
        self.note = note

    def write(self, **changes: object) -> None:
        """Raises PermissionDenied or FailedPrecondition when it cannot be written."""
        self.note = replace(self.note, **changes)  # type: ignore[arg-type]
        write(self._state, self.note)

    async def gone(self) -> None:
        """Nothing is left to be known: as a step of an undo."""
        forget(self._state, self.note.lease)

    def done(self) -> None:
        """It runs. What is to be removed when done stays noted until it is."""
        if not self.note.remove:
            forget(self._state, self.note.lease)


def new_note(lease: str, namespace: str, id: str, doing: str, *, remove: bool = False) -> Note:
    """One by this process."""
    return Note(lease, namespace, id, doing, maker(), remove)


def write(state: StateDirectory, note: Note) -> None:
    """Raises PermissionDenied or FailedPrecondition when it cannot be written."""
    words = asdict(note)
    del words["noted_at"]
    file = _file(state, note.lease)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        _make_folder(state)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(new, flags, 0o600), "w", encoding="ascii") as stream:
            json.dump(words, stream)
        new.replace(file)
    except OSError as error:
        kind = PermissionDenied if isinstance(error, PermissionError) else FailedPrecondition
        raise kind(
            f"a note about it cannot be written ({error.strerror})",
            subject=safe(os.fsencode(error.filename or file)),
            remedy="Set XDG_STATE_HOME to a directory that can be written, with space left.",
        ) from error


def read(state: StateDirectory, lease: str) -> Note | None:
    """The note of that lease; None if there is none, or none that we wrote."""
    if not _NAME.fullmatch(lease):
        return None
    file = _file(state, lease)
    try:
        state.check_folder(file.parent)
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as stream:
            found = Note(**json.loads(stream.read(_SIZE_MAX)))
            noted_at = datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, UTC)
    except (OSError, ValueError, TypeError, ContainerdError):
        return None
    return replace(found, noted_at=noted_at) if found.lease == lease else None


def read_all(state: StateDirectory) -> list[Note]:
    """All of this daemon, by name."""
    try:
        names = sorted(each.name for each in _file(state, "x").parent.iterdir())
    except OSError:
        return []
    return [note for name in names if (note := read(state, name))]


def is_marked(container: Container) -> bool:
    """Its label says that it is to be removed when done; whether it is ours says its note."""
    return container.labels.get(REMOVE_LABEL) == "true" or is_held_back(container)


def is_held_back(container: Container) -> bool:
    """Somebody who lives, as far as can be known, restarts it."""
    label = container.labels.get(REMOVE_LABEL, "")
    return label.startswith(HELD_BACK) and not has_ended(label.removeprefix(HELD_BACK), None)


def note_of(state: StateDirectory, container: Container) -> Note | None:
    """The note of the run that made this record; None for everybody else's."""
    note = read(state, container.labels.get(LEASE_LABEL, ""))
    mine = note is not None and (note.namespace, note.id) == container.key
    return note if mine else None


def forget_of(state: StateDirectory, container: Container) -> None:
    """The container is gone: nothing is to be known of its run."""
    if (note := note_of(state, container)) is not None:
        forget(state, note.lease)


def forget(state: StateDirectory, lease: str) -> None:
    """What is not there, or no note's name, is passed over."""
    if _NAME.fullmatch(lease):
        with suppress(OSError):
            _file(state, lease).unlink()


def _file(state: StateDirectory, lease: str) -> Path:
    return state.root / "runs" / state.daemon / lease


def _make_folder(state: StateDirectory) -> None:
    folder = _file(state, "x").parent
    os.close(state.open_root())
    for each in (folder.parent, folder) if state.daemon else (folder,):
        with suppress(FileExistsError):
            each.mkdir(mode=0o700)
        state.check_folder(each)
