"""What stands in the run form, as typed, and what it means: text ↔ RunOptions. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiocontainerd.errors import AlreadyExists, ContainerdError, InvalidArgument
from aiocontainerd.identifiers import check_container_id
from aiocontainerd.mounts import parse_volume
from aiocontainerd.run_options import RunOptions
from ctdeck.command.run_flags import check_env, check_network
from ctdeck.command.shellwords import join, split
from ctdeck.forms.quantities import format_cpus, format_memory, parse_cpus, parse_memory, parse_pids

GENERAL = ""  # the field of an error that belongs to none


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields in the form's order; text as typed, whether it is right or not."""

    name: str = ""
    command: str = ""
    mounts: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    network: str = "none"
    user: str = ""
    cwd: str = ""
    memory: str = ""
    cpus: str = ""
    pids: str = ""
    readonly: bool = False
    terminal: bool = False
    remove: bool = False

    def without_blanks(self) -> "Draft":
        """The same without the empty rows that wait for a mount or a variable."""
        return replace(
            self,
            mounts=tuple(row for row in self.mounts if row.strip()),
            env=tuple(row for row in self.env if row.strip()),
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """The options if all fields are right, else the errors by field: name, mounts.0, …

    `shown` leaves out what is wrong: for the line that follows one's typing.
    """

    options: RunOptions | None
    shown: RunOptions
    errors: Mapping[str, InvalidArgument]


def draft_of(options: RunOptions) -> Draft:
    """The texts that `read` turns into these options again."""
    return Draft(
        name=options.id,
        command=join(options.command),
        mounts=tuple(mount.format() for mount in options.mounts),
        env=options.env,
        network=options.network,
        user=options.user,
        cwd=options.cwd,
        memory=format_memory(options.memory),
        cpus=format_cpus(options.cpus),
        pids="" if options.pids is None else str(options.pids),
        readonly=options.readonly,
        terminal=options.terminal,
        remove=options.remove,
    )


def read(draft: Draft, base: RunOptions) -> Reading:
    """The draft as options; what the form has no field for (image, labels, …) is `base`'s.

    So is the name where none is typed.
    """
    errors: dict[str, InvalidArgument] = {}
    changes: dict[str, Any] = {
        "network": draft.network,
        "readonly": draft.readonly,
        "terminal": draft.terminal,
        "remove": draft.remove,
    }
    for option, field, value in _readers(draft, base):
        try:
            # The check of this one value alone, so that its error finds its own field.
            changes[option] = getattr(replace(base, **{option: value()}), option)
        except InvalidArgument as error:
            errors[field] = error
    for option in ("mounts", "env"):
        changes[option] = _rows(option, getattr(draft, option), errors)
    try:
        whole = replace(base, **changes)
    except InvalidArgument as error:
        return Reading(None, base, errors | {field_of(error, draft): error})
    return Reading(None if errors else whole, whole, errors)


def field_of(error: ContainerdError, draft: Draft) -> str:
    """The field that an error of the whole, or of the daemon at run time, is about.

    Decided by its class and subject first, its words second; `GENERAL` if none fits.
    """
    if isinstance(error, AlreadyExists):
        return "name"
    for at, row in enumerate(draft.mounts):
        if row.strip() and _is_about_mount(row, str(error)):
            return f"mounts.{at}"
    for start, field in _SUBJECTS.items():
        if error.subject.startswith(start):
            return field
    return next((field for words, field in _WORDS if words.search(error.what)), GENERAL)


_SUBJECTS: Mapping[str, str] = {
    "mount '": "mounts.0",
    "user '": "user",
    "working directory '": "cwd",
    "memory limit '": "memory",
    "cpus '": "cpus",
    "pids limit '": "pids",
}
_WORDS = tuple(
    (re.compile(words, re.IGNORECASE), field)
    for words, field in (
        (r"\bprogram\b|be executed|to execute|executable file|no command", "command"),
        (r"working directory|\bcwd\b", "cwd"),
        (r"\bmemory\b", "memory"),
        (r"\bcpus?\b", "cpus"),
        (r"\bpids\b", "pids"),
        (r"\b(no|unknown) (user|group)\b", "user"),
        (r"\bvariable\b", "env.0"),
    )
)


def _is_about_mount(row: str, text: str) -> bool:
    if "mount" not in text:
        return False
    try:
        mount = parse_volume(row.strip())
    except InvalidArgument:
        return False
    quoted = (f"{q}{path}{q}" for path in (mount.source, mount.destination) for q in "'\"")
    return any(each in text for each in quoted)


def _readers(draft: Draft, base: RunOptions) -> tuple[tuple[str, str, Callable[[], Any]], ...]:
    """Of each one-line field: the option it sets, its own name, and how it is read."""
    return (
        ("id", "name", lambda: check_container_id(draft.name.strip() or base.id)),
        ("command", "command", lambda: tuple(word.text for word in split(draft.command))),
        ("network", "network", lambda: check_network(draft.network)),
        ("user", "user", lambda: draft.user.strip()),
        ("cwd", "cwd", lambda: draft.cwd.strip()),
        ("memory", "memory", lambda: parse_memory(draft.memory)),
        ("cpus", "cpus", lambda: parse_cpus(draft.cpus)),
        ("pids", "pids", lambda: parse_pids(draft.pids)),
    )


def _rows(field: str, rows: tuple[str, ...], errors: dict[str, InvalidArgument]) -> tuple[Any, ...]:
    """All filled rows of a field of many; each wrong one has its own error."""
    parse: Callable[[str], Any] = parse_volume if field == "mounts" else check_env
    values = []
    for at, row in enumerate(rows):
        if not row.strip():
            continue
        try:
            values.append(parse(row.strip() if field == "mounts" else row.lstrip()))
        except InvalidArgument as error:
            errors[f"{field}.{at}"] = error
    return tuple(values)
