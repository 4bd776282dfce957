"""containerd's filter language: `labels."a.b/c"==x,topic~="^/tasks/"`. Pure.

Each text is a comma-joined AND; several texts are OR. Operators `==`, `!=`, `~=` (a regular
expression that may match anywhere); a bare path asks for presence. Values and parts of a path may
be quoted with "…", and after `~=` with /…/ or |…|. Source: containerd `pkg/filters`, whose words
for what it cannot read these are.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from google.protobuf.message import Message

from aiocontainerd.simulator.refusals import Refused, invalid

Found: TypeAlias = tuple[str, bool]  # the value, and whether there is one
Adaptor: TypeAlias = Callable[[Sequence[str]], Found]
Filter: TypeAlias = Callable[[Adaptor], bool]

_SPACE = re.compile(r"\s*")
_FIELD = re.compile(r"\w+", re.ASCII)
_OPERATOR = re.compile(r"[=!~]+")
_VALUE = re.compile(r"[^,\s=!~.][^,\s]*")
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"|/((?:\\.|[^/\\])*)/|\|((?:\\.|[^|\\])*)\|')
_ESCAPE = re.compile(r"\\(.)")
_QUOTES = '"/|'


def parse(texts: Sequence[str]) -> Filter | None:
    """One filter of several texts; None selects everything. Raises Refused INVALID_ARGUMENT."""
    if not texts:
        return None
    any_of = [_Parser(text).conjunction() for text in texts]
    return lambda adaptor: any(all(one(adaptor) for one in all_of) for all_of in any_of)


def field_of(message: Message, path: Sequence[str]) -> Found:
    """The value at a path such as ["labels", "a", "b"] inside a message, as text."""
    if not path or path[0] not in message.DESCRIPTOR.fields_by_name:
        return "", False
    value, rest = getattr(message, path[0]), path[1:]
    if isinstance(value, Message):
        return field_of(value, rest)
    if rest:  # a map, whose keys hold dots
        key = ".".join(rest)
        return (value[key], True) if hasattr(value, "keys") and key in value else ("", False)
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text, bool(value)


class _Parser:
    """One text, read from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._skip()

    def conjunction(self) -> list[Filter]:
        selectors: list[Filter] = []
        if self._text and not self._peek():
            raise self._bad_here("expected field or quoted")
        while self._peek():
            selectors.append(self._selector())
            if self._left and self._left[0] != ",":
                raise self._bad(f"unexpected input: {self._left[0]}")
            if self._peek():
                self._advance(self._position + 1)
                if not self._peek():
                    raise self._bad_here("expected field or quoted")
        return selectors

    def _selector(self) -> Filter:
        path = [self._field()]
        while self._peek() == ".":
            self._advance(self._position + 1)
            path.append(self._field())
        found = _OPERATOR.match(self._text, self._position)
        if found is None:
            self._end_of_path()
            return lambda adaptor: adaptor(path)[1]
        if found[0] not in {"==", "!=", "~="}:
            raise self._bad(f'unsupported operator "{found[0]}"')
        self._advance(found.end())
        return _compare(path, found[0], self._value(found[0]))

    def _end_of_path(self) -> None:
        """A path that no operator follows is the whole of its selector."""
        if self._left[:1] in {"", ","}:
            return
        if (
            self._peek()
            and self._peek() in _QUOTES
            and not _QUOTED.match(self._text, self._position)
        ):
            raise self._bad_here("quoted literal not terminated")
        raise self._bad_here('expected an operator ("=="|"!="|"~=")')

    @property
    def _left(self) -> str:
        """What is not read, with the space before it."""
        return self._text[self._space :]

    def _field(self) -> str:
        if self._peek() and self._peek() in _QUOTES:
            return self._quoted('"')
        return self._take(_FIELD, "expected field or quoted")

    def _value(self, operator: str) -> str:
        if self._peek() and self._peek() in _QUOTES:
            return self._quoted(_QUOTES if operator == "~=" else '"')
        return self._take(_VALUE, "expected value or quoted")

    def _quoted(self, allowed: str) -> str:
        found = _QUOTED.match(self._text, self._position)
        if found is None:
            raise self._bad("quoted literal not terminated")
        if found[0][0] not in allowed:
            raise self._bad("invalid quote encountered")
        self._advance(found.end())
        return _ESCAPE.sub(r"\1", found[0][1:-1])

    def _take(self, pattern: re.Pattern[str], expected: str) -> str:
        found = pattern.match(self._text, self._position)
        if found is None:
            raise self._bad(expected)
        self._advance(found.end())
        return found[0]

    def _peek(self) -> str:
        return self._text[self._position : self._position + 1]

    def _advance(self, position: int) -> None:
        self._position = position
        self._skip()

    def _skip(self) -> None:
        self._space = self._position
        found = _SPACE.match(self._text, self._position)
        self._position = found.end() if found else self._position

    def _bad_here(self, what: str) -> Refused:
        self._space = self._position
        return self._bad(what)

    def _bad(self, what: str) -> Refused:
        text, at = self._text, self._space
        if at < len(text):
            text = f"{text[:at]} >|{text[at]}|< {text[at + 1 :]}"
        return invalid(f"filters: parse error: [{text}]: {what}")


def _compare(path: list[str], operator: str, value: str) -> Filter:
    if operator == "==":
        return lambda adaptor: adaptor(path) == (value, True)
    if operator == "!=":
        return lambda adaptor: adaptor(path)[0] != value
    try:
        search = re.compile(value).search
    except re.error:  # the daemon logs it, and selects nothing
        return lambda adaptor: False
    return lambda adaptor: search(adaptor(path)[0]) is not None
