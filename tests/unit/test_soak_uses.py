"""The soak's verdict on memory: a leak, a plateau that comes late, or a run that cannot tell."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import exp

import pytest

from tests.soak.uses import Growth, Use, figures, grown, growth

MB = 1_000_000
LOOK = 5  # s
Curve = Callable[[float], float]  # MB by minutes


def fills(late: float) -> Curve:
    """Caches that fill, more slowly on a busy machine: a third is left after `late` minutes."""
    return lambda minute: 60 + 60 * (1 - exp(-minute / late))


def leaks(rate: float, curve: Curve) -> Curve:
    """So many MB more in each minute."""
    return lambda minute: curve(minute) + rate * minute


def run(minutes: float, curve: Curve, *, noise: float = 0.0, seed: int = 0) -> list[Use]:
    """What is seen in so many minutes; `noise` is in MB, of steps that come and go in a minute."""
    dice, uses, step = random.Random(seed), [], 0.0
    for at in range(0, int(minutes * 60) + 1, LOOK):
        if at % 60 == 0:
            step = dice.uniform(-noise, noise)
        uses.append(Use(1000 + at, int((curve(at / 60) + step) * MB), 12))
    return uses


def points(*each: float) -> Curve:
    """As it was measured at each minute."""

    def curve(minute: float) -> float:
        at = min(int(minute), len(each) - 2)
        return each[at] + (each[at + 1] - each[at]) * (minute - at)

    return curve


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("rate", [3.0, 5.0, 12.0])
def test_a_leak_is_a_fault(rate: float, seed: int) -> None:
    """In a run of minutes that grows no less at the end; also behind caches that fill."""
    uses = run(10, leaks(rate, fills(1.0)), noise=rate / 4, seed=seed)
    assert growth(uses) is Growth.LEAK
    assert any("memory" in fault for fault in grown(uses))


@pytest.mark.parametrize("late", [0.5, 1.0, 2.0, 3.0, 5.0])
def test_a_plateau_is_none_however_late_it_is_reached(late: float) -> None:
    told = [growth(run(minutes, fills(late))) for minutes in range(5, 31)]
    assert Growth.LEAK not in told
    assert told[-1] is Growth.FLAT
    assert not grown(run(30, fills(late)))


def test_one_that_is_short_leaves_it_open_whether_it_is_a_leak() -> None:
    """A leak and a late plateau look the same so far: neither a fault nor nothing wrong."""
    for curve in (leaks(12, fills(1.0)), fills(3.0), points(60, 82, 97, 108, 115, 119)):
        uses = run(5, curve)
        assert growth(uses) is Growth.OPEN
        assert not grown(uses)
        assert "longer run" in figures(uses)[-1]


@pytest.mark.parametrize("seed", range(20))
def test_what_comes_and_goes_is_no_leak(seed: int) -> None:
    assert growth(run(10, lambda _: 120, noise=1.5, seed=seed)) is Growth.FLAT


def test_a_step_is_no_leak() -> None:
    """A dialog that was not open before, at any time."""
    for minute in range(1, 10):
        uses = run(10, lambda at, minute=minute: 100 + 8 * (at > minute))  # type: ignore[misc]
        assert growth(uses) in (Growth.FLAT, Growth.OPEN)


def test_a_run_that_is_too_short_says_so() -> None:
    uses = run(2, leaks(20, fills(1.0)))
    assert growth(uses) is Growth.SHORT
    assert not grown(uses)
    assert "too short" in figures(uses)[-1]
    assert growth(uses[:1]) is Growth.SHORT


def test_files_and_threads_that_are_more_than_at_the_start() -> None:
    first, last = Use(0, MB, 12, {"socket": 2}), Use(9, MB, 60, {"socket": 3, "pipe": 1})
    files, threads = grown([first, last])
    assert "'socket': 1" in files
    assert "'pipe': 1" in files
    assert "12 at the start, 60 at the end" in threads
