"""The pages that are read when they are looked at, on the host of the demo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from ctdeck.app import CtdeckApp
from ctdeck.demo import Demo
from ctdeck.settings import Settings
from ctdeck.widgets.details import head_parts
from tests.tui.apps import screen_text, until

ROOM = (220, 60)


@asynccontextmanager
async def demo(size: tuple[int, int] = ROOM) -> AsyncIterator[tuple[CtdeckApp, Pilot[None]]]:
    session = await Demo.start(settings := Settings(demo=True), lively=False)
    app = CtdeckApp(settings, session)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(
                pilot, lambda: bool(app.main.snapshot.loaded and not app.main.snapshot.reading)
            )
            yield app, pilot
    finally:
        assert session.demo is not None
        await session.demo.stop()


async def go_to_row(app: CtdeckApp, pilot: Pilot[None], pane: str, name: str) -> None:
    """To the row of the pane that has this in its key."""
    await pilot.press(pane)
    app.main.view.set_filter(name, app.main.snapshot)
    await pilot.press("g")
    for _ in range(20):
        await pilot.pause()
        if app.main.row is not None and name in app.main.row.key:  # type: ignore[operator]
            break
        await pilot.press("j")


async def go_to(app: CtdeckApp, pilot: Pilot[None], pane: str, name: str, tab: str) -> None:
    """To the row of the pane that has this in its key, and to this tab of its details."""
    await go_to_row(app, pilot, pane, name)
    await until(pilot, lambda: tab in app.main.details.tab_names)
    app.main.details.tab = tab
    app.main.detail_view.refresh()
    await until(pilot, lambda: f"[{tab}]" in screen_text(app))


def said(app: CtdeckApp) -> str:
    """What is on the screen, with one blank for many."""
    return " ".join(screen_text(app).split())


async def test_an_image_tells_its_config_layers_and_platforms() -> None:
    async with demo() as (app, pilot):
        await go_to(app, pilot, "1", "docker.io/library/nginx:1.27", "Config")
        await until(pilot, lambda: "entrypoint /docker-entrypoint.sh" in said(app))
        for words in ("stop signal SIGQUIT", "ports 80/tcp", "daemon off;"):
            assert words in said(app)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "7 layers, 72.2 MB compressed" in said(app))
        assert "44.0 MB RUN set -eux; ./install nginx" in said(app)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "this host's" in said(app))
        text = said(app)
        assert "all of it is here" in text
        assert "not here" in text


async def test_a_container_tells_its_spec_and_hides_secrets_of_its_environment() -> None:
    async with demo() as (app, pilot):
        await go_to(app, pilot, "2", "db", "Spec")
        await until(pilot, lambda: "the usual ones" in said(app))
        for words in ("cgroup /default/db", "memory no limit", "pid its own"):
            assert words in said(app)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "POSTGRES_PASSWORD=***" in said(app))
        assert "not-a-real-one" not in said(app)
        await pilot.press("x")
        await until(pilot, lambda: "POSTGRES_PASSWORD=not-a-real-one" in said(app))
        await pilot.press("j", "k")
        await until(pilot, lambda: "POSTGRES_PASSWORD=***" in said(app))


async def test_a_task_and_a_mount_tell_more() -> None:
    async with demo() as (app, pilot):
        await go_to(app, pilot, "3", "web1", "Task")
        await until(pilot, lambda: "stdout nowhere" in said(app))
        await go_to(app, pilot, "4", "/usr/share/nginx/html", "Source")
        await until(pilot, lambda: "is a directory" in said(app))
        assert "no link on the way" in said(app)


def test_of_many_tabs_those_around_the_one_that_is_seen_are_shown() -> None:
    tabs = ["Details", "Mounts 12", "Task", "Spec", "Env", "Rootfs", "Events"]

    def head(here: int, width: int) -> str:
        parts = head_parts("a-long-name", tabs, here, width, "")
        assert len(parts) == 3 + len(tabs) + 1  # clicks find a part by its place
        return "".join(text for text, _ in parts)

    assert (
        head(0, 90)
        == "─ a-long-name ─[Details] Mounts 12  Task  Spec  Env  Rootfs  Events " + "─" * 22
    )
    assert head(0, 42) == "─ a-long-… ─[Details] Mounts 12  Task … ──"
    assert head(6, 42).endswith("─…  Spec  Env  Rootfs [Events]──")
    assert "[Spec]" in head(3, 30)
    for here in range(len(tabs)):
        assert f"[{tabs[here]}]" in head(here, 24)
