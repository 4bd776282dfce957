"""What the configuration file may hold, and what is wrong with it, by line. Pure.

A setting that we do not know is an error: a misspelt `read-only` must not be passed over.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from aiocontainerd.access import Access, Told
from aiocontainerd.safe import safe
from ctdeck.colours import THEMES
from ctdeck.configkeys import KEYS, Remapped
from ctdeck.configkeys import read as read_keys

_AT = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
_LONGEST = 300  # characters of what is told of a mistake
_NAME_MAX = 76  # characters of a namespace
_REACH = 40  # lines that a value may be long
READ_ONLY, NAMESPACES = "read-only", "namespaces"
THEME, DETACH, TOOLBOX = "theme", "detach-keys", "toolbox"
_DETACH = re.compile(r"(ctrl-[a-z@\[\\\]^_]|[!-~])(,(ctrl-[a-z@\[\\\]^_]|[!-~])){0,7}")


class BadConfig(ValueError):
    """The file cannot be used; one line: where, what is wrong, what to do."""


class Config(NamedTuple):
    """What the file says; what it leaves out is None or empty.

    `namespaces` has `read-only` of each.
    `keys` are checked against the actions in `keymap.py`, when Textual may be imported.
    """

    path: Path
    text: str = ""
    read_only: bool | None = None
    namespaces: Mapping[str, bool] = {}
    keys: tuple[Remapped, ...] = ()
    theme: str = ""
    detach_keys: str = ""
    toolbox: str = ""


def access_of(config: Config, *, flag: bool = False) -> Access:
    """What may be changed: `flag` is --read-only, from which no file makes an exception."""

    def remedy(namespace: str) -> str:
        if flag and not namespace:
            return "Start ctdeck without --read-only."
        where = (NAMESPACES, namespace, READ_ONLY) if namespace else (READ_ONLY,)
        place = f"{safe(str(config.path))}, line {_line_of(config.text, where)}"
        return f"{place} says so: change that, and start ctdeck again."

    def place(namespace: str) -> str:
        line = _line_of(config.text, (NAMESPACES, namespace))
        return f"{safe(config.path.name)}, line {line}"

    whole = flag or bool(config.read_only)
    locked = frozenset(name for name, read_only in config.namespaces.items() if read_only)
    return Access(
        read_only=whole,
        namespaces=locked,
        writable=frozenset() if flag else frozenset(config.namespaces) - locked,
        remedies=Told(remedy, {*locked, ""} if whole else locked),
        places=Told(place, config.namespaces),
    )


def fail(path: Path, line: int, what: str, remedy: str, cause: Exception | None = None) -> NoReturn:
    """Raises BadConfig: what is wrong there (no `line`: with all of it), and any remedy."""
    place = f"{path}:{line}" if line else str(path)
    ends = remedy if remedy.endswith("?") or not remedy else f"{remedy}."
    raise BadConfig(safe(f"{place}: {_cut(what)}. {ends}".rstrip())) from cause


def fail_at(
    config: Config, where: tuple[str, ...], what: str, remedy: str, cause: Exception | None = None
) -> NoReturn:
    """The same of the line that sets this key."""
    fail(config.path, _line_of(config.text, where), what, remedy, cause)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def parse(path: Path, data: bytes) -> Config:
    """The settings in these bytes of the file. Raises BadConfig."""
    import tomllib

    try:
        text = data.decode()
        table = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        fail(path, line, "this is not UTF-8", "Write it anew as UTF-8", error)
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        number = found["line"] if found else None
        line = int(number) if number else text.count("\n") + 1
        what = f"this is not TOML: {_AT.sub('', str(error))}"
        fail(path, line, what, "", error)
    except RecursionError as error:
        fail(path, 0, "its tables lie too deep", "Leave them out", error)
    return _Reader(path, text).config(table)


class _Reader:
    """Makes a Config of the parsed file; `text` is only looked at for the number of a line."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text

    def config(self, table: Mapping[str, Any]) -> Config:
        """Raises BadConfig."""
        self._refuse_unknown(table, (), (READ_ONLY, NAMESPACES, THEME, KEYS, DETACH, TOOLBOX))
        namespaces = table.get(NAMESPACES, {})
        self._table(namespaces, (NAMESPACES,))
        switches = {
            name: switch
            for name, inner in namespaces.items()
            if (switch := self._namespace(name, inner)) is not None
        }
        keys = table.get(KEYS, {})
        self._table(keys, (KEYS,))
        return Config(
            self._path,
            self._text,
            self._switch(table, ()),
            switches,
            keys=read_keys(keys, self._fail),
            theme=self._theme(table),
            detach_keys=self._detach_keys(table),
            toolbox=self._toolbox(table),
        )

    def _word(self, table: Mapping[str, Any], name: str, example: str) -> str:
        value = table.get(name, "")
        if not isinstance(value, str):
            self._fail((name,), f"{name} is {_kind(value)}", f'Write {name} = "{example}"')
        return value

    def _theme(self, table: Mapping[str, Any]) -> str:
        name = self._word(table, THEME, "nord")
        if name and name not in THEMES:
            what = f"there is no theme {safe(name)}"
            self._fail((THEME,), what, f"There are {', '.join(THEMES)}")
        return name

    def _detach_keys(self, table: Mapping[str, Any]) -> str:
        keys = self._word(table, DETACH, "ctrl-p,ctrl-q").lower()
        if keys and not _DETACH.fullmatch(keys):
            remedy = f'Write them as docker has them: {DETACH} = "ctrl-p,ctrl-q"'
            self._fail((DETACH,), "these are no keys that detach", remedy)
        return keys

    def _toolbox(self, table: Mapping[str, Any]) -> str:
        from aiocontainerd.errors import InvalidArgument
        from aiocontainerd.reference import parse as parse_reference

        image = self._word(table, TOOLBOX, "docker.io/library/busybox:latest")
        try:
            return str(parse_reference(image)) if image else ""
        except InvalidArgument as error:
            remedy = error.remedy.rstrip(".") or "Write an image as for :pull"
            return self._fail((TOOLBOX,), f"{TOOLBOX}: {error.what}", remedy, error)

    def _namespace(self, name: str, table: Any) -> bool | None:
        from aiocontainerd.errors import InvalidArgument
        from aiocontainerd.identifiers import check_identifier

        where = (NAMESPACES, name)
        self._table(table, where)
        try:
            check_identifier(name, "namespace")
        except InvalidArgument as error:
            self._fail(where, f"{_spelt(where)}: {error.what}", error.remedy.rstrip("."), error)
        self._refuse_unknown(table, where, (READ_ONLY,))
        return self._switch(table, where)

    def _switch(self, table: Mapping[str, Any], where: tuple[str, ...]) -> bool | None:
        value = table.get(READ_ONLY)
        if value is None or isinstance(value, bool):
            return value
        what = f"{READ_ONLY} is {_kind(value)}, and must be true or false"
        return self._fail((*where, READ_ONLY), what, f"Write {READ_ONLY} = true")

    def _table(self, value: Any, where: tuple[str, ...]) -> None:
        if not isinstance(value, dict):
            name = '[namespaces."k8s.io"]' if where == (NAMESPACES,) else _header(where)
            self._fail(where, f"{_spelt(where)} is {_kind(value)}", f"Write a table: {name}")

    def _refuse_unknown(
        self, table: Mapping[str, Any], where: tuple[str, ...], known: tuple[str, ...]
    ) -> None:
        for key, value in table.items():
            if key in known:
                continue
            remedy, spelt = f"Known here: {', '.join(known)}", _spelt((*where, key))
            if len(where) == 2 and isinstance(value, dict):  # [namespaces.k8s.io] is three deep
                whole = ".".join((where[1], *_path(key, value)))
                if len(whole) <= _NAME_MAX:
                    remedy = f"A name with a dot is quoted: {_header((where[0], whole))}"
            self._fail((*where, key), f"there is no setting {spelt}", remedy)

    def _fail(
        self, where: tuple[str, ...], what: str, remedy: str, cause: Exception | None = None
    ) -> NoReturn:
        fail(self._path, _line_of(self._text, where), what, remedy, cause)


def _path(key: str, value: Any) -> Iterator[str]:
    """The keys down to the last table, as of [namespaces.a.b.c]."""
    while isinstance(value, dict):
        yield key
        if len(value) != 1:
            return
        key, value = next(iter(value.items()))


def _header(where: tuple[str, ...]) -> str:
    return f"[{_spelt(where)}]"


def _spelt(where: tuple[str, ...]) -> str:
    return ".".join(key if re.fullmatch(r"[\w-]+", key) else f'"{key}"' for key in where)


_KINDS = (
    (bool, "true or false"),
    (str, "a text"),
    (int | float, "a number"),
    (list, "a list"),
    (dict, "a table"),
)


def _kind(value: Any) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "a time")


def _line_of(text: str, where: tuple[str, ...]) -> int:
    """The line (from 1) where what sets this key begins; near it in a value of many lines."""
    import tomllib

    lines = text.split("\n")

    def has(number: int) -> bool:
        """Whether the file has the key, if it ends behind this line, or soon behind it: a value
        must not be cut."""
        for end in range(number, min(number + _REACH, len(lines)) + 1):
            with suppress(tomllib.TOMLDecodeError):
                return _holds(tomllib.loads("\n".join((*lines[:end], ""))), where)
        return False

    numbers = range(1, len(lines))
    return bisect_left(numbers, True, key=has) + 1


def _holds(table: Any, where: tuple[str, ...]) -> bool:
    for key in where:
        if not isinstance(table, dict) or key not in table:
            return False
        table = table[key]
    return True
