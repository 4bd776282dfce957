"""How long a pull goes on trying, and how long it obeys a registry that wants to be left alone."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aiocontainerd.errors import RegistryError
from aiocontainerd.pull import patience
from aiocontainerd.pull.patience import Patience
from aiocontainerd.pull.refusals import (
    Interrupted,
    Throttled,
    Unanswered,
    Unreachable,
    retry_after,
)


class Clock:
    """Stands in for asyncio.sleep: time passes at once and is added up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.slept: list[float] = []
        really = asyncio.sleep

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            await really(0)

        monkeypatch.setattr("aiocontainerd.pull.patience.asyncio.sleep", sleep)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def throttled(after: float) -> Throttled:
    return Throttled("no", host="reg.test", after=after, subject="a", remedy="", status=429)


class Asked:
    """Fails with these errors, one after the other, then answers."""

    def __init__(self, *errors: RegistryError) -> None:
        self.errors = [*errors]
        self.times = 0

    async def __call__(self) -> str:
        self.times += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


async def test_faults_that_pass(clock: Clock) -> None:
    asked = Asked(Interrupted("a"), Interrupted("b"), Interrupted("c"))
    assert await Patience(lambda _: None).insist(asked) == "answer"
    assert clock.slept == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("error", "times"),
    [(Interrupted("a"), 4), (Unanswered("a"), 2), (Unreachable("a"), 1), (RegistryError("a"), 1)],
)
async def test_faults_that_stay(clock: Clock, error: RegistryError, times: int) -> None:
    asked = Asked(*[error] * 99)
    with pytest.raises(RegistryError, match="a"):
        await Patience(lambda _: None).insist(asked)
    assert asked.times == times


async def test_it_waits_as_long_as_it_is_told_and_says_so(clock: Clock) -> None:
    said: list[str] = []
    assert await Patience(said.append).insist(Asked(throttled(2.5))) == "answer"
    assert sum(clock.slept) == 2.5
    assert said == [
        "reg.test wants us to wait: 2 s",
        "reg.test wants us to wait: 2 s",
        "reg.test wants us to wait: 0 s",
        "",
    ]


async def test_a_long_wait_is_for_people(clock: Clock) -> None:
    with pytest.raises(Throttled):
        await Patience(lambda _: None).insist(Asked(throttled(61)))
    assert clock.slept == []


async def test_it_does_not_wait_for_ever(clock: Clock) -> None:
    asked = Asked(*[throttled(0)] * 99)
    with pytest.raises(Throttled):
        await Patience(lambda _: None).insist(asked)
    assert asked.times == patience.MOST_WAITS + 1
    assert len(clock.slept) == patience.MOST_WAITS


async def test_layers_wait_together(clock: Clock) -> None:
    patient = Patience(lambda _: None)
    tries = (patient.before_another(throttled(3), 0) for _ in range(5))
    assert await asyncio.gather(*tries) == [0] * 5
    assert sum(clock.slept) == 3


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("9" * 5000, 999_999_999.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("", None),
        ("-3", None),
        ("1.5", None),
        ("soon", None),
        ("\u0663", None),
        ("Wed, 99 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after(said: str, seconds: float | None) -> None:
    """A date counts from the server's own clock."""
    headers = {"Retry-After": said, "Date": format_datetime(NOW, usegmt=True)}
    assert retry_after(headers) == seconds


def test_retry_after_a_date_without_the_servers_clock() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    found = retry_after({"Retry-After": until})
    assert found is not None
    assert 90 < found <= 100
