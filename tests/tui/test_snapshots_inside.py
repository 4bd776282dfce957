"""The text of the screens that look inside, on the host of the demo at a time that stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from aiocontainerd.simulator.demo import make_host
from ctdeck.app import CtdeckApp
from ctdeck.demo import Demo
from ctdeck.settings import Settings
from ctdeck.widgets.table import Table
from tests.tui.apps import screen_text, until
from tests.tui.test_pages import go_to_row
from tests.tui.test_snapshots import SIZES, UPDATE, picture, same_everywhere
from tests.tui.worlds import NOW

__all__ = ["same_everywhere"]
FOLDER = Path(__file__).with_name("snapshots")
PAGES = {  # pane, name, keys, what is on the screen then
    "page-image-config": ("1", "docker.io/library/nginx:1.27", "Config", "stop signal"),
    "page-image-layers": ("1", "docker.io/library/nginx:1.27", "Layers", "COPY 1-nginx.conf"),
    "page-image-platforms": ("1", "docker.io/library/nginx:1.27", "Platforms", "not here"),
    "page-container-spec": ("2", "db", "Spec", "capabilities"),
    "page-container-env": ("2", "db", "Env", "POSTGRES_PASSWORD=***"),
    "page-task": ("3", "db", "Task", "stderr"),
    "page-mount-source": ("4", "/usr/share/nginx/html", "Source", "no link on the way"),
    "raw-container": ("2", "db", "y", '"id": "db"'),
    "raw-image": ("1", "docker.io/library/nginx:1.27", "y", "manifests"),
    "raw-task": ("3", "db", "y", "pid"),
    "raw-mount": ("4", "/usr/share/nginx/html", "y", "options"),
    "page-image-users": ("1", "docker.io/library/nginx:1.27", "Used", "web1"),
    "page-container-mounts": ("2", "db", "Mounts", "/dev/shm"),
}


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch, same_everywhere: None) -> None:
    monkeypatch.setattr(Table, "now", staticmethod(lambda: NOW))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_pages(size: tuple[int, int]) -> None:
    """One app for all of them: its start is most of the time."""
    settings = Settings(demo=True)
    session = await Demo.start(settings, make_host(NOW), lively=False)
    app = CtdeckApp(settings, session)
    try:
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.main.snapshot.loaded)
            for name, (pane, row, tab, words) in PAGES.items():
                await go_to_row(app, pilot, pane, row)
                await pilot.press(*(("y",) if tab == "y" else ("+", "enter")))
                if tab != "y":
                    app.main.details.tab = tab
                    app.main.details.turn(0)
                    app.main.detail_view.refresh()
                await until(pilot, lambda words=words: words in screen_text(app))  # type: ignore[misc]
                await check(app, pilot, name)
                await pilot.press("escape")
    finally:
        assert session.demo is not None
        await session.demo.stop()


async def check(app: CtdeckApp, pilot: Pilot[None], name: str) -> None:
    """Only what is looked at: the head and the text."""
    file = FOLDER / f"{name}-{app.size.width}x{app.size.height}.txt"
    if UPDATE:
        await pilot.pause(0.3)
        file.write_text(picture(app))
    kept = file.read_text()
    await until(pilot, lambda: picture(app) == kept, file.name)
