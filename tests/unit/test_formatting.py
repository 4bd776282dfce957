"""Sizes, ages, states and events as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.models import Event, Task, TaskStatus
from ctdeck.formatting import (
    ASCII,
    UNICODE,
    age,
    counted,
    event_words,
    glyphs_for,
    plain_version,
    short_digest,
    short_id,
    short_reference,
    size,
    status_text,
)

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (2_200_000, "2.20 MB"),
        (71_240_000, "71.2 MB"),
        (999_960_000, "1.00 GB"),
        (151_000_000, "151 MB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_size(count: int, text: str) -> None:
    assert size(count) == text


@given(st.integers(min_value=0, max_value=10**15))
def test_a_size_is_never_longer_than_a_column(count: int) -> None:
    assert len(size(count)) <= 7


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=24), "1 d"),
        (timedelta(days=364), "364 d"),
        (timedelta(days=800), "2 y"),
    ],
)
def test_age(span: timedelta, text: str) -> None:
    assert age(NOW - span, NOW) == text


def test_no_age_without_a_time() -> None:
    assert age(None, NOW) == ""


def a_task(status: TaskStatus, code: int = 0) -> Task:
    return Task("default", "x", 1, status, exit_status=code)


def test_every_state_has_its_own_sign_and_word() -> None:
    texts = {status_text(a_task(status)) for status in TaskStatus} | {status_text(None)}
    assert len(texts) == len(TaskStatus) + 1
    assert status_text(a_task(TaskStatus.STOPPED, 137)).endswith("exited 137")
    for glyphs in (UNICODE, ASCII):
        assert set(glyphs.status) == {None, *TaskStatus}


def test_ascii_where_the_terminal_has_no_utf8() -> None:
    good = {"TERM": "xterm-256color"}
    for names in ({}, {"LANG": "de_DE.UTF-8"}, {"LANG": "C", "LC_ALL": "C.utf8"}):
        assert glyphs_for({**good, **names}) is UNICODE
    for names in (
        {"LC_ALL": "C", "LANG": "de_DE.UTF-8"},
        {"LANG": "C", "LC_CTYPE": "C.UTF-8"},  # as Python itself makes of LANG=C
        {"LANG": "en_US.ISO-8859-1"},
        {"LANG": "en_US.UTF-8", "TERM": "linux"},
    ):
        assert glyphs_for({**good, **names}) is ASCII
    assert "".join([*ASCII.status.values(), ASCII.full, ASCII.arrow, ASCII.warning]).isascii()


def test_short_forms() -> None:
    assert short_reference("docker.io/library/nginx:1.27") == "nginx:1.27"
    assert short_reference("docker.io/bitnami/redis") == "bitnami/redis"
    assert short_reference("docker.io/quay.io/a") == "docker.io/quay.io/a"
    assert short_reference("127.0.0.1:5000/busybox") == "127.0.0.1:5000/busybox"
    assert short_reference("quay.io/a/b") == "quay.io/a/b"
    assert short_digest("sha256:" + "ab" * 32) == "abababababab"
    assert short_digest("odd") == "odd"
    assert counted(1, "row") == "1 row"
    assert counted(12_345, "row") == "12 345 rows"


def event(topic: str, **attributes: str) -> Event:
    return Event(1, NOW, "default", topic, "web", attributes)


@pytest.mark.parametrize(
    ("given_event", "words"),
    [
        (event("/tasks/start", pid="7"), "started, pid 7"),
        (event("/tasks/exit", exit_status="137", id="web"), "exited with 137"),
        (event("/tasks/exit", exit_status="1", id="probe"), "exec exited with 1"),
        (event("/tasks/exit"), "exited with 0"),
        (event("/tasks/oom"), "ran out of memory"),
        (
            event("/containers/create", image="docker.io/library/nginx:1"),
            "container created from nginx:1",
        ),
        (event("/some/new-thing"), "some new-thing"),
    ],
)
def test_events_in_words(given_event: Event, words: str) -> None:
    assert event_words(given_event) == words


def test_long_ids_by_twelve_digits() -> None:
    assert short_id("ab12" * 16) == "ab12ab12ab12"
    assert short_id("web1") == "web1"
    assert short_id("deadbeef") == "deadbeef"
    assert short_id("batch-" + "a" * 40) == "batch-" + "a" * 40


def test_versions_without_the_builders_part() -> None:
    assert plain_version("2.1.9+unknown") == "2.1.9"
    assert plain_version("v1.7.24~ds1") == "1.7.24"
    assert plain_version("1.6.20") == "1.6.20"


def test_a_digest_in_a_reference_is_short() -> None:
    digest = "sha256:" + "ab" * 32
    assert short_reference(f"docker.io/library/nginx@{digest}") == "nginx@sha256:abababababab"
