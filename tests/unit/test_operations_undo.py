"""Steps back: newest first, also for what was not answered, and never cut short."""

import asyncio

import pytest

from aiocontainerd.errors import (
    AlreadyExists,
    DaemonError,
    DeadlineExceeded,
    NotFound,
)
from aiocontainerd.operations.undo import Undo, undone_on_failure
from aiocontainerd.settled import settled


class Things:
    """What calls make and steps back remove, in order."""

    def __init__(self) -> None:
        self.made: list[str] = []

    async def make(self, name: str) -> str:
        await asyncio.sleep(0)
        self.made.append(name)
        return name

    async def remove(self, name: str) -> None:
        await asyncio.sleep(0)
        assert self.made.pop() == name, "newest first"

    async def both(self, undo: Undo, name: str) -> str:
        return await undo.make(name, self.make(name), lambda: self.remove(name))


async def test_success_keeps_and_failure_takes_back() -> None:
    things = Things()
    async with undone_on_failure() as undo:
        await things.both(undo, "a")
    assert things.made == ["a"]
    things.made.clear()

    async def fails() -> None:
        async with undone_on_failure() as undo:
            await things.both(undo, "b")
            await things.both(undo, "c")
            raise KeyError

    with pytest.raises(KeyError):
        await fails()
    assert things.made == []


async def test_a_cancelled_call_is_waited_for_and_then_undone() -> None:
    things = Things()
    gate = asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return await things.make("slow")

    async def work() -> None:
        async with undone_on_failure() as undo:
            await things.both(undo, "first")
            await undo.make("slow", slow(), lambda: things.remove("slow"))

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0.01)
    for _ in range(3):  # an impatient user
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert things.made == []


async def test_what_was_not_answered_is_looked_for() -> None:
    things = Things()

    async def unanswered() -> str:
        await things.make("x")
        raise DeadlineExceeded("no answer")

    async def refused() -> str:
        raise AlreadyExists("somebody else's")

    async def never() -> None:
        pytest.fail("that was not ours")

    with pytest.raises(DeadlineExceeded):
        async with undone_on_failure() as undo:
            await undo.make("x", unanswered(), never, unsure=lambda: things.remove("x"))
    assert undo.unsure
    assert things.made == []
    with pytest.raises(AlreadyExists):
        async with undone_on_failure() as undo:
            await undo.make("x", refused(), never, unsure=never)


async def test_what_cannot_be_taken_back_is_told() -> None:
    async def fails() -> None:
        raise DaemonError("the disk is on fire")

    async def gone() -> None:
        raise NotFound("gone")

    things = Things()

    async def work() -> None:
        async with undone_on_failure() as undo:
            await things.both(undo, "a")
            undo.add("snapshot", fails)
            undo.add("task", gone)
            raise KeyError

    with pytest.raises(KeyError) as caught:
        await work()
    assert caught.value.__notes__ == ["Left behind: snapshot (the disk is on fire)"]
    assert things.made == []

    async def fails_as_ours() -> None:
        async with undone_on_failure() as undo:
            undo.add("log", fails)
            undo.add("snapshot", fails)
            raise NotFound("gone", subject="c", remedy="Look again.")

    with pytest.raises(NotFound) as ours:
        await fails_as_ours()
    assert str(ours.value) == "c: gone. Look again. Left behind: snapshot, log."


async def test_settled_hands_on_results_and_errors() -> None:
    async def fails() -> None:
        raise NotFound("x")

    assert await settled(Things().make("a")) == "a"
    with pytest.raises(NotFound):
        await settled(fails())
