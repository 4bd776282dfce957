"""Widths, cut texts, and a cursor that holds its row: for any input."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ctdeck.screens.layout import heights_of
from ctdeck.widgets import column
from ctdeck.widgets.column import EASY, GAP, Column, fit, fit_columns, natural_widths, sample
from ctdeck.widgets.factsview import wrap
from ctdeck.widgets.parts import Top, top_parts
from ctdeck.widgets.rowview import RowView
from ctdeck.widgets.widths import with_mark


class Row(NamedTuple):
    key: Hashable


@given(st.text(), st.integers(1, 60), st.booleans(), st.sampled_from(["end", "middle"]))
def test_a_text_takes_exactly_its_cells(text: str, width: int, right: bool, cut: str) -> None:
    assert cell_len(fit(text, width, right=right, cut=cut)) == width


def test_cutting() -> None:
    assert fit("registry.example/team/app:1.2.3", 20, cut="middle") == "regist…eam/app:1.2.3"
    assert fit("a long name", 6) == "a lon…"
    assert fit("ab", 4, right=True) == "  ab"


def test_what_a_list_is_sorted_by_is_seen_where_little_fits() -> None:
    columns: list[Column[Row]] = [
        Column(f"c{n}", f"C{n}", lambda *_: "", lambda r: r.key, priority=2 * n, minimum=9)
        for n in range(6)
    ]
    for by in ("c2", "c5"):
        shown = fit_columns(with_mark(columns, by), [9] * 6, 33)
        assert [columns[i].id for i, _ in shown] == ["c0", "c1", by]


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 9), st.integers(1, 60)), min_size=1),
    st.integers(1, 200),
)
def test_columns_fit_the_width_and_the_unimportant_leave_first(
    wishes: list[tuple[int, int, int]], available: int
) -> None:
    columns: list[Column[Row]] = [
        Column(str(n), "", lambda *_: "", lambda r: r.key, priority=p, minimum=least)
        for n, (least, p, _) in enumerate(wishes)
    ]
    natural = [width for _, _, width in wishes]
    shown = fit_columns(columns, natural, available)
    total = sum(width for _, width in shown) + GAP * (len(shown) - 1)
    assert total <= max(available, 1)
    assert [i for i, _ in shown] == sorted(i for i, _ in shown)
    left = {i for i, _ in shown}
    least = [min(column.minimum, natural[i]) for i, column in enumerate(columns)]
    easy = [max(least[i], min(natural[i], EASY)) for i in range(len(columns))]
    spare = available - total_of(easy[i] for i in left)
    assert all(least[i] + GAP > spare for i in range(len(columns)) if i not in left)
    assert min(range(len(columns)), key=lambda i: (columns[i].priority, i)) in left


def test_names_are_not_cut_for_what_matters_little() -> None:
    columns: list[Column[Row]] = [
        Column(name, "", lambda *_: "", lambda r: r.key, priority=p, minimum=8)
        for name, p in (("name", 2), ("cpu", 4), ("runtime", 6))
    ]
    assert fit_columns(columns, [20, 8, 8], 28) == [(0, 18), (1, 8)]
    assert fit_columns(columns, [20, 8, 8], 36) == [(0, 16), (1, 8), (2, 8)]
    assert fit_columns(columns, [20, 8, 8], 20) == [(0, 10), (1, 8)]


def total_of(widths: Iterable[int]) -> int:
    found = list(widths)
    return sum(found) + GAP * (len(found) - 1)


@given(st.text(), st.integers(8, 40))
def test_wrapping_loses_nothing_but_blanks(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_sample_has_the_first_and_the_last() -> None:
    rows = list(range(10_000))
    assert sample(rows)[0] == 0
    assert sample(rows)[-1] == 9_999
    assert len(sample(rows)) < 200
    assert sample(rows[:50]) == rows[:50]


keys = st.lists(st.integers(0, 30), unique=True)


@given(keys, keys, st.integers(0, 40), st.booleans())
def test_the_cursor_holds_its_row_or_takes_a_neighbour(
    before: list[int], after: list[int], index: int, reverse: bool
) -> None:
    view: RowView[Row] = RowView()
    view.set_rows([Row(key) for key in before])
    view.move_to(index)
    held = view.current
    view.reverse = reverse
    view.set_rows([Row(key) for key in after])
    if held is not None and held.key in after:
        assert view.current == held
    elif survivors := [key for key in before if key in after]:
        assert view.current is not None
        assert view.current.key in survivors
    elif after:
        assert view.current is not None
    else:
        assert view.current is None


@given(
    st.text(max_size=30),
    st.text(max_size=30),
    st.text(max_size=80),
    st.lists(st.text(max_size=12), max_size=2),
    st.integers(1, 200),
)
def test_the_top_line_fits_and_keeps_the_namespace(
    host: str, daemon: str, alarm: str, notes: list[str], width: int
) -> None:
    parts = top_parts(Top(host, daemon, "prod", (alarm, alarm[:9]), tuple(notes)), width)
    assert sum(cell_len(text) for text, _ in parts) <= max(width, 8)
    assert ("prod", "bold") in parts


def test_a_reference_loses_its_registry_first() -> None:
    reference = "registry.example.org/team/tools:2.4"
    assert fit(reference, 40, cut="host").rstrip() == reference
    assert fit(reference, 18, cut="host").rstrip() == "…/team/tools:2.4"
    assert fit(reference, 12, cut="host").rstrip() == "…/tools:2.4"
    assert fit(reference, 10, cut="host").endswith("ls:2.4")
    assert fit("127.0.0.1:57591/busybox:latest", 16, cut="host") == "…/busybox:latest"
    assert fit("library/nginx:1.27", 12, cut="host") == "…/nginx:1.27"


def test_an_age_and_a_column_with_nothing_in_it() -> None:
    old: Column[Row] = Column("age", "AGE", lambda *_: "5 s", lambda r: r.key, when=lambda _: None)
    assert natural_widths([old], [Row(1)], datetime.now(UTC)) == (len("59 min"),)
    assert fit_columns([old, old], [0, 6], 40) == [(1, 6)]


def test_other_panes_get_lines_by_what_they_hold() -> None:
    assert heights_of([2, 9, 0, 500], 10, 20) == [(2, False)] * 4
    assert heights_of([2, 9, 0, 500], 6, 48) == [(4, True), (11, True), (3, True), (22, True)]


def test_pods_can_be_told_apart() -> None:
    for width in (12, 16, 18):
        cut = fit("web-7d4b9c-5f-zn9qd", width, cut="middle")
        assert cell_len(cut) == width
        assert cut.endswith("zn9qd")


@pytest.mark.parametrize("cut", ["end", "middle", "host"])
def test_of_a_long_text_only_the_ends_are_measured(
    cut: Literal["end", "middle", "host"], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []

    def measure(text: str) -> int:
        measured.append(len(text))
        return cell_len(text)

    monkeypatch.setattr(column, "cell_len", measure)
    for name in (
        "x" * 90_000,
        "漢" * 90_000,
        ("a" + "\u0301" * 8) * 9000,
        "quay.io/" + "x/" * 9000,
    ):
        assert cell_len(fit(f"{name}end", 30, cut=cut)) == 30
        assert fit(f"{name}end", 30, cut="middle").endswith("end")
        columns: list[Column[str]] = [Column("a", "A", lambda row, _: row, str, maximum=30)]
        assert natural_widths(columns, [name], datetime.now(UTC)) == (30,)
    assert max(measured) < 1000
