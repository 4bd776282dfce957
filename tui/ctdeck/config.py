"""What the configuration file may hold, and what is wrong with it, by line. Pure.

A setting that we do not know is an error: a misspelt `read-only` must not be passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from aiocontainerd.access import Access
from aiocontainerd.safe import safe

_AT = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
READ_ONLY, NAMESPACES = "read-only", "namespaces"


class BadConfig(ValueError):
    """The file cannot be used; one line: where, what is wrong, what to do."""


class Switch(NamedTuple):
    """A setting that is on or off, and the line that says so."""

    on: bool
    line: int


class Config(NamedTuple):
    """What the file says; what it leaves out is None. `namespaces` has `read-only` of each."""

    path: Path | None = None
    read_only: Switch | None = None
    namespaces: Mapping[str, Switch] = {}


def access_of(config: Config, *, flag: bool = False) -> Access:
    """What may be changed: `flag` is --read-only, from which no file makes an exception."""

    def remedy(switch: Switch) -> str:
        where = f"{safe(str(config.path))}, line {switch.line}"
        return f"{where} says so: change that, and start ctdeck again."

    named = config.namespaces
    remedies = {name: remedy(switch) for name, switch in named.items() if switch.on}
    whole = config.read_only
    if flag:
        remedies[""] = "Start ctdeck without --read-only."
    elif whole is not None and whole.on:
        remedies[""] = remedy(whole)
    return Access(
        read_only="" in remedies,
        namespaces=frozenset(remedies) - {""},
        writable=frozenset() if flag else frozenset(named) - frozenset(remedies),
        remedies=remedies,
    )


def fail(path: Path, line: int, what: str, remedy: str, cause: Exception | None = None) -> NoReturn:
    """Raises BadConfig: what is wrong there (no `line`: with all of it) and what to do."""
    place = f"{path}:{line}" if line else str(path)
    raise BadConfig(safe(f"{place}: {what}. {remedy}.")) from cause


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
        fail(path, line, what, "Write it as in: read-only = true", error)
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
        self._refuse_unknown(table, (), (READ_ONLY, NAMESPACES))
        namespaces = table.get(NAMESPACES, {})
        self._table(namespaces, (NAMESPACES,))
        switches = {
            name: switch
            for name, inner in namespaces.items()
            if (switch := self._namespace(name, inner)) is not None
        }
        return Config(self._path, self._switch(table, ()), switches)

    def _namespace(self, name: str, table: Any) -> Switch | None:
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

    def _switch(self, table: Mapping[str, Any], where: tuple[str, ...]) -> Switch | None:
        value = table.get(READ_ONLY)
        if value is None:
            return None
        where = (*where, READ_ONLY)
        if not isinstance(value, bool):
            what = f"{READ_ONLY} is {_kind(value)}, and must be true or false"
            self._fail(where, what, f"Write {READ_ONLY} = true")
        return Switch(value, _line_of(self._text, where))

    def _table(self, value: Any, where: tuple[str, ...]) -> None:
        if not isinstance(value, dict):
            name = '[namespaces."k8s.io"]' if len(where) == 1 else _header(where)
            self._fail(where, f"{_spelt(where)} is {_kind(value)}", f"Write a table: {name}")

    def _refuse_unknown(
        self, table: Mapping[str, Any], where: tuple[str, ...], known: tuple[str, ...]
    ) -> None:
        for key, value in table.items():
            if key in known:
                continue
            remedy = f"Known here: {', '.join(known)}"
            if len(where) == 2 and isinstance(value, dict):  # [namespaces.k8s.io] is three deep
                whole = ".".join((where[1], *_path(key, value)))
                remedy = f"A name with a dot is quoted: {_header((where[0], whole))}"
            self._fail((*where, key), f"there is no setting {_spelt((*where, key))}", remedy)

    def _fail(
        self, where: tuple[str, ...], what: str, remedy: str, cause: Exception | None = None
    ) -> NoReturn:
        fail(self._path, _line_of(self._text, where), what, remedy, cause)


def _path(key: str, value: Any) -> Iterator[str]:
    """The keys down to the last table, as of [namespaces.a.b.c]."""
    yield key
    if isinstance(value, dict) and len(value) == 1:
        inner, below = next(iter(value.items()))
        if isinstance(below, dict):
            yield from _path(inner, below)


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
    """The line (from 1) that sets this key: the first one up to which the file has it."""
    import tomllib

    lines = text.splitlines(keepends=True)
    likely = [at for at, line in enumerate(lines, 1) if where[-1] in line]
    for at in likely or range(1, len(lines) + 1):
        found: Any = None
        try:
            found = tomllib.loads("".join(lines[:at]))
        except tomllib.TOMLDecodeError:
            continue  # in the middle of a value of many lines
        for key in where:
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None:
            return at
    return likely[0] if likely else 1
