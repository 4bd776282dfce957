"""Reads the flags of one command as docker, nerdctl and ctr do (pflag's rules); pure.

`walk` only says what each piece of the line is, so that the parser, the completion and the
history agree about it; `collect` is the parser's view of it and has the errors.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.safe import safe
from ctdeck.command.shellwords import Word


class Kind(Enum):
    """What kind of thing a word of the line names; what completion looks for."""

    NOTHING = "nothing"
    CONTAINER = "container id"
    IMAGE = "image reference"
    NAMESPACE = "namespace"
    VOLUME = "mount"
    SIGNAL = "signal"
    NETWORK = "network"
    THEME = "theme"
    FILES = "container id or path"
    OBJECT = "container, image or digest"


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag under all its names, the one to show first; `value` is empty for a switch."""

    names: tuple[str, ...]
    value: str = ""
    kind: Kind = Kind.NOTHING
    many: bool = False

    @property
    def name(self) -> str:
        """The long name, by which `Given` keeps it."""
        return self.names[-1]

    @property
    def usage(self) -> str:
        """As the usage line shows it: [-v SRC:DST[:ro]]…"""
        text = f"{self.names[0]} {self.value}" if self.value else self.names[0]
        return f"[{text}]…" if self.many else f"[{text}]"


class Role(Enum):
    """What a piece of the line is."""

    FLAG = "flag"
    VALUE = "value"
    UNKNOWN = "unknown flag"
    END = "--"
    ARGUMENT = "argument"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece: a word, or the part of one that is the value in --flag=value."""

    role: Role
    text: str
    word: Word
    flag: Flag | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What was given: values by the flag's long name ("" for a switch), and the rest."""

    values: Mapping[str, tuple[str, ...]]
    arguments: tuple[str, ...]

    def has(self, name: str) -> bool:
        """A switch is on."""
        return self.values.get(name, ("false",))[-1] != "false"

    def last(self, name: str, default: str = "") -> str:
        """The value given last, which is the one that counts."""
        return self.values[name][-1] if name in self.values else default

    def all(self, name: str) -> tuple[str, ...]:
        """All values, in order."""
        return self.values.get(name, ())


def walk(words: Sequence[Word], flags: Sequence[Flag], *, interspersed: bool) -> Iterator[Piece]:
    """Say what each word is; never raises.

    With `interspersed` flags may stand after arguments; without, the first argument ends
    them, and all that follows is an argument too.
    """
    known = {name: flag for flag in flags for name in flag.names}
    waiting: Flag | None = None
    ended = False
    for word in words:
        text = word.text
        if waiting:
            yield Piece(Role.VALUE, text, word, waiting)
            waiting = None
        elif ended or text == "-" or not text.startswith("-"):
            ended = ended or not interspersed
            yield Piece(Role.ARGUMENT, text, word)
        elif text == "--":
            ended = True
            yield Piece(Role.END, text, word)
        else:
            pieces = _long(word, known) if text.startswith("--") else _short(word, known)
            yield from pieces
            last = pieces[-1]
            waiting = (
                last.flag if last.role is Role.FLAG and last.flag and last.flag.value else None
            )


def collect(pieces: Iterable[Piece], flags: Sequence[Flag], advice: Mapping[str, str]) -> Given:
    """Gather the pieces; raises InvalidArgument for what is unknown, missing or too much.

    `advice` has, for flags that people will try, what to say instead of "near matches".
    """
    values: dict[str, list[str]] = {}
    arguments = []
    waiting: Flag | None = None
    for piece in pieces:
        if piece.role is Role.UNKNOWN:
            raise _unknown(piece.text, flags, advice)
        if piece.role is Role.ARGUMENT:
            arguments.append(piece.text)
        elif piece.role is Role.FLAG and piece.flag:
            waiting = piece.flag if piece.flag.value else None
            if not waiting:
                values.setdefault(piece.flag.name, []).append("")
        elif piece.role is Role.VALUE and piece.flag:
            waiting = None
            values.setdefault(piece.flag.name, []).append(_value(piece.flag, piece.text))
    if waiting:
        raise InvalidArgument(
            "the value is missing", subject=waiting.name, remedy=f"Write {waiting.usage}."
        )
    return Given({name: tuple(given) for name, given in values.items()}, tuple(arguments))


def _long(word: Word, known: Mapping[str, Flag]) -> list[Piece]:
    name, equals, value = word.text.partition("=")
    flag = known.get(name)
    if not flag:
        return [Piece(Role.UNKNOWN, name, word)]
    first = Piece(Role.FLAG, name, word, flag)
    return [first, Piece(Role.VALUE, value, word, flag)] if equals else [first]


def _short(word: Word, known: Mapping[str, Flag]) -> list[Piece]:
    """A bundle such as -dt, whose last flag may have its value attached: -eK=V."""
    pieces: list[Piece] = []
    for at in range(1, len(word.text)):
        name = f"-{word.text[at]}"
        flag = known.get(name)
        if not flag:
            # The whole word, when it looks like a long flag with one dash: -name.
            return [*pieces, Piece(Role.UNKNOWN, word.text if at == 1 else name, word)]
        pieces.append(Piece(Role.FLAG, name, word, flag))
        rest = word.text[at + 1 :]
        if rest and (flag.value or rest.startswith("=")):
            return [*pieces, Piece(Role.VALUE, rest.removeprefix("="), word, flag)]
    return pieces


def _value(flag: Flag, text: str) -> str:
    if flag.value or text in {"true", "false"}:
        return text
    raise InvalidArgument(
        f"this switch takes no value '{safe(text[:40])}'",
        subject=flag.name,
        remedy=f"Write {flag.name} alone.",
    )


def _unknown(text: str, flags: Sequence[Flag], advice: Mapping[str, str]) -> InvalidArgument:
    names = [name for flag in flags for name in flag.names]
    if f"-{text}" in names:
        remedy = f"Write -{text}, with two dashes."
    elif hint := advice.get(text if text.startswith("--") else text[:2]):
        remedy = hint
    elif near := get_close_matches(text, names, n=2):
        remedy = f"Did you mean {' or '.join(near)}?"
    else:
        remedy = "It takes " + (" ".join(flag.names[0] for flag in flags) or "no flags") + "."
    return InvalidArgument("there is no such flag", subject=safe(text[:40]), remedy=remedy)
