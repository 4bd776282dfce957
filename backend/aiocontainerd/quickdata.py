"""`dataclass(frozen=True, slots=True)` as Python's own, made in a fifth of the time.

Python compiles six functions for each class, one by one: most of a millisecond, and the first
screen waits for thirty classes. Here one is compiled, `__init__`; the others are shared by all
classes. An instance is made in half the time, too; to compare two takes twice as long.
"""

from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from dataclasses import dataclass as _dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """Frozen, with slots, and no other option; a base class may not be one."""
        if not (frozen and slots):
            raise TypeError("only frozen ones with slots")
        return _made


def _made(cls: type) -> type:
    made: Any = _dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    made.__dataclass_params__.frozen = True
    parts = fields(made)
    made._compared = _getter(part.name for part in parts if part.compare)
    hashed = (p.name for p in parts if (p.compare if p.hash is None else p.hash))
    made._hashed = _getter(hashed)
    own = cls.__dict__
    for name, function in _SHARED.items():
        if name not in own or (name == "__hash__" and own[name] is None and "__eq__" in own):
            setattr(made, name, function)
    if "__init__" not in own:
        made.__init__ = _init(made, parts)
    return cast("type", made)


def _getter(names: Iterable[str]) -> Callable[[Any], Any]:
    """Reads these; of none at all all are equal."""
    found = [*names]
    return attrgetter(*found) if found else type


def _init(cls: Any, parts: tuple[Field[Any], ...]) -> Callable[..., None]:
    """The one function of its own; it sets what nothing else may set."""
    known: dict[str, Any] = {"MISSING": MISSING}
    given, done = ["self"], []
    for part in parts:
        name = value = part.name
        known[f"set_{name}"] = cls.__dict__[name].__set__
        if part.default_factory is not MISSING:
            known[f"make_{name}"] = part.default_factory
            given.append(f"{name}=MISSING")
            value = f"make_{name}() if {name} is MISSING else {name}"
        elif part.default is not MISSING:
            known[f"default_{name}"] = part.default
            given.append(f"{name}=default_{name}")
        else:
            given.append(name)
        done.append(f" set_{name}(self, {value})\n")
    if hasattr(cls, "__post_init__"):
        done.append(" self.__post_init__()\n")
    exec(f"def __init__({', '.join(given)}):\n{''.join(done or [' pass'])}", known)
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {part.name: part.type for part in parts} | {"return": None}
    return init


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = self._compared
    return values(self) == values(other)


def _hash(self: Any) -> int:
    return hash(self._hashed(self))


def _repr(self: Any) -> str:
    shown = (part.name for part in fields(self) if part.repr)
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{self.__class__.__qualname__}({values})"


def _setattr(self: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, part.name) for part in fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for part, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, part.name, value)


_SHARED: dict[str, Callable[..., Any]] = {
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
