"""A quick dataclass does what Python's own does."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Any, Generic, TypeVar

import pytest

from aiocontainerd.models import Mount, Snapshot
from aiocontainerd.quickdata import dataclass as quick

T = TypeVar("T")
MAKERS = {"Python's": dataclasses.dataclass, "quick": quick}


def made(how: str) -> dict[str, Any]:
    """Some classes, made by the one or the other."""
    dataclass: Callable[..., Any] = MAKERS[how]

    @dataclass(frozen=True, slots=True)
    class Some:
        """Has all kinds of fields."""

        first: str
        second: int = 2
        third: list[int] = field(default_factory=list, compare=False)
        hidden: str = field(default="x", repr=False)
        unhashed: list[int] = field(default_factory=list, hash=False)

    @dataclass(frozen=True, slots=True)
    class Checked(Generic[T]):
        """Checks and counts."""

        value: T

        def __post_init__(self) -> None:
            if self.value is None:
                raise ValueError("none")

        @property
        def double(self) -> Any:
            return self.value * 2  # type: ignore[operator]

    @dataclass(frozen=True, slots=True)
    class Own:
        """Has its own ways."""

        value: str = ""

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "own"

    @dataclass(frozen=True, slots=True)
    class Empty:
        """Nothing in it."""

    return {each.__name__: each for each in (Some, Checked, Own, Empty)}


def told(how: str) -> dict[str, object]:
    """What they do."""
    some, checked, own, empty = made(how).values()
    one, two = some("a"), some("a", 2, [5], hidden="x")
    return {
        "equal": (
            one == two,
            one != some("b"),
            one == 5,
            one == some("a", hidden="y"),
            one == some("a", unhashed=[1]),
        ),
        "hash": hash(one) == hash(two),
        "hash value": (
            hash(one) == hash(some("a", unhashed=[1])),
            hash(checked(3)) == hash(checked(3)),
        ),
        "in a set": len({one, two, some("c")}),
        "text": (repr(one).rpartition(".")[2], repr(own()), repr(empty()).rpartition(".")[2]),
        "empty": (empty() == empty(), hash(empty()) == hash(empty())),
        "own": (own("a") == own("b"), hash(own("a")) == hash(own("b"))),
        "fresh": some("a").third is not some("a").third,
        "given": (two.third, two.second, some(first="z", second=9).second),
        "fields": [(f.name, f.type, f.compare, f.init) for f in dataclasses.fields(some)],
        "replaced": dataclasses.replace(one, second=7).second,
        "dict": dataclasses.asdict(two),
        "copied": (copy.copy(one) == one, copy.deepcopy(two).third),
        "slots": (some.__slots__, hasattr(one, "__dict__"), one.__getstate__()),
        "matched": some.__match_args__,
        "takes": [(p.name, p.kind) for p in inspect.signature(some).parameters.values()],
        "says": (some.__doc__, some.__init__.__annotations__),
        "double": checked(4).double,
        "frozen": some.__dataclass_params__.frozen,
    }


def test_it_is_the_same_as_pythons() -> None:
    theirs, ours = told("Python's"), told("quick")
    assert ours == theirs


@pytest.mark.parametrize("how", MAKERS)
def test_what_is_refused(how: str) -> None:
    some, checked, *_ = made(how).values()
    one = some("a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'first'"):
        one.first = "b"
    with pytest.raises(FrozenInstanceError):
        del one.first
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        one.new = 1
    for wrong in (lambda: some(), lambda: some("a", 1, [], "", [], 6), lambda: some("a", other=1)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(ValueError, match="none"):
        checked(None)


def test_other_options_are_refused() -> None:
    with pytest.raises(TypeError):
        quick(frozen=False, slots=True)


def test_it_can_be_pickled() -> None:
    one = Mount("/a", "bind", "/b", ("ro",))
    assert pickle.loads(pickle.dumps(one)) == one
    assert Snapshot() == Snapshot()
