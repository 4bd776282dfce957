"""Frames made of anything: what we send shows the same as what Textual sends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from ctdeck.terminal.differ import Abilities, moving
from ctdeck.terminal.frames import Frames
from ctdeck.terminal.pen import change
from ctdeck.terminal.updates import Update
from tests.tui.emulation import Emulator, differences

CONSOLE = Console(color_system="truecolor", force_terminal=True)
HOME = (0, 0)
TRUE = ColorSystem.TRUECOLOR
STYLES = [
    Style.parse(text)
    for text in (
        "none",
        "bold",
        "#d0d6de on #12161b",
        "bold #d0d6de on #24405c",
        "dim italic red",
        "underline reverse on blue",
        "strike bright_green",
        "link https://example.org bold",
    )
]
TEXTS = st.one_of(
    st.sampled_from(["row00001", "running", "docker.io/library/app", " " * 14, "─" * 9, "x"]),
    st.text("ab 0·█é漢字…", max_size=9),
    st.sampled_from(["e\u0301clair", "ok\u0301"]),
)
LINES = st.lists(st.tuples(TEXTS, st.sampled_from(STYLES)), max_size=5)
SIZES = st.tuples(st.integers(1, 40), st.integers(1, 12))


def strip(runs: list[tuple[str, Style]], width: int) -> Strip:
    return Strip([Segment(text, style) for text, style in runs]).adjust_cell_length(width)


@st.composite
def journeys(draw: Any) -> tuple[int, int, list[list[Strip]]]:
    """A size, and pictures that come out of each other: lines change, move, or all are new."""
    width, height = draw(SIZES)
    line = LINES.map(lambda runs: strip(runs, width))
    picture = draw(st.lists(line, min_size=height, max_size=height))
    pictures = [picture]
    for _ in range(draw(st.integers(1, 4))):
        picture = list(picture)
        kind = draw(st.sampled_from(["lines", "move", "all", "none"]))
        if kind == "all":
            picture = draw(st.lists(line, min_size=height, max_size=height))
        if kind == "move":
            top, bottom = sorted((draw(st.integers(0, height)), draw(st.integers(0, height))))
            step = draw(st.integers(-4, 4))
            block = picture[top:bottom]
            moved = [
                block[i + step] if 0 <= i + step < len(block) else None for i in range(len(block))
            ]
            picture[top:bottom] = [draw(line) if it is None else it for it in moved]
        if kind in ("lines", "move"):
            for y in draw(st.lists(st.integers(0, height - 1), max_size=3)):
                picture[y] = draw(line)
        pictures.append(picture)
    return width, height, pictures


def whole(picture: list[Strip], width: int) -> LayoutUpdate:
    return LayoutUpdate([[line] for line in picture], Region(0, 0, width, len(picture)))


@given(journeys(), st.booleans(), st.booleans())
def test_every_picture_shows_as_textual_draws_it(
    journey: tuple[int, int, list[list[Strip]]], erases: bool, scrolls: bool
) -> None:
    width, height, pictures = journey
    frames = Frames(Abilities(erases, scrolls))
    ours, stock = Emulator(width, height), Emulator(width, height)
    for number, picture in enumerate(pictures):
        update = whole(picture, width)
        cursor = (number % width, number % height)
        stock.feed(update.render_segments(CONSOLE))
        frames.take(update, TRUE)
        ours.feed(frames.text(cursor))
        assert not differences(ours, stock)
        assert ours.cursor == cursor
        assert frames.text(cursor) == "", "it is sent already"


@given(journeys())
def test_pictures_that_are_skipped_leave_nothing_behind(
    journey: tuple[int, int, list[list[Strip]]],
) -> None:
    width, height, pictures = journey
    frames = Frames(Abilities())
    ours, stock = Emulator(width, height), Emulator(width, height)
    frames.take(whole(pictures[0], width), TRUE)
    ours.feed(frames.text(HOME))
    for picture in pictures[1:]:
        frames.take(whole(picture, width), TRUE)
    ours.feed(frames.text(HOME))
    stock.feed(whole(pictures[-1], width).render_segments(CONSOLE))
    assert not differences(ours, stock)


@given(journeys(), st.integers(1, 200))
def test_a_picture_in_parts_shows_the_same_in_the_end(
    journey: tuple[int, int, list[list[Strip]]], share: int
) -> None:
    width, height, pictures = journey
    frames = Frames(Abilities())
    ours, stock = Emulator(width, height), Emulator(width, height)
    for picture in pictures:
        frames.take(whole(picture, width), TRUE)
        ours.feed(frames.text(HOME, share))
    while part := frames.text(HOME, share):
        ours.feed(part)
    stock.feed(whole(pictures[-1], width).render_segments(CONSOLE))
    assert not differences(ours, stock)


@given(journeys(), st.data())
def test_parts_of_lines_show_as_textual_draws_them(
    journey: tuple[int, int, list[list[Strip]]], data: st.DataObject
) -> None:
    """Narrow characters only: of a wide one that is cut Textual draws one half."""
    width, height, pictures = journey
    frames = Frames(Abilities())
    ours, stock = Emulator(width, height), Emulator(width, height)
    for picture in pictures:
        narrow = [Strip([Segment(_narrow(s.text), s.style) for s in line]) for line in picture]
        cut = data.draw(st.integers(0, width))
        update: Update = whole([line.adjust_cell_length(width) for line in narrow], width)
        if picture is not pictures[0]:
            update = _chops(narrow, width, cut, data)
        stock.feed(update.render_segments(CONSOLE))
        frames.take(update, TRUE)
        ours.feed(frames.text(HOME))
        assert not differences(ours, stock)


def _narrow(text: str) -> str:
    return "".join(c if ord(c) < 0x300 or c in "─█…" else "w" for c in text)


def _chops(picture: list[Strip], width: int, cut: int, data: st.DataObject) -> ChopsUpdate:
    """Some spans of a picture whose lines are cut in two at one column."""
    ends = [cut, width] if 0 < cut < width else [width]
    starts = [0, *ends[:-1]]
    lines = [line.adjust_cell_length(width) for line in picture]
    chops: list[dict[int, Strip | None]] = [
        dict(zip(starts, line.divide(ends), strict=True)) for line in lines
    ]
    spans = []
    for y in sorted(data.draw(st.sets(st.integers(0, len(lines) - 1), min_size=1))):
        first = data.draw(st.integers(0, width - 1))
        last = data.draw(st.integers(first + 1, width))
        spans.append((y, first, last))
    return ChopsUpdate(chops, spans, [ends for _ in lines])


ATTRIBUTES = ("1", "2", "3", "4", "7", "9", "21")
FOREGROUNDS = ("31", "39", "97", "38;5;200", "38;2;1;2;3")
BACKGROUNDS = ("42", "49", "103", "48;5;7", "48;2;9;8;7")
CODES = st.lists(st.sampled_from(ATTRIBUTES + FOREGROUNDS + BACKGROUNDS), max_size=5).map(";".join)


@given(CODES, CODES)
def test_a_change_of_pen_is_as_good_as_taking_it_anew(old: str, new: str) -> None:
    sent = change(old, new)
    there = _state((sent[2:-1] or "0" if sent else "").split(";"), _state(old.split(";"), {}))
    assert there == _state(new.split(";"), {})
    assert len(change(old, new)) <= len(change(None, new))


def _state(codes: list[str], state: dict[str, str]) -> dict[str, str]:
    """What a terminal keeps of SGR codes; nothing is kept for what is as at its start."""
    state, codes = dict(state), [code for code in codes if code]
    off = {"22": ("1", "2"), "23": ("3",), "24": ("4", "21"), "27": ("7",), "39": ("fg",)}
    while codes:
        code = codes.pop(0)
        if code == "0":
            state = {}
        elif code in off or code == "49":
            for name in off.get(code, ("bg",)):
                state.pop(name, None)
        elif code in ("38", "48"):
            count = 1 if codes[0] == "5" else 3
            state["fg" if code == "38" else "bg"] = ";".join([code, *codes[: count + 1]])
            del codes[: count + 1]
        elif code[0] in "39" and len(code) == 2:
            state["fg"] = code
        elif code[0] in "41" and len(code) >= 2:
            state["bg"] = code
        else:
            state[code] = "on"
    return state


def test_no_link_is_sent() -> None:
    frames = Frames(Abilities())
    frames.take(whole([strip([("see ", STYLES[0]), ("this", STYLES[7])], 20)], 20), TRUE)
    text = frames.text(HOME) + frames.put_down()
    assert "this" in text
    assert "\x1b]" not in text


@pytest.mark.parametrize(
    ("start", "end", "way"),
    [
        (None, (0, 0), "\x1b[H"),
        (None, (0, 9), "\x1b[10H"),
        (None, (4, 9), "\x1b[10;5H"),
        ((4, 9), (4, 9), ""),
        ((4, 9), (0, 9), "\r"),
        ((4, 9), (5, 9), "\x1b[C"),
        ((150, 9), (152, 9), "\x1b[2C"),
        ((150, 9), (149, 9), "\b"),
        ((150, 9), (149, 10), "\b\x1b[B"),
        ((150, 9), (151, 8), "\x1b[C\x1b[A"),
        ((150, 9), (3, 9), "\x1b[4G"),
        ((150, 9), (150, 11), "\x1b[2B"),
    ],
)
def test_the_cursor_takes_the_shortest_way(
    start: tuple[int, int] | None, end: tuple[int, int], way: str
) -> None:
    assert moving(start, end) == way


def _rows(first: int, count: int = 40) -> list[Strip]:
    words = [
        f"container-{n:05}   image/{n * 7919 % 997:03}   {n * 31 % 89} min"
        for n in range(first, first + count)
    ]
    return [strip([(word, STYLES[2])], 60) for word in words]


def _bytes(pictures: list[list[Strip]], able: Abilities) -> int:
    frames = Frames(able)
    for picture in pictures[:-1]:
        frames.take(whole(picture, 60), TRUE)
        frames.text(HOME)
    frames.take(whole(pictures[-1], 60), TRUE)
    return len(frames.text(HOME))


def test_a_list_that_moves_by_a_line_costs_a_line() -> None:
    scrolled = _bytes([_rows(0), _rows(1)], Abilities())
    assert scrolled < 150
    assert scrolled * 4 < _bytes([_rows(0), _rows(1)], Abilities(scrolls=False))


def test_one_cell_costs_one_cell() -> None:
    rows = _rows(0)
    changed = [
        *rows[:7],
        strip([("container-0000X" + rows[7].text[15:], STYLES[2])], 60),
        *rows[8:],
    ]
    assert _bytes([rows, changed], Abilities()) < 60


def test_a_line_that_changes_all_the_time_does_not_keep_out_the_others() -> None:
    frames = Frames(Abilities())
    sent = ""
    for number in range(40):
        rows = [strip([(f"busy {number}", STYLES[2])], 60), *_rows(1, 39)]
        frames.take(whole(rows, 60), TRUE)
        sent += frames.text(HOME, 60)
    assert "container-00039" in sent


def test_the_same_picture_costs_nothing() -> None:
    assert _bytes([_rows(0), _rows(0)], Abilities()) == 0


def test_a_forgotten_picture_is_sent_whole() -> None:
    frames, ours, stock = Frames(Abilities()), Emulator(60, 40), Emulator(60, 40)
    update = whole(_rows(0), 60)
    frames.take(update, TRUE)
    frames.text(HOME)
    frames.forget()
    ours.feed(frames.text(HOME))
    stock.feed(update.render_segments(CONSOLE))
    assert not differences(ours, stock)


def test_where_terminals_differ_in_a_width_the_cursor_is_set_anew() -> None:
    frames = Frames(Abilities())
    line = strip([("a\U0001f468\u200d\U0001f680b", STYLES[0])], 10)
    frames.take(whole([line], 10), TRUE)
    text = frames.text(HOME)
    assert "\U0001f680\x1b[" in text
    assert "4Gb" in text or "1;4Hb" in text
