"""The JSON of an object and the doctor's page, on the host of the demo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.widgets import Input

from aiocontainerd.models import Key
from ctdeck.command.parsing import parse
from ctdeck.screens import reading
from ctdeck.screens.reading import ReadingScreen
from ctdeck.verbs.typed import carry_out
from tests.tui.apps import screen_text, until
from tests.tui.hosts import burst
from tests.tui.test_pages import demo, go_to_row


def shown(app: object) -> str:
    screen = app.screen  # type: ignore[attr-defined]
    assert isinstance(screen, ReadingScreen)
    return screen.view.text_of(screen.view.shown)


async def test_a_container_is_shown_as_json_with_stars_and_found_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied: list[str] = []

    async def copy(app: object, text: str) -> str:
        copied.append(text)
        return "to the clipboard"

    monkeypatch.setattr(reading, "copy", copy)
    async with demo((80, 24)) as (app, pilot):
        await go_to_row(app, pilot, "2", "db")
        await pilot.press("y")
        await until(pilot, lambda: "container db in default" in screen_text(app))
        await until(pilot, lambda: "POSTGRES_PASSWORD=***" in shown(app))
        assert "not-a-real-one" not in shown(app)
        await pilot.press("c")
        await until(pilot, lambda: bool(copied))
        assert copied == [shown(app)]
        await pilot.press("slash", *"cgroupsPath", "enter")
        await until(pilot, lambda: '"cgroupsPath": "/default/db"' in screen_text(app))
        await pilot.press("x")
        await until(pilot, lambda: "POSTGRES_PASSWORD=not-a-real-one" in shown(app))
        assert "secrets shown" in screen_text(app)
        assert '"cgroupsPath"' in screen_text(app)  # where one was
        await pilot.press("x")
        await until(pilot, lambda: "POSTGRES_PASSWORD=***" in shown(app))
        await pilot.press("q")
        await until(pilot, lambda: app.screen is app.main)


@pytest.mark.parametrize(
    ("pane", "name", "says"),
    [
        ("1", "docker.io/library/nginx:1.27", '"manifests": ['),
        ("3", "web1", '"status": "STATUS_RUNNING"'),
        ("4", "/usr/share/nginx/html", '"source": "/srv/site"'),
    ],
)
async def test_each_kind_has_its_json(pane: str, name: str, says: str) -> None:
    async with demo() as (app, pilot):
        await go_to_row(app, pilot, pane, name)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ReadingScreen))
        await until(pilot, lambda: says in shown(app))


async def test_inspect_takes_ids_beginnings_references_and_digests() -> None:
    async with demo() as (app, pilot):
        key = Key("default", "docker.io/library/nginx:1.27")
        await until(pilot, lambda: app.main.snapshot.images[key].details is not None)
        nginx = app.main.snapshot.images[key]
        assert nginx.details is not None
        config = nginx.details.config_digest
        for what, says in (
            ("api", "container api in default"),
            ("backup", "container backup-nightly in default"),
            ("nginx:1.27", "image docker.io/library/nginx:1.27"),
            (nginx.target.digest, "image docker.io/library/nginx:1.27"),
            (nginx.target.digest[7:19], "image docker.io/library/nginx:1.27"),
            (config, "blob sha256:"),
        ):
            carry_out(app.main, parse(f"inspect {what}"))
            await until(pilot, lambda: isinstance(app.screen, ReadingScreen))
            await until(pilot, lambda says=says: says in screen_text(app))  # type: ignore[misc]
            await until(pilot, lambda: shown(app).startswith("{"))
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.main)


async def test_it_is_saved_as_it_is_shown(tmp_path: Path) -> None:
    async with demo((80, 24)) as (app, pilot):
        await go_to_row(app, pilot, "2", "db")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ReadingScreen) and "}" in shown(app))
        await pilot.press("s")
        await until(pilot, lambda: bool(app.screen.query("AskLine Input")))
        entry = app.screen.query_one("AskLine Input", Input)
        assert entry.value.endswith(".json")
        entry.value = str(tmp_path / "db.json")
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "db.json").exists())
        await until(pilot, lambda: "Saved" in screen_text(app))
        saved = (tmp_path / "db.json").read_text()
        assert saved == f"{shown(app)}\n"
        assert "POSTGRES_PASSWORD=***" in json.dumps(json.loads(saved))


async def test_asked_again_before_the_first_line_has_gone() -> None:
    async with demo((80, 24)) as (app, pilot):
        await go_to_row(app, pilot, "2", "db")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ReadingScreen) and "}" in shown(app))
        burst(app, "s", "escape", "s", "escape", "s")
        await until(pilot, lambda: not app.keys.is_busy)
        app.screen.action_save()  # type: ignore[attr-defined]  # in the same turn as the one before
        app.screen.action_save()  # type: ignore[attr-defined]
        await until(pilot, lambda: len(app.screen.query("AskLine")) == 1)


async def test_what_is_gone_is_said_in_its_place() -> None:
    async with demo() as (app, pilot):
        await go_to_row(app, pilot, "2", "debug")
        assert app.session is not None
        assert app.session.demo is not None
        del app.session.demo.host.world.space("default").containers["debug"]
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ReadingScreen))
        await until(pilot, lambda: "not found" in screen_text(app))


async def test_the_doctor_has_a_page_that_can_be_read_again() -> None:
    async with demo((100, 40)) as (app, pilot):
        carry_out(app.main, parse("doctor"))
        await until(pilot, lambda: isinstance(app.screen, ReadingScreen))
        await until(pilot, lambda: "2 warnings" in shown(app))
        for words in ("10-shop.conflist needs portmap", "has no task", "$ umount /run/"):
            assert words in shown(app)
        assert app.session is not None
        assert app.session.demo is not None
        (app.session.demo.folder / "mountinfo").write_text("")
        await pilot.press("r")
        await until(pilot, lambda: "1 warning," in shown(app))
        await pilot.press("ampersand", *"zzz", "enter", "c")
        await until(pilot, lambda: "nothing here to copy" in screen_text(app))
        await pilot.press("x")  # nothing is hidden there
        await pilot.press("q")
        await until(pilot, lambda: app.screen is app.main)
