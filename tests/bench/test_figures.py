"""The table of figures: ratios, goals and spreads."""

from .figures import HEADINGS, Measure, spread, table


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
    assert spread((0.1234,)) == "123 ms (123 to 123)"
    assert spread((2.0, 4.0, 3.0)) == "3.00 s (2.00 to 4.00)"
    assert spread(()) == "-"


def test_columns_line_up() -> None:
    lines = table([Measure("a", (1.0,)), Measure("a longer name", (1.0,))]).splitlines()
    assert lines[0].split() == " ".join(HEADINGS).split()
    assert {line.index("1000 ms") for line in lines[2:]} == {lines[0].index("ours")}
