"""What the first frame shall not wait for, and that it is drawn once, and whole."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.screen import Screen

from aiocontainerd.models import ServerInfo, Snapshot
from aiocontainerd.store import Store
from ctdeck import starting
from ctdeck.app import CtdeckApp
from ctdeck.screens import showing
from ctdeck.settings import Session, Settings, from_arguments
from tests.tui.apps import running, screen_text, until
from tests.tui.worlds import container, world

# Not before there is a connection, a dialog, a pull, or an unusual argument.
LATE = (
    "aiocontainerd.client",
    "aiocontainerd.operations",
    "aiocontainerd.simulator",
    "aiohttp",
    "argparse",
    "ctdeck.command",
    "ctdeck.demo",
    "ctdeck.embedded",
    "ctdeck.forms",
    "ctdeck.screens.dialog",
    "google.protobuf",
    "grpc",
    "humanize",
    "json",
)
SESSION = (
    "aiocontainerd.client, aiocontainerd.discovery, aiocontainerd.pull, aiocontainerd.reconcile"
)
LATER_STILL = (
    "aiocontainerd.image_config",
    "aiocontainerd.imageinfo",
    "aiocontainerd.operations",
    "aiocontainerd.pull.http",
    "aiocontainerd.pull.strategy",
    "aiocontainerd.spec",
    "textual",
)
# What was left behind is looked for at each start; to do something about it comes later.
TO_ACT = (
    "aiocontainerd.operations.delete",
    "aiocontainerd.operations.running",
    "aiocontainerd.services.snapshots",
    "aiocontainerd.spec",
)


def printed(code: str) -> str:
    """What a fresh Python prints that runs this."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


async def test_style_sheets_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def reparse(_: Stylesheet) -> None:
        raise AssertionError("a theme or a screen's sheet came late")

    monkeypatch.setattr(Stylesheet, "reparse", reparse)
    async with running(size=(120, 35)) as (app, pilot):
        assert app.theme.startswith("ctdeck")
        assert "Containers" in screen_text(app)
        assert app.screen_stack == [app.main]
        await pilot.press("slash", "w")  # a prompt, whose sheet is read now
        await until(pilot, lambda: app.main.filtering)


@pytest.mark.parametrize(
    ("imported", "late"),
    [
        ("ctdeck.__main__, ctdeck.app", LATE),
        (SESSION, LATER_STILL),
        ("aiocontainerd.operations.remains", TO_ACT),
    ],
)
def test_what_is_not_needed_yet_is_not_imported(imported: str, late: tuple[str, ...]) -> None:
    assert printed(f"import sys, {imported}; print([m for m in {late!r} if m in sys.modules])") == (
        "[]"
    )


def test_usual_arguments_are_read_without_argparse() -> None:
    read = "from_arguments(['-a', '/x', '--namespace', 'y', '--read-only'], {})"
    code = f"import sys; from ctdeck.settings import *; {read}; print('argparse' in sys.modules)"
    assert printed(code) == "False"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["-a", "/run/x.sock"],
        ["--address", "x.sock", "-n", "k8s.io"],
        ["--namespace", "all", "--read-only"],
        ["-a", "/a", "-a", "/b"],
    ],
)
def test_the_short_way_to_read_arguments_reads_the_same(arguments: list[str]) -> None:
    environ = {"CONTAINERD_ADDRESS": "/env.sock", "CONTAINERD_NAMESPACE": "env"}
    # What the short way does not know sends all of it through argparse.
    through_argparse = from_arguments([*arguments, "--no-mouse"], environ)
    assert from_arguments(arguments, environ) == Settings(
        address=through_argparse.address,
        namespace=through_argparse.namespace,
        access=through_argparse.access,
    )


def test_the_daemon_is_asked_before_textual_is_imported() -> None:
    code = """
import asyncio, sys
from ctdeck import starting
from ctdeck.settings import Session, Settings
from aiocontainerd.models import Snapshot
from aiocontainerd.models import ServerInfo, Snapshot
from aiocontainerd.store import Store

store = Store()

async def look(settings):
    print("textual" in sys.modules, end=" ")
    await asyncio.sleep(0)  # its answer comes between two pieces of Textual
    print("textual.app" in sys.modules, end=" ")
    store.publish(Snapshot(loaded=True))
    return Session(store)

starting.look = look
app = asyncio.run(starting.start(Settings()))
print(app.session, app.settings == Settings())
"""
    assert printed(code) == "False False None True"


@pytest.mark.parametrize("busy", [True, False])
async def test_an_import_waits_for_the_picture_only_while_there_is_something_to_do(
    monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    async def draw() -> None:
        for _ in range(20):
            end = time.thread_time() + starting.BREATH
            while busy and time.thread_time() < end:
                pass
            await asyncio.sleep(0 if busy else 60)

    done: list[bool] = []
    monkeypatch.setattr(starting, "import_module", lambda _: done.append(picture.done()))
    picture = asyncio.create_task(draw())
    await starting._import(["a"], picture, time.monotonic() + 10)
    await starting._import(["b"], picture, time.monotonic())
    picture.cancel()
    assert done == [busy, busy]


async def test_the_frame_does_not_wait_for_a_daemon_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def look(_: Settings) -> Session:
        await asyncio.Event().wait()
        raise AssertionError("it hangs")

    monkeypatch.setattr(starting, "look", look)
    app = await starting.start(Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "connecting …" in screen_text(app))
        assert app.session is None


async def test_what_follows_the_daemon_ends_with_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    following = asyncio.create_task(asyncio.Event().wait())
    store = Store()
    store.publish(world())

    async def look(_: Settings) -> Session:
        return Session(store, following=following)  # type: ignore[arg-type]

    monkeypatch.setattr(starting, "look", look)
    app = await starting.start(Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "web1" in screen_text(app))
        assert not following.done()
    assert following.cancelled()


async def test_the_first_frame_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns in their widths and the cursor's row marked: not drawn again to be right."""
    frames: list[str] = []
    display = CtdeckApp._display

    def record(app: CtdeckApp, screen: Screen[object], update: Any) -> None:
        frames.append(screen_text(app))
        display(app, screen, update)

    monkeypatch.setattr(CtdeckApp, "_display", record)
    store = Store()
    store.publish(world())
    async with running(session=Session(store), size=(120, 35)) as (app, pilot):
        await pilot.pause()
        assert frames[0] == screen_text(app)
        assert "▌" in frames[0]


async def test_what_is_styled_before_the_first_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each node once (the list with the focus again, for that), and few of them."""
    styled: list[DOMNode] = []
    frames: list[object] = []
    apply, display = Stylesheet.apply, CtdeckApp._display

    def record(sheet: Stylesheet, node: DOMNode, **given: Any) -> None:
        if not frames:
            styled.append(node)
        apply(sheet, node, **given)

    def count(app: CtdeckApp, screen: Screen[object], update: Any) -> None:
        frames.append(update)
        display(app, screen, update)

    monkeypatch.setattr(Stylesheet, "apply", record)
    monkeypatch.setattr(CtdeckApp, "_display", count)
    async with running(size=(120, 35)) as (app, _):
        tables = {view.table for view in app.main.views.values()}
        others = tables - {app.main.view.table}
        assert [styled.count(table) for table in others] == [1] * len(others)
        assert styled.count(app.main.view.table) == 2
        assert len(styled) < 60


async def test_a_size_that_is_told_again_lays_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(size=(120, 35)) as (_, pilot):
        await pilot.pause()
        sizes: list[object] = []
        lay_out = Screen._refresh_layout

        def record(screen: Screen[object], size: Any = None, **given: Any) -> None:
            sizes.append(size)
            lay_out(screen, size, **given)

        monkeypatch.setattr(Screen, "_refresh_layout", record)
        await pilot.resize_terminal(120, 35)
        await pilot.pause()
        assert not sizes
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: (80, 24) in sizes)


async def test_rows_can_be_used_while_more_are_read() -> None:
    many = {each.key: each for each in (container(f"row{i:04}") for i in range(1200))}
    first = dict(list(many.items())[:1100])
    part = Snapshot(server=ServerInfo("2.1.9"), containers=first, reading=frozenset({"containers"}))
    session = Session(Store())
    async with running(part, session=session) as (app, pilot):
        top = screen_text(app).splitlines()[0]
        assert "containerd 2.1.9, reading: 1,100 containers so far …" in top
        await pilot.press("down", "down")
        chosen = app.main.row
        assert chosen is not None
        session.store.publish(replace(part, containers=many, reading=frozenset(), loaded=True))
        await until(pilot, lambda: "reading" not in screen_text(app))
        assert app.main.row is not None
        assert app.main.row.key == chosen.key


async def test_a_long_list_is_counted_while_its_rows_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time the rows cost as much as they are many; the number in the top line does not."""
    many = {one.key: one for one in (container(f"row{i:05}") for i in range(9000))}
    each = len(container("row").mounts)

    def read(count: int) -> Snapshot:
        part = dict(list(many.items())[:count])
        return replace(world(), containers=part, loaded=False, reading=frozenset({"containers"}))

    session = Session(Store())
    async with running(read(1000), session=session, size=(120, 35)) as (app, pilot):
        rows, mounts = app.main.view.table.view, app.main.views["mounts"].table.view
        monkeypatch.setattr(showing, "REST", 0.0)
        for count in (3000, 4000):
            session.store.publish(read(count))
            await until(pilot, lambda count=count: len(rows.all) == count)
        monkeypatch.setattr(showing, "REST", 1e6)
        monkeypatch.setattr(showing, "LONGEST_REST", 1e6)
        for count in (5000, 6000, 7000):
            session.store.publish(read(count))
            words = f"reading: {count:,} containers so far"
            await until(pilot, lambda words=words: words in screen_text(app))
        assert len(rows.all) == 5000
        assert len(mounts.all) == 4000 * each  # another long list waits for four times as many
        session.store.publish(replace(read(9000), loaded=True, reading=frozenset()))
        await until(pilot, lambda: len(rows.all) == 9000)
        assert len(mounts.all) == 9000 * each
        assert "reading" not in screen_text(app)
