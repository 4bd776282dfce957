"""What Tab may complete at the cursor of the `:` line, and the line that comes of it. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.models import Container, Snapshot, TaskStatus
from aiocontainerd.reference import parse as parse_reference
from aiocontainerd.run_options import NETWORKS
from ctdeck.colours import THEMES
from ctdeck.command.building import SIGNALS
from ctdeck.command.flags import Kind, Role
from ctdeck.command.shellwords import Word, split_open
from ctdeck.command.words import BY_NAME, WORDS, CommandWord
from ctdeck.forms.host_paths import common_start

_SPECIAL = re.compile(r"[^\w@%+=:,./~-]")
_STATES: dict[str, set[TaskStatus | None]] = {
    "start": {None, TaskStatus.STOPPED, TaskStatus.CREATED},
    "stop": {TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.PAUSING, TaskStatus.UNKNOWN},
    "kill": {TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.PAUSING, TaskStatus.UNKNOWN},
    "pause": {TaskStatus.RUNNING},
    "resume": {TaskStatus.PAUSED, TaskStatus.PAUSING},
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The piece before the cursor: `text` without quotes, from `start` to `end` in the line.

    `head` is a part of the same word that stays as it is (--volume=). `kind` None is one of
    the words themselves, or with `word` one of its flags.
    """

    kind: Kind | None
    text: str
    start: int
    end: int
    word: CommandWord | None = None
    head: str = ""
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completed:
    """The new line, its cursor, and what is still open if more than one fits."""

    line: str
    cursor: int
    choices: tuple[str, ...] = ()


def wanted(line: str, cursor: int) -> Wanted | None:
    """What stands before the cursor, or None where nothing can be completed."""
    words = split_open(line[:cursor])
    if not words or words[-1].end < cursor:
        words = (*words, Word("", cursor, cursor))
    now = words[-1]
    if len(words) == 1:
        return Wanted(None, now.text, now.start, cursor)
    word = BY_NAME.get(words[0].text)
    return _inside(word, words[1:], cursor) if word else None


def candidates(want: Wanted, snapshot: Snapshot, scope: str | None) -> tuple[str, ...]:
    """All that fits in place of `want.text`, in order; host paths are not looked up here.

    `scope` is the containerd namespace that is shown, None for all of them.
    """
    names = [name for name in _names(want, snapshot, scope) if name.startswith(want.text)]
    return tuple(dict.fromkeys(sorted(name for name in names if name not in want.given)))


def complete(line: str, want: Wanted, names: Iterable[str], *, final: bool = True) -> Completed:
    """Put in the one name there is, or what all of them begin with.

    A blank follows a name when it is the only one and `final` (a directory is not).
    """
    names = tuple(names)
    text = common_start(names)
    if not names or (len(names) > 1 and len(text) < len(want.text)):
        text = want.text
    ends = " " if len(names) == 1 and final and not line[want.end :].startswith(" ") else ""
    made = line[: want.start] + shell_escape(want.head + text) + ends
    return Completed(made + line[want.end :], len(made), names if len(names) > 1 else ())


def shell_escape(text: str) -> str:
    """The text as one word, with backslashes: unlike quotes they leave room to type on."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _inside(word: CommandWord, words: tuple[Word, ...], cursor: int) -> Wanted | None:
    """After the command's own word."""
    now = words[-1]
    pieces = word.walk(words)
    last = pieces[-1]
    if last.role is Role.VALUE and last.flag:
        head = now.text[: len(now.text) - len(last.text)]
        return Wanted(last.flag.kind, last.text, now.start, cursor, word, head)
    ended = any(piece.role is Role.END for piece in pieces[:-1])
    arguments = tuple(p.text for p in pieces[:-1] if p.role is Role.ARGUMENT)
    first_only = word.name in {"run", "pull", "ns", "theme"}
    if arguments and first_only:
        return None
    if now.text.startswith("-") and not ended:
        return Wanted(None, now.text, now.start, cursor, word)
    return Wanted(word.kind, now.text, now.start, cursor, word, given=arguments)


def _names(want: Wanted, snapshot: Snapshot, scope: str | None) -> Iterable[str]:
    if want.kind is None and not want.word:
        return (word.name for word in WORDS)
    if want.kind is None and want.word:
        return (flag.name for flag in want.word.flags)
    if want.kind is Kind.FILES:
        there = snapshot.containers.values()
        return (f"{each.id}:" for each in there if scope in (None, each.namespace))
    if want.kind is Kind.CONTAINER and want.word:
        states = _STATES.get(want.word.name)
        return (
            container.id
            for container in snapshot.containers.values()
            if scope in (None, container.namespace) and _fits(container, snapshot, states)
        )
    if want.kind is Kind.OBJECT:
        keys = [*snapshot.containers, *snapshot.images]
        ids = [key.id for key in keys if scope in (None, key.namespace)]
        return [*ids, *_references(want.text, snapshot, scope)]
    if want.kind is Kind.IMAGE:
        return _references(want.text, snapshot, scope)
    fixed = {
        Kind.NAMESPACE: (*snapshot.namespaces, "all"),
        Kind.SIGNAL: SIGNALS,
        Kind.NETWORK: NETWORKS,
        Kind.THEME: THEMES,
    }
    return fixed.get(want.kind, ()) if want.kind else ()


def _fits(container: Container, snapshot: Snapshot, states: set[TaskStatus | None] | None) -> bool:
    task = snapshot.task_of(container)
    return states is None or (task.status if task else None) in states


def _references(text: str, snapshot: Snapshot, scope: str | None) -> list[str]:
    """Full names if the text begins one, else the short forms that people know."""
    full = [image.key.id for image in snapshot.images.values() if scope in (None, image.namespace)]
    short = [_familiar(name) for name in full]
    begun = [name for name in short if name.startswith(text)]
    return begun or full


def _familiar(name: str) -> str:
    try:
        return parse_reference(name).familiar
    except InvalidArgument:
        return name
