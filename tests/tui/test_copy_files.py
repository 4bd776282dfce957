"""`:cp` on the screen: asked where it changes something, told what came of it, cancelled by Esc."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

import aiocontainerd.errors
import aiocontainerd.operations
from aiocontainerd.access import Access
from aiocontainerd.operations import Copied, CopyRequest
from aiocontainerd.state import StateDirectory
from ctdeck.app import CtdeckApp
from ctdeck.screens import waiting
from ctdeck.screens.waiting import WaitScreen
from ctdeck.settings import Settings
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import asked, lines_of, question_of, session

Calls = list[tuple[str, bool, object]]


pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What is copied: a dry look finds `there`, which is empty."""
    made: Calls = []

    async def copy_files(
        _: object, request: CopyRequest, *, report: Copied, agreed: object, dry: bool = False
    ) -> None:
        report.files, report.bytes, report.links = 2, 12_000_000, 1
        if dry:
            report.there += ["hosts"] if request.host == "/there" else []
            if request.inside.startswith("/dev"):
                report.left_out["a device is there"] += 1
                report.names.append("null: a device is there")
                if request.inside == "/dev/null":
                    report.files = report.bytes = report.links = 0
        else:
            made.append((request.inside, request.inward, agreed))
            if request.host == "/odd":
                report.left_out["device"] = 1
                report.names.append("d/null: device")
                report.stripped = 1

    monkeypatch.setattr(aiocontainerd.operations, "copy_files", copy_files)
    return made


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when a copy that makes no way was cancelled: it stands at 20 of 50 MB."""
    ended = asyncio.Event()

    async def copy_files(
        _: object, __: object, *, report: Copied, dry: bool = False, **___: object
    ) -> None:
        report.files, report.bytes = 1, 50_000_000 if dry else 20_000_000
        if not dry:
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

    monkeypatch.setattr(aiocontainerd.operations, "copy_files", copy_files)
    return ended


async def typed(app: CtdeckApp, line: str) -> None:
    from ctdeck.command.parsing import parse
    from ctdeck.verbs.typed import carry_out

    carry_out(app.main, parse(line))


async def test_out_of_it_nothing_is_asked(calls: Calls) -> None:
    async with running(session=session()) as (app, pilot):
        await typed(app, "cp web1:/etc/hosts /new")
        await until(
            pilot, lambda: "Copied 3 files, 12.0 MB, from /etc/hosts in" in screen_text(app)
        )
        assert screen_text(app).count("Copied") == 1
        assert calls == [("/etc/hosts", False, frozenset())]


async def test_what_would_be_overwritten_is_asked_about(calls: Calls) -> None:
    async with running(session=session()) as (app, pilot):
        await typed(app, "cp web1:/etc/hosts /there")
        await until(pilot, lambda: question_of(app) == "Overwrite 1 file?")
        assert "will be overwritten: hosts" in lines_of(app)
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        assert calls == []
        await typed(app, "cp web1:/etc/hosts /there")
        await until(pilot, lambda: asked(app))
        await pilot.press("y")
        await until(pilot, lambda: calls == [("/etc/hosts", False, frozenset({"hosts"}))])
        await typed(app, "cp -f web1:/etc/hosts /there")
        await until(pilot, lambda: calls[1:] == [("/etc/hosts", False, None)])


async def test_into_it_is_asked_always(calls: Calls) -> None:
    async with running(session=session()) as (app, pilot):
        await typed(app, "cp /etc/hosts web1:/etc/")
        await until(pilot, lambda: question_of(app) == "Copy into web1?")
        assert "to /etc/ in web1" in lines_of(app)
        await pilot.press("y")
        await until(pilot, lambda: calls == [("/etc/", True, frozenset())])


async def test_what_may_not_be_replaced_is_told_before(calls: Calls) -> None:
    async with running(session=session()) as (app, pilot):
        await typed(app, "cp /etc/hosts web1:/dev/")
        await until(pilot, lambda: question_of(app) == "Copy into web1?")
        assert "will be left out: null: a device is there" in lines_of(app)
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        await typed(app, "cp -f /etc/hosts web1:/dev/null")
        await until(pilot, lambda: "Nothing was copied from /etc/hosts" in screen_text(app))
        assert calls == []


async def test_what_was_left_out_is_told(calls: Calls) -> None:
    async with running(session=session()) as (app, pilot):
        await typed(app, "cp web1:/d /odd")
        await until(pilot, lambda: "Not all was copied" in screen_text(app))
        text = screen_text(app)
        assert "Left out: 1 device." in text
        assert "d/null: device" in text
        assert "set-user-id" in text


async def test_read_only_refuses_into_and_not_out(calls: Calls) -> None:
    settings = Settings(access=Access(read_only=True))
    async with running(session=session(), settings=settings) as (app, pilot):
        with pytest.raises(aiocontainerd.errors.ReadOnly):
            await typed(app, "cp /etc/hosts web1:/etc")
        await typed(app, "cp web1:/etc/hosts /new")
        await until(pilot, lambda: len(calls) == 1)


async def test_the_owners_lock_holds_for_writing(calls: Calls) -> None:
    async with running(session=session()) as (app, pilot):
        await typed(app, "cp -f /etc/hosts f1b2c3d4e5f60718293a4b5c6d7e8f90:/etc")
        await until(pilot, lambda: question_of(app) == "Unlock k8s.io?")
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        assert calls == []


async def test_one_that_takes_long_tells_how_far_it_is_and_esc_cancels_it(
    stuck: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SOON", 0.01)
    monkeypatch.setattr(waiting, "EVERY", 0.02)
    async with running(session=session()) as (app, pilot):
        await typed(app, "cp web1:/d /new")
        await until(pilot, lambda: "20.0 MB of 50.0 MB" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: stuck.is_set() and not isinstance(app.screen, WaitScreen))
        await until(pilot, lambda: "Cancelled; nothing of the file" in screen_text(app))


async def test_it_ends_under_another_dialog_and_takes_only_its_own_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "SOON", 0.01)
    go_on = asyncio.Event()

    async def copy_files(*_: object, dry: bool = False, **__: object) -> None:
        if not dry:
            await go_on.wait()

    monkeypatch.setattr(aiocontainerd.operations, "copy_files", copy_files)
    async with running(session=session()) as (app, pilot):
        await typed(app, "cp web1:/d /new")
        await until(pilot, lambda: isinstance(app.screen, WaitScreen))
        app.main.open("message", title="What a prune did", text="deleted")
        await until(pilot, lambda: "What a prune did" in screen_text(app))
        go_on.set()
        await until(pilot, lambda: bool(app.main.held) or "Copied" in screen_text(app))
        assert "What a prune did" in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert len(app.screen_stack) == 1


async def test_leaving_ends_it(stuck: asyncio.Event) -> None:
    async with running(session=session()) as (app, pilot):
        await typed(app, "cp web1:/d /new")
        await until(pilot, lambda: isinstance(app.screen, WaitScreen))
    assert stuck.is_set()


async def test_the_key_begins_the_line_and_tab_names_containers_and_paths(
    calls: Calls, tmp_path: Path
) -> None:
    (tmp_path / "target").mkdir()
    at = replace(session(), state=StateDirectory(tmp_path / "state"))
    async with running(session=at, size=(120, 30)) as (app, pilot):
        await pilot.press("F")
        await until(pilot, lambda: "cp web2:/" in screen_text(app))
        await pilot.press(*["backspace"] * 3, "1", "tab", *"/etc ", *f"{tmp_path}/ta", "tab")
        await until(pilot, lambda: f"cp web1:/etc {tmp_path}/target/" in screen_text(app))


async def test_the_demo_says_that_it_has_no_files(calls: Calls) -> None:
    demo = replace(session(), demo=object())  # type: ignore[arg-type]
    async with running(session=demo) as (app, pilot):
        app.session = session()  # nothing is to be ended with it
        await typed(app, "cp web1:/d /new")
        await until(pilot, lambda: "no real files" in screen_text(app))
        assert calls == []
