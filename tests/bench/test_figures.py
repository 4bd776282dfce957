"""The table of figures: ratios, goals, units and spreads."""

import pytest

from .figures import HEADINGS, Measure, reduced, spread, table
from .units import BYTES, BYTES_PER_SECOND, COUNT, PERCENT, SECONDS, Unit


def test_a_ratio_is_of_medians_and_meets_its_goal() -> None:
    measure = Measure("run", (0.08, 0.09, 0.5), (0.10, 0.1, 0.1), "ctr run", goal=1.0)
    assert measure.ratio == 0.09 / 0.1
    assert measure.met is True


def test_with_nothing_beside_the_goal_is_a_time() -> None:
    measure = Measure("row", (0.2, 0.3, 0.1), goal=0.1)
    assert measure.ratio is None
    assert measure.met is False
    assert "≤ 0.1 s" in measure.cells()


def test_a_line_without_goal_only_informs() -> None:
    assert Measure("cpu", (1.0,), (2.0,)).met is None


def test_long_times_are_in_seconds() -> None:
    assert spread((0.1234,)) == "123 ms"
    assert spread((0.1234, 0.1)) == "112 ms (100 to 123)"
    assert spread((2.0, 4.0, 3.0)) == "3.00 s (2.00 to 4.00)"
    assert spread(()) == "-"


def test_columns_line_up() -> None:
    lines = table([Measure("a", (1.0,)), Measure("a longer name", (1.0,))]).splitlines()
    assert lines[0].split() == " ".join(HEADINGS).split()
    assert {line.index("1000 ms") for line in lines[2:]} == {lines[0].index("ours")}


def test_an_absolute_goal_is_not_of_the_ratio() -> None:
    measure = Measure("dump", (30e6,), (10e6,), "ctr", goal=60e6, unit=BYTES, absolute=True)
    assert measure.ratio == 3
    assert measure.met is True
    assert measure.cells()[1:] == ("30.0 MB", "10.0 MB ctr", "3.00 ×", "≤ 60 MB", "yes")  # noqa: RUF001


def test_a_p95_is_judged_and_shown() -> None:
    times = [0.004] * 18 + [0.020, 0.5]
    measure = Measure("key", times, goal=0.016, statistic="p95")
    assert reduced(times, "p95") == 0.020
    assert measure.met is False
    assert measure.cells()[1] == "p95 20.0 ms (median 4.00)"
    assert measure.cells()[4] == "≤ 16 ms"


def test_the_highest_is_judged_where_it_counts() -> None:
    assert Measure("gap", (0.01, 0.06), goal=0.05, statistic="highest").met is False


def test_a_line_without_figures_says_why_and_meets_nothing() -> None:
    measure = Measure("idle", (), beside_name="needs root", goal=0.3, unit=PERCENT)
    assert measure.met is None
    assert measure.cells() == ("idle", "-", "needs root", "", "≤ 0.3 %", "")


def test_nothing_beside_nothing_is_no_ratio() -> None:
    assert Measure("bytes", (0.0,), (0.0,), "still", unit=BYTES).ratio is None


@pytest.mark.parametrize(
    ("figure", "unit", "text", "goal"),
    [
        (1300, BYTES, "1.30 KB", "1.3 KB"),
        (25_000, BYTES, "25.0 KB", "25 KB"),
        (100e6, BYTES, "100 MB", "100 MB"),
        (20, BYTES_PER_SECOND, "20.0 B/s", "20 B/s"),
        (0, BYTES_PER_SECOND, "0 B/s", "0 B/s"),
        (0.3, PERCENT, "0.30 %", "0.3 %"),
        (47, COUNT, "47", "47"),
        (0.016, SECONDS, "16.0 ms", "16 ms"),
    ],
)
def test_units(figure: float, unit: Unit, text: str, goal: str) -> None:
    assert spread((figure,), unit) == text
    assert unit.goal(figure) == goal


def test_sections_have_headings() -> None:
    measures = [Measure("a", (1.0,), section="Start"), Measure("b", (1.0,), section="Keys")]
    lines = table(measures).splitlines()
    assert lines[2:] == ["", "START", "a        1000 ms", "", "KEYS", "b        1000 ms"]
