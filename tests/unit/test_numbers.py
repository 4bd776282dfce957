"""Numbers as they are kept and shown: lives, gaps, bounds, lines over time, facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.metrics import Rates, Usage
from aiocontainerd.models import Key, TaskStatus
from aiocontainerd.processes import Process
from ctdeck.formatting import GLYPHS
from ctdeck.lookups.processes import process_facts
from ctdeck.numbers import book
from ctdeck.numbers.book import Numbers
from ctdeck.numbers.facts import stats_facts
from ctdeck.numbers.history import KEPT, History
from ctdeck.numbers.texts import brief, percent, pressure, sparkline
from ctdeck.panes.usage import usage_columns
from ctdeck.rows import ContainerRow
from ctdeck.widgets.column import searched
from ctdeck.widgets.ordering import ranked
from tests.tui.worlds import NOW, container, task

KEY = Key("default", "web1")
MB = 1_000_000


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def filled(*samples: Usage, pid: int = 4121) -> tuple[Numbers, Clock]:
    clock = Clock()
    numbers = Numbers(clock)
    for sample in samples:
        clock.now += 2
        numbers.put(KEY, pid, sample)
    return numbers, clock


def sample(at: float, cpu: float = 0.0, **more: int) -> Usage:
    """`cpu` is in seconds."""
    return Usage(at, cpu=int(cpu * 1e9), **{"memory": 10 * MB, **more})  # type: ignore[arg-type]


def test_two_samples_make_a_rate_and_old_ones_are_not_those_of_now() -> None:
    numbers, clock = filled(sample(10, 1), sample(12, 2))
    found = numbers.now(KEY)
    assert found is not None
    assert found.rates.cpu == 50
    clock.now += book.FRESH + 1
    assert numbers.now(KEY) is None


def test_another_life_of_the_same_name_has_nothing_in_common() -> None:
    numbers, _ = filled(sample(10, 1), sample(12, 2))
    numbers.put(KEY, 9999, sample(14, 90))
    found = numbers.now(KEY)
    assert found is not None
    assert found.rates == Rates()
    assert len(numbers.history(KEY)) == 1


def test_over_a_long_gap_an_average_would_tell_nothing_of_now() -> None:
    numbers, _ = filled(sample(10, 1), sample(10 + book.LONGEST + 1, 2))
    assert numbers.readings[KEY].rates.cpu is None


def test_two_samples_of_nearly_one_moment_are_one() -> None:
    numbers, _ = filled(sample(10, 1), sample(12, 2), sample(12.1, 2.1))
    assert numbers.readings[KEY].usage.at == 12
    assert len(numbers.history(KEY)) == 2


def test_what_has_gone_is_forgotten() -> None:
    numbers, _ = filled(sample(10), sample(12))
    numbers.hangs([Key("default", "stuck")])
    assert numbers.keep({KEY}) == {Key("default", "stuck")}
    assert not numbers.hung
    assert numbers.keep(set()) == {KEY}
    assert numbers.now(KEY) is None
    assert len(numbers.history(KEY)) == 0


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "READINGS", 5)
    monkeypatch.setattr(book, "HISTORIES", 3)
    numbers = Numbers()
    for number in range(9):
        numbers.put(Key("default", str(number)), 1, sample(10))
    assert [key.id for key in numbers.readings] == ["4", "5", "6", "7", "8"]
    assert len(numbers.history(Key("default", "5"))) == 0
    assert len(numbers.history(Key("default", "6"))) == 1


def test_a_history_keeps_the_newest_samples() -> None:
    history = History()
    for number in range(KEPT + 10):
        history.add(Usage(float(number), memory=number), Rates())
    assert len(history) == KEPT
    assert history.line("memory", 1000, 1.0)[0] == 10


def test_a_line_has_the_highest_value_of_each_step_and_tells_of_gaps() -> None:
    history = History()
    for at, cpu in ((8, 1.0), (10, 5.0), (11, 2.0), (20, 3.0)):
        history.add(Usage(float(at)), Rates(cpu=cpu))
    assert history.line("cpu", 60, 4.0) == [5.0, None, None, 3.0]
    assert history.line("cpu", 2, 4.0) == [None, 3.0]
    assert history.line("received", 60, 4.0) == []
    assert History().line("cpu", 60, 4.0) == []


def test_a_line_stands_still_within_a_step() -> None:
    history = History()
    for at in (8, 12, 16):
        history.add(Usage(float(at), memory=at), Rates())
    before = history.line("memory", 60, 4.0)
    history.add(Usage(18.0, memory=1), Rates())
    assert history.line("memory", 60, 4.0) == before


def test_a_sparkline() -> None:
    assert sparkline([0.0, 0.5, None, 1.0, 7.0], 1.0) == "▁▅·██"
    assert sparkline([0.0, 0.0], 0.0) == "▁▁"


@given(st.lists(st.none() | st.floats(0, 1e18)), st.floats(0, 1e18))
def test_every_value_has_its_sign(line: list[float | None], top: float) -> None:
    assert len(sparkline(line, top)) == len(line)


@given(st.floats(0, 1e15))
def test_bytes_in_a_few_cells(count: float) -> None:
    assert len(brief(count)) <= 5
    assert len(percent(min(count, 99_999))) <= 5


def test_short_numbers() -> None:
    assert [brief(n) for n in (0, 640, 999.6, 1234, 88_000, 12e6, 3e12)] == [
        *("0", "640", "1.0k", "1.2k", "88k", "12M", "3.0T")
    ]
    assert [percent(n) for n in (0, 0.04, 0.06, 9.94, 9.96, 143.4)] == [
        *("0", "0", "0.1", "9.9", "10", "143")
    ]
    assert [pressure(share) for share in (None, 0.5, 0.8, 0.95)] == ["", "", "warn", "bad"]


def cells(numbers: Numbers, status: TaskStatus = TaskStatus.RUNNING) -> dict[str, str]:
    row = ContainerRow(container("web1"), task("web1", status))
    found = {column.id: column.cell(row, NOW) for column in usage_columns(numbers)}
    return {id: cell if isinstance(cell, str) else cell[0] for id, cell in found.items()}


def test_the_columns_of_a_running_task() -> None:
    more = {"memory_limit": 40 * MB, "pids": 3, "received": 0, "sent": 0, "read": 0, "written": 0}
    numbers, _ = filled(
        sample(10, 1, **more), sample(12, 2, **{**more, "sent": 2_400_000, "written": 1280})
    )
    assert cells(numbers) == {
        "cpu": "50",
        "memory": "10.0 MB",
        "memory-share": "25",
        "pids": "3",
        "net": "0/1.2M",
        "disk": "0/640",
    }
    assert set(cells(numbers, TaskStatus.STOPPED).values()) == {""}


def test_what_was_not_asked_what_hangs_and_what_has_no_limit() -> None:
    numbers = Numbers()
    assert cells(numbers)["cpu"] == "…"
    assert cells(numbers)["memory-share"] == ""
    numbers.hangs([KEY])
    assert cells(numbers)["cpu"] == GLYPHS.status[None]
    numbers, _ = filled(replace(sample(10), of_host=True))
    assert (cells(numbers)["net"], cells(numbers)["cpu"]) == ("host", "…")


def test_the_most_come_first_and_those_of_which_nothing_is_known_last() -> None:
    cpu = usage_columns(numbers := Numbers(Clock()))[0]
    rows = [ContainerRow(container(id), task(id, TaskStatus.RUNNING)) for id in "abc"]
    stopped = ContainerRow(container("d"), task("d", TaskStatus.STOPPED))
    for id, share in (("b", 5), ("c", 50)):
        for at in (10, 12):
            numbers.put(Key("default", id), 1, sample(at, at * share / 100))
    ordered = sorted(
        [stopped, *rows, ContainerRow(container("e"), None)], key=lambda row: ranked(cpu.sort(row))
    )
    assert "".join(row.container.id for row in ordered)[:2] == "cb"


def test_a_filter_does_not_read_what_changes_all_the_time() -> None:
    numbers, _ = filled(sample(10, 1), sample(12, 2))
    row = ContainerRow(container("web1"), task("web1", TaskStatus.RUNNING))
    assert searched(usage_columns(numbers), row, NOW) == ""


def said(numbers: Numbers, width: int = 60, cpus: float | None = None) -> list[str]:
    found = stats_facts(task("web1", TaskStatus.RUNNING), numbers, width, cpus)
    return [f"{fact.label} {fact.value}".strip() for fact in found]


def test_the_facts_of_a_task_with_limits() -> None:
    more = {"memory_limit": 40 * MB, "cache": 2 * MB, "pids": 3, "pids_limit": 50}
    more |= {"oom_kills": 2, "received": 0, "sent": 0, "read": 0, "written": 0}
    first = sample(10, 1, **more, periods=0, throttled_periods=0, throttled=0)
    last = sample(12, 2, **{**more, "sent": 2_400_000})
    last = replace(last, periods=20, throttled_periods=5, throttled=2_500_000_000)
    found = said(filled(first, last)[0], cpus=0.5)
    for line in (
        "cpu 50 % of a core: 100 % of its 0.5",
        "throttled held back in 25 % of its periods, 2.5 s in all",
        "memory 10.0 MB: 25 % of its limit of 40.0 MB",
        "2.00 MB of files are cached for it",
        "oom kills 2 processes killed for want of memory",
        "processes 3 of at most 50",
        "network 0 B/s in, 1.20 MB/s out",
        "disk 0 B/s read, 0 B/s written",
    ):
        assert line in found


def test_the_facts_of_a_task_without_limits_or_counters() -> None:
    numbers, _ = filled(Usage(10.0, pids=1, memory=16 * MB))
    numbers.host_memory = 16_000 * MB
    found = said(numbers)
    assert "memory 16.0 MB, no limit, 0.1 % of the host's 16.0 GB" in found
    assert "processes 1, no limit" in found
    assert found.count("disk not counted on this host") == 1
    assert "cpu not counted on this host" in found
    assert any(line.startswith("network not known") for line in found)


def test_the_facts_where_there_is_nothing_to_tell() -> None:
    numbers = Numbers()
    assert "does not run" in stats_facts(None, numbers, 60)[0].value
    assert said(numbers) == ["being asked …"]
    numbers.hangs([KEY])
    assert said(numbers)[0].startswith("Its runtime does not answer")


def test_lines_over_time_keep_to_the_width() -> None:
    numbers, _ = filled(*(sample(2.0 * n, n * n / 50) for n in range(200)))
    for width in (20, 40, 200):
        assert max(map(len, said(numbers, width)[1:2])) <= max(8, width)


def process(pid: int, parent: int, *args: str, state: str = "S") -> Process:
    return Process(pid, "name", state, parent, 1.0, 5 * MB, 0, NOW - timedelta(hours=3), args)


def test_processes_stand_under_their_parents_and_hide_secrets() -> None:
    found = process_facts(
        [process(30, 10, "b"), process(10, 1, "mysqld", "--password=hunter2"), process(20, 30)],
        {30: 12.0},
        NOW,
    )
    assert [fact.label for fact in found] == ["pid", "10", "30", "20"]
    assert found[1].value.endswith(" mysqld --password=***")
    assert found[1].plain.endswith(" mysqld --password=hunter2")
    assert found[2].value == "S    12 5.00 MB    3 h     0   b"
    assert found[3].value.endswith("    [name]")


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), unique_by=lambda it: it[0]))
def test_every_process_is_listed_once_whatever_it_says_of_its_parent(
    pairs: list[tuple[int, int]],
) -> None:
    found = process_facts([process(*pair) for pair in pairs], {}, datetime.now(UTC))
    assert sorted(fact.label for fact in found[1:]) == sorted(str(pid) for pid, _ in pairs)
