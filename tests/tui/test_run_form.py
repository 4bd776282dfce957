"""The run form by keys: the order of its fields, what it shows below, sizes and hostile text."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from aiocontainerd.mounts import BindMount
from aiocontainerd.run_options import RunOptions
from ctdeck.widgets.fields import VariableField
from tests.tui.apps import screen_text, until
from tests.tui.hosts import OPEN, typed
from tests.tui.runforms import IMAGE, Runs, form, shows


async def test_fields_in_their_order_and_all_that_was_typed_is_run() -> None:
    runs = Runs()
    async with form(runs) as (app, pilot):
        await typed(pilot, "web1")
        await pilot.press("tab")
        await typed(pilot, "sh -c 'echo a'")
        await pilot.press("tab")
        await typed(pilot, "/srv/w:/www:ro")
        await pilot.press("tab")
        await typed(pilot, "/data:/data")
        await pilot.press("tab", "tab")
        await typed(pilot, "A=b c")
        await pilot.press("tab", "tab", "h", "tab")
        await typed(pilot, "1000")
        await pilot.press("tab")
        await typed(pilot, "/tmp")
        for text in ("64m", "0.5", "9"):
            await pilot.press("tab")
            await typed(pilot, text)
        await pilot.press("tab", "space", "tab", "space", "tab", "x", "enter")
        await until(pilot, lambda: app.left is not OPEN, "run")
    assert runs.asked == [
        RunOptions(
            IMAGE,
            "web1",
            command=("sh", "-c", "echo a"),
            mounts=(BindMount("/srv/w", "/www", readonly=True), BindMount("/data", "/data")),
            env=("A=b c",),
            network="host",
            user="1000",
            cwd="/tmp",
            memory=64 << 20,
            cpus=0.5,
            pids=9,
            readonly=True,
            terminal=True,
            remove=True,
        )
    ]


async def test_the_generated_name_is_typed_over_but_not_lost_by_moving() -> None:
    runs = Runs()
    async with form(runs) as (_, pilot):
        await pilot.press("tab", "shift+tab", "enter")
        await until(pilot, lambda: bool(runs.asked))
    assert runs.asked[0].id == "nginx-7f3a"


async def test_an_emptied_name_is_the_one_that_is_offered() -> None:
    runs = Runs()
    async with form(runs) as (app, pilot):
        await pilot.press("backspace")
        await until(pilot, lambda: app.screen.draft.name == "")  # type: ignore[attr-defined]
        assert screen_text(app).count("nginx-7f3a") == 2  # in its place, and in the ctr line
        await pilot.press("enter")
        await until(pilot, lambda: [each.id for each in runs.asked] == ["nginx-7f3a"])


async def test_a_filled_field_keeps_its_text_when_one_comes_back_to_it() -> None:
    runs = Runs()
    async with form(runs) as (_, pilot):
        await pilot.press("tab")
        await typed(pilot, "sleep 1")
        await pilot.press("tab", "shift+tab", "0", "enter")
        await until(pilot, lambda: bool(runs.asked))
    assert runs.asked[0].command == ("sleep", "10")


async def test_the_equivalent_and_the_risks_follow_the_typing() -> None:
    async with form() as (app, pilot):
        await typed(pilot, "web1")
        await pilot.press("down", "down")
        await typed(pilot, "/etc:/x")
        await until(pilot, shows(app, "src=/etc,dst=/x", "docker.io/library/nginx:1.27 web1"))
        assert shows(app, "the host's passwords and settings, writable")()
        await typed(pilot, ":ro")
        await until(pilot, shows(app, "passwords and settings, read-only"))


async def test_of_many_risks_none_is_hidden() -> None:
    sources = ("/", "/etc", "/dev", "/root", "/boot", "/var/lib/docker")
    base = RunOptions(
        IMAGE,
        "web1",
        mounts=tuple(BindMount(at, f"/m{n}", recursive=False) for n, at in enumerate(sources)),
        privileged=True,
    )
    async with form(base=base) as (app, _):
        told = " ".join(screen_text(app).split())
        assert "privileged: the container can do all" in told
        assert "/etc: the host's passwords" in told
        assert "and 4 more risks: /dev; /root; /boot; /var/lib/docker" in told
    async with form(base=base, size=(80, 16)) as (app, _):
        told = " ".join(screen_text(app).split())
        assert "7 risks: privileged; /; /etc; /dev; /root; /boot; /var/lib/docker" in told


async def test_secrets_are_shown_only_while_one_is_in_their_field() -> None:
    base = RunOptions(IMAGE, "web1", env=("DB_PASSWORD=hunter2",))
    async with form(base=base) as (app, pilot):
        assert "hunter2" not in screen_text(app)
        assert screen_text(app).count("DB_PASSWORD=***") == 2
        app.screen.query_one(VariableField).focus()
        await until(pilot, shows(app, "hunter2"))  # in its own field, while one is in it


async def test_escape_calls_a_run_off_and_the_form_stays() -> None:
    runs = Runs(hold=asyncio.Event())
    async with form(runs) as (app, pilot):
        await pilot.press("enter", "enter")
        await until(pilot, shows(app, "is being started"))
        await pilot.press("escape")
        await until(pilot, lambda: runs.cancelled)
        await until(pilot, shows(app, "Enter runs"))
        assert app.left is OPEN
    assert len(runs.asked) == 1


async def test_where_a_linked_source_leads_is_told(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/etc")
    async with form(size=(200, 50)) as (app, pilot):
        await pilot.press("down", "down")
        await typed(pilot, f"{link}:/x")
        await until(pilot, shows(app, f"{link} leads to /etc"))


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (40, 10), (10, 3)])
async def test_usable_at_every_size(size: tuple[int, int]) -> None:
    runs = Runs()
    async with form(runs, size=size) as (app, pilot):
        for _ in range(13):
            await pilot.press("tab")
            focused = app.focused
            assert focused is not None
            if size[1] >= 10:
                assert app.screen.region.contains_region(
                    focused.region.intersection(focused.region)
                )
        await pilot.press("enter")
        await until(pilot, lambda: app.left is not OPEN)
    assert len(runs.asked) == 1


async def test_hostile_text_is_only_text() -> None:
    base = RunOptions(
        "ghcr.io/[/]/[@click=app.exit]x", "web1", env=("A=[/b]\x1b[2J",), user="[red]"
    )
    async with form(base=base) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: app.left is not OPEN)
        assert "\x1b" not in screen_text(app)


async def test_the_equivalent_line_is_all_there_when_much_is_filled_in() -> None:
    async with form(size=(80, 24)) as (app, pilot):
        await pilot.press("tab", "tab")
        for text in ("/etc:/conf:ro", "/var/lib/some/long/path/of/the/data:/data"):
            await typed(pilot, text)
            await pilot.press("down")
        await until(pilot, lambda: "/data,options=rbind" in screen_text(app))
        squeezed = "".join(line.strip("│ ") + " " for line in screen_text(app).splitlines())
        name = app.screen.draft.name  # type: ignore[attr-defined]
        assert f"{IMAGE} {name}" in squeezed
