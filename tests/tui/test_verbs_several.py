"""Several at a time: each by itself, and what came of it told once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

import aiocontainerd.operations
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.models import Container, Image, Key, Phase, Snapshot, TaskStatus
from ctdeck.command.parsing import parse
from ctdeck.verbs.doing import AT_ONCE
from ctdeck.verbs.typed import carry_out
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import noted, session
from tests.tui.worlds import container, image, of, snapshot, task

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    return noted(monkeypatch)


def three() -> Snapshot:
    return of(*((container(id), task(id, TaskStatus.RUNNING)) for id in "abc"))


async def test_the_second_of_three_fails_and_the_others_are_done(
    done: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop(_: object, thing: Container, **__: Any) -> int:
        if thing.id == "b":
            raise FailedPrecondition("it was replaced", subject="b", remedy="Look again.")
        done.append(("stop", thing.id))
        return 0

    monkeypatch.setattr(aiocontainerd.operations, "stop", stop)
    async with running(three(), session=session()) as (app, pilot):
        carry_out(app.main, parse("stop -f a b c"))
        await until(pilot, lambda: "2 of 3 were stopped" in screen_text(app))
        text = screen_text(app)
        assert "a has stopped (exit status 0)." in text
        assert "b was not stopped: it was replaced. Look again." in text
        assert "c has stopped (exit status 0)." in text
        assert done == [("stop", "a"), ("stop", "c")]
        assert not app._notifications
        assert not app.main.busy


async def test_a_fault_of_ours_in_one_does_not_leave_the_others(
    done: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def delete(_: object, thing: Image) -> None:
        if thing.name == "b":
            raise ZeroDivisionError("oh")
        done.append(("rmi", thing.name))

    monkeypatch.setattr(aiocontainerd.operations, "delete_image", delete)
    world = snapshot(images=[image(name) for name in "abc"])
    async with running(world, session=session()) as (app, pilot):
        carry_out(app.main, parse("rmi -f a b c"))
        await until(pilot, lambda: "2 of 3 were deleted" in screen_text(app))
        assert "b was not deleted: ZeroDivisionError: oh" in screen_text(app)
        assert done == [("rmi", "a"), ("rmi", "c")]


async def test_what_is_gone_drops_out_with_a_word(
    done: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pause(_: object, thing: Container, **__: Any) -> None:
        if thing.id == "a":
            raise NotFound("this container is not there any more", subject="a")
        done.append(("pause", thing.id))

    monkeypatch.setattr(aiocontainerd.operations, "pause", pause)
    async with running(three(), session=session()) as (app, pilot):
        carry_out(app.main, parse("pause a b c"))
        await until(pilot, lambda: "2 of 3 were paused" in screen_text(app))
        assert "a is gone already." in screen_text(app)
        assert done == [("pause", "b"), ("pause", "c")]


async def test_all_is_well_in_one_toast(done: list[tuple[str, str]]) -> None:
    async with running(three(), session=session()) as (app, pilot):
        carry_out(app.main, parse("rm -f a b c"))
        await until(pilot, lambda: "c was deleted." in screen_text(app))
        assert [toast.message for toast in app._notifications] == [
            "a was deleted. b was deleted. c was deleted."
        ]
        assert len(done) == 3


async def test_marks_go_with_what_was_done_and_stay_where_not_all_was(
    done: list[tuple[str, str]],
) -> None:
    world = of(
        (container("a"), task("a", TaskStatus.RUNNING)),
        (container("b"), task("b", TaskStatus.RUNNING)),
        (container("c"), task("c", TaskStatus.STOPPED)),
    )
    async with running(world, session=session()) as (app, pilot):
        marks = app.main.view.table.view.marks
        await pilot.press("ctrl+a")
        await until(pilot, lambda: len(marks) == 3)
        carry_out(app.main, parse("stop -f a b c"))
        await until(pilot, lambda: "2 of 3 were stopped" in screen_text(app))
        assert len(marks) == 3
        await pilot.press("escape")
        carry_out(app.main, parse("kill -f a b"))
        await until(pilot, lambda: len(done) == 4)
        await until(pilot, lambda: list(app.main.view.table.view.marked) == [Key("default", "c")])


async def test_those_that_do_not_run_are_told_of_too(done: list[tuple[str, str]]) -> None:
    world = of(
        (container("a"), task("a", TaskStatus.RUNNING)),
        (container("b"), task("b", TaskStatus.STOPPED)),
    )
    async with running(world, session=session()) as (app, pilot):
        carry_out(app.main, parse("stop -f a b"))
        await until(pilot, lambda: "1 of 2 was stopped" in screen_text(app))
        assert "b has no running task." in screen_text(app)
        assert done == [("stop", "a")]
        await pilot.press("escape")
        carry_out(app.main, parse("start a b"))
        await until(pilot, lambda: "1 of 2 was started" in screen_text(app))
        assert "a is running already." in screen_text(app)
        assert done[1:] == [("start", "b")]


async def test_they_wait_together_and_are_told_in_the_order_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three that take their grace time take it once, not three times."""
    gates = {id: asyncio.Event() for id in "abc"}
    begun: list[str] = []

    async def slow(_: object, thing: Container, **__: Any) -> int:
        begun.append(thing.id)
        await gates[thing.id].wait()
        return 0

    monkeypatch.setattr(aiocontainerd.operations, "stop", slow)
    async with running(three(), session=session()) as (app, pilot):
        carry_out(app.main, parse("stop -f c a b"))
        await until(pilot, lambda: begun == ["c", "a", "b"])
        for id in "abc":
            gates[id].set()
        await until(pilot, lambda: bool(app._notifications))
        (toast,) = app._notifications
        assert [word for word in toast.message.split() if word in "abc"] == ["c", "a", "b"]


async def test_not_all_of_very_many_are_begun_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are taken all the same: nothing else can be begun with them."""
    gate = asyncio.Event()
    begun: list[str] = []

    async def slow(_: object, thing: Container, **__: Any) -> None:
        begun.append(thing.id)
        await gate.wait()

    monkeypatch.setattr(aiocontainerd.operations, "delete_container", slow)
    ids = [f"c{number}" for number in range(AT_ONCE + 4)]
    world = of(*((container(id), task(id, TaskStatus.STOPPED)) for id in ids))
    async with running(world, session=session()) as (app, pilot):
        carry_out(app.main, parse(f"rm -f {' '.join(ids)}"))
        await until(pilot, lambda: len(begun) == AT_ONCE)
        assert len(app.main.busy) == len(ids)
        await until(pilot, lambda: "deleting c0 …; and 11 others" in screen_text(app))
        carry_out(app.main, parse("rm -f c11"))
        await until(pilot, lambda: "c11 is already being deleted" in screen_text(app))
        gate.set()
        await until(pilot, lambda: not app.main.busy)
        assert begun == ids


async def test_of_very_many_that_went_well_some_are_named(done: list[tuple[str, str]]) -> None:
    world = of(*((container(f"c{n}"), task(f"c{n}", TaskStatus.STOPPED)) for n in range(30)))
    async with running(world, session=session()) as (app, pilot):
        carry_out(app.main, parse(f"rm -f {' '.join(f'c{n}' for n in range(30))}"))
        await until(pilot, lambda: bool(app._notifications))
        (toast,) = app._notifications
        assert toast.message == ("30 were deleted: c0, c1, c2, c3, c4, c5, c6, c7 and 22 more.")


@pytest.mark.parametrize(
    ("news", "followed"),
    [
        ({}, True),
        ({"phase": Phase.LOST}, False),
        ({"behind": 3}, False),
        ({"reading": frozenset({"containers"})}, False),
    ],
)
async def test_only_a_world_that_is_fresh_tells_who_else_has_a_snapshot(
    monkeypatch: pytest.MonkeyPatch, news: dict[str, Any], followed: bool
) -> None:
    told: list[object] = []

    async def delete(*_: object, others: object, **__: Any) -> None:
        told.append(others)

    monkeypatch.setattr(aiocontainerd.operations, "delete_container", delete)
    async with running(replace(three(), **news), session=session()) as (app, pilot):
        carry_out(app.main, parse("rm -f a"))
        await until(pilot, lambda: len(told) == 1)
        assert (told[0] is not None) is followed
