"""Lines of log files as entries: whatever stands in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from time import tzset

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.logs.entries import TEXT_MAX, Entry, entry, time_of
from aiocontainerd.logs.formats import Line, _Parts, ends_a_line, format_of
from ctdeck.logtext import TIMES, Look

KINDS = ("plain", "json", "cri")
TIME = "2026-11-23T12:00:00.123456789Z"
STREAMS = st.sampled_from(["stdout", "stderr"])
TEXTS = st.text(max_size=40).filter(lambda text: "\n" not in text and not text.endswith("\r"))


def read(kind: str, *raws: bytes) -> list[Entry]:
    return format_of(kind).read([Line(raw) for raw in raws])


def as_json(text: str, stream: str = "stdout", time: str = TIME) -> bytes:
    return json.dumps({"log": text, "stream": stream, "time": time}).encode()


@pytest.mark.parametrize(
    ("kind", "raw", "wanted"),
    [
        ("plain", b"plain", Entry("plain")),
        ("plain", b"dos\r", Entry("dos")),
        ("plain", b"\xff\xfe\0", Entry("\ufffd\ufffd\0")),
        ("json", as_json("a\n", "stderr"), Entry("a", "stderr", TIME)),
        ("json", as_json("a\r\n"), Entry("a", "stdout", TIME)),
        ("json", b'{"log":"x\\n"}', Entry("x")),
        ("json", b'{"log":1}', Entry('{"log":1}')),
        ("json", b'{"log":"x\\n","stream":[1]}', Entry('{"log":"x\\n","stream":[1]}')),
        ("json", as_json("a\n", "note"), Entry("a", "", TIME)),
        ("json", as_json("a\n", "no such stream"), Entry("a", "", TIME)),
        ("json", b"[]", Entry("[]")),
        ("json", b"broken {", Entry("broken {")),
        ("json", b"[" * 100_000, Entry("[" * TEXT_MAX, more=100_000 - TEXT_MAX)),
        ("cri", f"{TIME} stdout F hi  there".encode(), Entry("hi  there", "stdout", TIME)),
        ("cri", f"{TIME} stderr F ".encode(), Entry("", "stderr", TIME)),
        ("cri", f"{TIME} stderr F".encode(), Entry("", "stderr", TIME)),
        ("cri", f"{TIME} stdout F:x hi".encode(), Entry("hi", "stdout", TIME)),
        ("cri", f"{TIME} stdin F hi".encode(), Entry(f"{TIME} stdin F hi")),
        ("cri", b"\xff stdout F hi", Entry("\ufffd stdout F hi")),
        ("cri", b"", Entry("")),
    ],
)
def test_a_line(kind: str, raw: bytes, wanted: Entry) -> None:
    assert read(kind, raw) == [wanted]


@given(st.sampled_from(KINDS), st.lists(st.binary(max_size=60), max_size=8))
def test_any_bytes_are_entries(kind: str, raws: list[bytes]) -> None:
    format = format_of(kind)
    made = format.read([Line(raw) for raw in raws]) + format.rest()
    assert all(isinstance(each.text, str) and len(each.text) <= TEXT_MAX for each in made)
    assert all(time_of(each) is None or time_of(each) for each in made)


@given(
    st.sampled_from(["json", "cri"]),
    st.lists(st.tuples(STREAMS, st.lists(TEXTS, min_size=1, max_size=4)), max_size=6),
    st.randoms(use_true_random=False),
)
def test_parts_are_joined_for_each_stream(
    kind: str, wanted: list[tuple[str, list[str]]], random: object
) -> None:
    """Also where the parts of the two streams come between one another."""
    queues = {
        stream: [
            (text, place == len(parts) - 1)
            for name, parts in wanted
            if name == stream
            for place, text in enumerate(parts)
        ]
        for stream in ("stdout", "stderr")
    }
    raws = []
    while left := [name for name, queue in queues.items() if queue]:
        stream = random.choice(left)  # type: ignore[attr-defined]
        text, is_last = queues[stream].pop(0)
        if kind == "json":
            raws.append(as_json(text + "\n" * is_last, stream))
        else:
            raws.append(f"{TIME} {stream} {'PF'[is_last]} {text}".encode())
        assert ends_a_line(kind, raws[-1]) is is_last
    format = format_of(kind)
    made = format.read([Line(raw) for raw in raws])
    for stream in ("stdout", "stderr"):
        expected = ["".join(parts) for name, parts in wanted if name == stream]
        assert [each.text for each in made if each.stream == stream] == expected
    assert not format.rest()


def test_the_first_parts_are_told_while_the_last_is_awaited() -> None:
    format = format_of("cri")
    assert not format.read([Line(f"{TIME} stdout P half".encode())])
    assert format.rest() == [Entry("half", "stdout", TIME)]
    later = b"2026-11-23T12:00:09Z stdout F  whole"
    assert format.read([Line(later)]) == [Entry("half whole", "stdout", TIME)]


def test_what_is_too_long_is_cut_and_counted() -> None:
    assert entry(b"x" * (TEXT_MAX + 5), lost=7) == Entry("x" * TEXT_MAX, more=12)
    format = format_of("cri")
    part = f"{TIME} stdout P ".encode() + b"y" * 100_000
    format.read([Line(part)] * 10)
    (made,) = format.read([Line(f"{TIME} stdout F z".encode())])
    assert (made.text, made.more) == ("y" * TEXT_MAX, 1_000_001 - TEXT_MAX)


def test_names_of_streams_hold_no_room() -> None:
    format = format_of("json")
    assert not format.read([Line(as_json("x", f"stream {number}")) for number in range(1000)])
    assert format.rest() == [Entry("x" * 1000, "", TIME)]


def test_what_is_kept_of_a_line_is_not_copied_for_each_of_its_further_parts() -> None:
    full = _Parts(b"y" * TEXT_MAX * 4, TIME, 0)
    assert full.joined(b"zz", 1) == (full.raw, TIME, 3)
    assert full.joined(b"zz").raw is full.raw


@pytest.mark.parametrize(
    ("time", "when"),
    [
        (TIME, datetime(2026, 11, 23, 12, 0, 0, 123456, UTC)),
        ("2026-11-23T14:00:00+02:00", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-23T12:00:00", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("soon", None),
        ("", None),
    ],
)
def test_the_time_of_an_entry(time: str, when: datetime | None) -> None:
    assert time_of(Entry("", time=time)) == when


@pytest.mark.parametrize("times", TIMES[1:])
@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00Z"]
)
def test_a_time_that_no_clock_here_can_show_is_none(
    time: str, times: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Go's zero time is one of them, west of Greenwich."""
    monkeypatch.setenv("TZ", "America/New_York")
    tzset()
    try:
        ((stamp, _),) = Look(times=times).head(Entry("", time=time))
    finally:
        monkeypatch.undo()
        tzset()
    assert not stamp.strip()
    assert len(stamp) == Look(times=times).width
