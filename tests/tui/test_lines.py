"""The lines round the lists: clicks on them, what they say behind a dialog and on tiny screens."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from pathlib import Path

import pytest

from aiocontainerd.models import ServerInfo
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.settings import Session
from ctdeck.widgets.lines import Line
from tests.tui.apps import running, screen_text, until
from tests.tui.worlds import container, snapshot, world


def bottom(app: CtdeckApp) -> str:
    return screen_text(app).splitlines()[-1].strip()


def at(app: CtdeckApp, text: str) -> tuple[int, int]:
    """Where a text is on the screen."""
    for row, line in enumerate(screen_text(app).splitlines()):
        if text in line:
            return line.index(text), row
    raise AssertionError(f"not there: {text}")


async def test_a_click_on_a_panes_tab_goes_there() -> None:
    async with running() as (app, pilot):
        await pilot.click(offset=at(app, "Mounts"))
        await until(pilot, lambda: app.main.pane_id == "mounts")
        await pilot.click(offset=at(app, "Images"))
        await until(pilot, lambda: app.main.pane_id == "images")


async def test_a_click_on_a_detail_tab_opens_it() -> None:
    async with running(size=(120, 35)) as (app, pilot):
        await until(pilot, lambda: "[Details]" in screen_text(app))
        await pilot.click(offset=at(app, "Mounts 2"))
        await until(pilot, lambda: "[Mounts 2]" in screen_text(app))
        assert "/srv/www" in screen_text(app)


async def test_a_click_on_a_key_does_what_the_key_does() -> None:
    async with running() as (app, pilot):
        await pilot.click(offset=at(app, "? help"))
        await until(pilot, lambda: "Keys on the containers" in screen_text(app))


@pytest.mark.parametrize("key", ["question_mark", "n", "exclamation_mark"])
async def test_behind_a_dialog_no_keys_are_offered(key: str) -> None:
    session = Session(Store(), address="/run/containerd/containerd.sock")
    async with running(size=(120, 40), session=session) as (app, pilot):
        assert "? help" in bottom(app)
        await pilot.press(key)
        await until(pilot, lambda: app.screen is not app.main)
        await until(pilot, lambda: "? help" not in bottom(app))
        await pilot.press("escape")
        await until(pilot, lambda: "? help" in bottom(app))


@pytest.mark.parametrize("size", [(80, 24), (90, 30), (100, 30)])
async def test_a_dialog_leaves_no_slivers(size: tuple[int, int]) -> None:
    async with running(size=size) as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: "Keys on the containers" in screen_text(app))
        lines = screen_text(app).splitlines()
        assert any(line.startswith("╭") and line.endswith("╮") for line in lines)


async def test_the_version_is_plain() -> None:
    odd = replace(world(), server=ServerInfo("v2.1.9+unknown"))
    async with running(odd) as (app, _):
        assert "containerd 2.1.9 ·" in screen_text(app)


@pytest.mark.parametrize(("size", "said"), [((19, 10), True), ((40, 4), True), ((20, 5), False)])
async def test_too_small_is_said_only_then(size: tuple[int, int], said: bool) -> None:
    async with running(size=size) as (app, pilot):
        assert ("too small" in screen_text(app)) is said
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "ctdeck" in screen_text(app))
        await pilot.press("1")
        assert app.main.pane_id == "images"


async def test_long_ids_leave_room_for_the_names() -> None:
    pods = [
        container(
            f"{number:x}" * 64,
            namespace="k8s.io",
            labels={
                "io.kubernetes.pod.name": f"web-7d4b9c-zn9q{number}",
                "io.kubernetes.pod.namespace": "shop",
                "io.kubernetes.container.name": "app",
            },
        )
        for number in range(3)
    ]
    for size in ((80, 24), (120, 35)):
        async with running(snapshot(containers=pods), size=size) as (app, pilot):
            text = screen_text(app)
            assert " 111111111111 " in text
            assert "1" * 20 not in "\n".join(line[:72] for line in text.splitlines())
            assert all(f"zn9q{number}" in text for number in range(3))
            assert text.count(" └ app ") == 3
            await pilot.press("c")
            await until(pilot, lambda app=app: len(app.clipboard) == 64)
            await pilot.press("slash", *"2222222222222222")
            await until(pilot, lambda app=app: "zn9q1" not in screen_text(app))


@pytest.mark.parametrize("works", [True, False])
async def test_a_copy_in_tmux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, works: bool) -> None:
    tmux = tmp_path / "tmux"
    tmux.write_text(
        f'#!/bin/sh\necho "$@" >{tmp_path}/args\ncat >{tmp_path}/in\nexit {int(not works)}\n'
    )
    tmux.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    written: list[str] = []
    async with running() as (app, pilot):
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", written.append)
        await pilot.press("c")
        said = "Copied the id to the tmux buffer and" if works else "Copied the id: web2"
        await until(pilot, lambda: said in screen_text(app))
        assert app.clipboard == "web2"
    assert (tmp_path / "in").read_text() == "web2"
    assert (tmp_path / "args").read_text() == "load-buffer -w -\n"
    plain = f"\x1b]52;c;{base64.b64encode(b'web2').decode()}\a"
    assert (plain in written) is not works


@pytest.mark.parametrize("key", ["slash", "colon"])
async def test_what_was_told_does_not_cover_what_is_typed(key: str) -> None:
    async with running() as (app, pilot):
        app.main.tell("web1 runs in default (pid 4121).")
        await until(pilot, lambda: "pid 4121" in screen_text(app))
        assert "pid 4121" not in "".join(screen_text(app).splitlines()[-2:])
        await pilot.press(key, *"web")
        await until(pilot, lambda: "pid 4121" not in screen_text(app))


async def test_a_line_laid_out_between_two_texts_has_room_for_the_second() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash")
        await until(pilot, lambda: bool(app.screen.query("#filter-result")))
        line = app.screen.query_one("#filter-result", Line)
        line.show([("a", "")])
        line.parent._clear_arrangement_cache()  # type: ignore[union-attr]  # as by what is beside it
        app.screen._refresh_layout()
        line.show([("not here: Enter looks further", "")])
        await until(pilot, lambda: "Enter looks further" in screen_text(app))
