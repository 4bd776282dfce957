"""Columns of a table: what a cell says, how wide it may be, and which give way first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from rich.cells import cell_len, set_cell_size

from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import MARKS, safe
from ctdeck.filtering import BETWEEN
from ctdeck.formatting import GLYPHS, names_a_host

R = TypeVar("R")

Cell = str | tuple[str, str]  # text, or text and the role that colours it
GAP = 2
EASY = 16  # cells up to which a column is not cut for the sake of a less important one
LITTLE = 6  # from this priority on a column is left out before another is cut below `EASY`
AGE = len("59 min")  # cells; an age grows while nobody measures it
SAMPLE = 120  # about as many rows are measured for the widths


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column of rows of type R.

    `cell` gets the row and the present time. `priority` 0 stays longest; the highest goes
    first when the width is short. A column is as wide as its content, at most `maximum`
    cells; before one is dropped the others shrink to `minimum`. Rows are sorted by what `sort`
    tells of them; those of which that is None stand behind all others. `when` is for columns that
    show an age: the time it counts from. `full` is what the filter reads in place of the cell, in
    as many lines as there are ways to say it: where the cell shows less than all, or more than one
    would type.
    `brief` is the title where there is no room for `title`. An `optional` column takes no room
    while no row has anything in it. `reserve` are cells that it has at least, for what changes all
    the time; a filter does not read what is `restless`. `falling`: `sort` has the largest first.
    """

    id: str
    title: str
    cell: Callable[[R, datetime], Cell]
    sort: Callable[[R], Any]
    priority: int = 0
    minimum: int = 4
    maximum: int = 40
    right: bool = False
    cut: Literal["end", "middle", "host"] = "end"
    when: Callable[[R], datetime | None] | None = None
    full: Callable[[R], str] | None = None
    brief: str = ""
    optional: bool = False
    reserve: int = 0
    restless: bool = False
    falling: bool = False


def names(column: Column[Any]) -> bool:
    """Whether it says which row it is: it cannot be put away."""
    return column.priority == 0


def shown_of(columns: Iterable[Column[Any]], hidden: Collection[str]) -> tuple[Column[Any], ...]:
    """Those that were not put away; what names the row stays."""
    return tuple(column for column in columns if column.id not in hidden or names(column))


def searched(columns: Iterable[Column[R]], row: R, now: datetime) -> str:
    """What a filter finds in a row: the texts of all columns, a line each.

    They came in safe; to make sure of each again was a quarter of a filter's first letter.
    """
    texts: list[str] = []
    for column in columns:
        if column.restless:
            continue
        if column.full:
            texts.append(column.full(row))
        else:
            cell = column.cell(row, now)
            texts.append(cell if isinstance(cell, str) else cell[0])
    return BETWEEN.join(texts)


def cell_parts(cell: Cell) -> tuple[str, str]:
    """Text and role of a cell; the text is safe to show."""
    text, role = (cell, "") if isinstance(cell, str) else cell
    return safe(text), role


def fit(text: str, width: int, *, right: bool = False, cut: str = "end") -> str:
    """The text in exactly `width` terminal cells: padded, or cut with an ellipsis.

    `cut` is where: at the "end", in the "middle", and for image references first the "host".
    """
    text = _ends(text, width)
    if cut == "host":
        text, cut = _without_host(text, width), "middle"
    length = cell_len(text)
    if length <= width:
        pad = " " * (width - length)
        return pad + text if right else text + pad
    if width <= 1:
        return GLYPHS.ellipsis[:width]
    if cut == "middle" and width >= 9:
        head = (width - 1) // 3
        tail = width - 1 - head
        return set_cell_size(text, head) + GLYPHS.ellipsis + _last_cells(text, tail)
    return set_cell_size(text, width - 1) + GLYPHS.ellipsis


def _ends(text: str, width: int) -> str:
    """Of a very long text what may be shown of both its ends: to measure all of it takes 10 ms."""
    most = (width + 1) * (MARKS + 1)
    return text if len(text) <= 2 * most else text[:most] + text[-most:]


def _without_host(reference: str, width: int) -> str:
    """A reference that is too long without its registry, then without its path."""
    _, slash, rest = reference.partition("/")
    if cell_len(reference) <= width or not slash:
        return reference
    # The sign stands for the registry: without it this would be another image, Docker Hub's.
    short = f"{GLYPHS.ellipsis}/{rest}" if names_a_host(reference) else reference
    if cell_len(short) <= width:
        return short
    last = f"{GLYPHS.ellipsis}/{short.rpartition('/')[2]}"
    return last if cell_len(last) <= width else short


def _last_cells(text: str, width: int) -> str:
    kept = text[-width:]
    while cell_len(kept) > width:
        kept = kept[1:]
    return " " * (width - cell_len(kept)) + kept


def sample(rows: Sequence[R]) -> Sequence[R]:
    """Of many rows those that are measured: the first, the last, and some between."""
    if len(rows) <= SAMPLE:
        return rows
    edge, count = SAMPLE // 3, len(rows)
    step = max(1, (count - 2 * edge) // edge)
    places = (range(edge), range(edge, count - edge, step), range(count - edge, count))
    return [rows[place] for part in places for place in part]


def natural_widths(
    columns: Sequence[Column[R]], rows: Iterable[R], now: datetime
) -> tuple[int, ...]:
    """How wide each column would like to be for these rows, in terminal cells."""
    widths = [max(cell_len(c.title), AGE if c.when else 0, c.reserve) for c in columns]
    for row in rows:
        for i, column in enumerate(columns):
            text, _ = cell_parts(column.cell(row, now))
            length = cell_len(text[: column.maximum * (MARKS + 1)])
            widths[i] = max(widths[i], min(length, column.maximum))
    return tuple(widths)


def fit_columns(
    columns: Sequence[Column[R]], natural: Sequence[int], available: int
) -> list[tuple[int, int]]:
    """Which columns are shown and how wide: ``(index, width)``, from left to right.

    Columns with the highest priority number are left out until the minimal widths fit, and
    taken in again where there is room for them after all; what is left over goes to the
    columns in the order of their priority.
    """
    least = [min(column.minimum, natural[i]) for i, column in enumerate(columns)]
    easy = [
        least[i] if column.brief else max(least[i], min(natural[i], EASY))
        for i, column in enumerate(columns)
    ]
    shown = [i for i in range(len(columns)) if natural[i]]
    gone: list[int] = []
    while len(shown) > 1:
        last = max(shown, key=lambda i: (columns[i].priority, i))
        needed = easy if columns[last].priority >= LITTLE else least
        if sum(needed[i] + GAP for i in shown) - GAP <= available:
            break
        gone.append(last)
        shown.remove(last)
    for i in reversed(gone):  # a wide one may have left room for a narrow one
        used = sum(easy[j] + GAP for j in shown)
        if used + least[i] <= available:
            shown = sorted((*shown, i))
    width = {i: least[i] for i in shown}
    spare = available - sum(least[i] + GAP for i in shown) + GAP
    for i in sorted(shown, key=lambda i: (columns[i].priority, i)):
        more = min(spare, natural[i] - least[i])
        width[i] += max(more, min(spare, 0))
        spare -= max(more, 0)
    return [(i, max(1, width[i])) for i in shown]
