"""Two images whose names are not UTF-8 and look the same: each is a row, and the right one goes."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from aiocontainerd.models import Image
from aiocontainerd.pb import containers_pb2, images_pb2
from aiocontainerd.simulator import Simulator, World
from aiocontainerd.simulator.world import ContainerRecord
from ctdeck.app import CtdeckApp
from ctdeck.rows import ImageRow
from ctdeck.screens import dialog
from ctdeck.settings import Settings
from ctdeck.widgets.command import CommandLine
from tests.tui.apps import screen_text, until

ODD = (b"twin:\xfe", b"twin:\xff")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@asynccontextmanager
async def twins() -> AsyncIterator[tuple[CtdeckApp, Pilot[None], World]]:
    world = World()
    for name in (*ODD, b"even:1"):
        made = images_pb2.Image(name=name, created_at=world.stamp(), updated_at=world.stamp())
        made.target.digest = f"sha256:{'0' * 64}"
        made.target.media_type = "application/vnd.oci.image.manifest.v1+json"
        made.target.size = 2
        # In a map, a key that is not UTF-8 cannot be set, only read.
        made.MergeFromString(b"\x12\x08\x0a\x02k\xff\x12\x02v\xff")
        world.space("default").images[name] = made
    user = containers_pb2.Container(id="user", created_at=world.stamp(), updated_at=world.stamp())
    user.MergeFromString(b"\x1a\x06" + ODD[1] + b"\x12\x08\x0a\x02k\xff\x12\x02v\xff")
    world.space("default").containers["user"] = ContainerRecord.of(user)
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        async with Simulator(Path(folder) / "c.sock", world) as simulator:
            app = CtdeckApp(Settings(address=simulator.address))
            async with app.run_test(size=(120, 30), notifications=True) as pilot:
                await until(pilot, lambda: app.session is not None and app.store.snapshot.loaded)
                await pilot.press("1")
                await until(pilot, lambda: screen_text(app).count("twin:\ufffd") >= 2)
                yield app, pilot, world


def current(app: CtdeckApp) -> Image:
    row = app.main.view.table.current
    assert isinstance(row, ImageRow)
    return row.image


async def go_to(app: CtdeckApp, pilot: Pilot[None], name: bytes) -> None:
    for _ in range(3):
        if current(app).raw_name != name:
            await pilot.press("j")
    assert current(app).raw_name == name


def left(world: World) -> set[bytes]:
    return set(world.look("default").images)


@pytest.mark.parametrize("steps", [1, 2])
async def test_the_row_under_the_cursor_is_deleted(steps: int) -> None:
    async with twins() as (app, pilot, world):
        goes = sorted(app.store.snapshot.images)[2 - steps]
        await pilot.press("g")
        wanted = next(i.raw_name for k, i in app.store.snapshot.images.items() if k == goes)
        await go_to(app, pilot, wanted)
        await pilot.press("enter")
        await until(pilot, lambda: goes.id in screen_text(app), "its exact name in the details")
        await pilot.press("escape", "D")
        await until(pilot, lambda: f"Delete image {goes.id}?" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: wanted not in left(world), "gone")
        assert left(world) == {*ODD, b"even:1"} - {wanted}
        await until(pilot, lambda: goes not in app.store.snapshot.images)
        await until(pilot, lambda: f"{goes.id} was deleted" in screen_text(app), "told")


async def test_rmi_asks_which_and_takes_the_exact_name() -> None:
    async with twins() as (app, pilot, world):

        async def enter(text: str) -> None:
            await pilot.press("colon")
            app.screen.query_one(CommandLine).query_one(Input).value = text
            await pilot.press("enter")

        await enter("rmi twin:\ufffd")
        await until(pilot, lambda: "2 images answer to this" in screen_text(app))
        assert left(world) == {*ODD, b"even:1"}
        await pilot.press("escape", "escape")
        await enter(r"rmi 'twin:\xff'")
        await until(pilot, lambda: r"Delete image 'twin:\xff'?" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: left(world) == {ODD[0], b"even:1"})


async def test_tab_completes_to_the_exact_name() -> None:
    async with twins() as (app, pilot, world):
        await pilot.press("colon")
        line = app.screen.query_one(CommandLine).query_one(Input)
        line.value = r"rmi \'twin:\\xf"
        line.cursor_position = len(line.value)
        await pilot.press("tab", "f")
        assert line.value.strip() == r"rmi \'twin:\\xff"
        await pilot.press("tab")
        assert line.value.strip() == r"rmi \'twin:\\xff\'"
        await pilot.press("enter")
        await until(pilot, lambda: r"Delete image 'twin:\xff'?" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: left(world) == {ODD[0], b"even:1"})


async def test_to_run_one_is_refused_in_words() -> None:
    async with twins() as (app, pilot, _):
        await pilot.press("g")
        await go_to(app, pilot, ODD[0])
        await pilot.press("r")
        await until(pilot, lambda: "not plain text" in screen_text(app))


async def test_a_container_of_one_is_counted_shown_and_deleted() -> None:
    async with twins() as (app, pilot, world):
        await pilot.press("g")
        await go_to(app, pilot, ODD[1])
        await pilot.press("enter")
        await until(pilot, lambda: "Used by 1" in screen_text(app))
        await pilot.press("escape", "2", "g", "enter")
        await until(pilot, lambda: "k\ufffd = v\ufffd" in screen_text(app), "its labels")
        await pilot.press("escape", "r")
        await until(pilot, lambda: "not plain text" in screen_text(app))
        await pilot.press("D")
        await until(pilot, lambda: "Delete user?" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: not world.look("default").containers)
        assert left(world) == {*ODD, b"even:1"}
