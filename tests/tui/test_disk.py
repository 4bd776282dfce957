"""Pane 6: surveyed while it is looked at, and what it tells."""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path

import pytest

from aiocontainerd.disk.report import Report
from aiocontainerd.disk.things import IMAGE, Node, Survey
from aiocontainerd.models import Key, Phase
from aiocontainerd.simulator import images
from aiocontainerd.simulator.faults import Faults
from aiocontainerd.simulator.server import Simulator
from aiocontainerd.whose import Found
from ctdeck.app import CtdeckApp
from ctdeck.demo import Demo
from ctdeck.screens import dialog, diskview
from ctdeck.verbs.whose import tell_whose
from tests.tui.apps import lines_of, running, screen_text, until
from tests.tui.disks import digest, with_disk
from tests.tui.fake_operations import session
from tests.tui.test_demo import playing
from tests.tui.test_snapshots import SIZES, check, same_everywhere, stage

assert same_everywhere
USAGE = "/containerd.services.snapshots.v1.Snapshots/Usage"
LIST = "/containerd.services.content.v1.Content/List"
REDIS = "docker.io/library/redis:7.4"


def asked(demo: Demo) -> int:
    return demo.simulator.calls[USAGE] + demo.simulator.calls[LIST]


def surveying(app: CtdeckApp) -> bool:
    return any(worker.is_running and worker.group == "survey" for worker in app.workers)


async def test_it_is_surveyed_when_it_is_looked_at_and_not_before() -> None:
    async with playing(size=(160, 45)) as (app, pilot, demo):
        await pilot.press("1", "2", "5")
        await pilot.pause()
        assert not demo.simulator.calls[USAGE]
        await pilot.press("6")
        await until(pilot, lambda: "as of" in screen_text(app))
        text = screen_text(app)
        assert "node:22" in text
        await until(pilot, lambda: "measuring" not in screen_text(app))
        report = app.main.snapshot.disk
        assert report is not None
        assert report.survey.is_whole
        before = asked(demo)
        await pilot.press("2", "6", "j")  # it is good still
        await pilot.pause()
        assert asked(demo) == before


async def test_news_are_read_again_but_only_while_it_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(diskview, "SOONEST", 0.0)
    monkeypatch.setattr(diskview, "SHARE", 0)
    node = Node("default", IMAGE, REDIS)
    async with playing() as (app, pilot, demo):
        await pilot.press("6")
        await until(pilot, lambda: app.main.snapshot.disk is not None)
        await until(pilot, lambda: "measuring" not in screen_text(app))
        assert app.main.snapshot.disk is not None
        assert node in app.main.snapshot.disk.places
        await pilot.press("2")
        await until(pilot, lambda: not surveying(app))
        before = demo.simulator.calls[LIST]
        images.delete(demo.host.world, "default", REDIS.encode())
        await until(pilot, lambda: not any(k.id == REDIS for k in app.main.snapshot.images))
        assert demo.simulator.calls[LIST] == before
        await pilot.press("6")
        await until(pilot, lambda: node not in (app.main.snapshot.disk.places))  # type: ignore[union-attr]


async def test_many_things_are_never_looked_at_by_the_collector_of_garbage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two reports of 50,000 things took it 0.3 s, and the loop as long."""
    monkeypatch.setattr(diskview, "MANY", 0)
    rests: list[bool] = []
    real = Report.of

    def reckoned(survey: Survey) -> Report:
        rests.append(not gc.isenabled())
        return real(survey)

    monkeypatch.setattr(Report, "of", reckoned)
    try:
        async with playing() as (app, pilot, _):
            await pilot.press("6")
            await until(pilot, lambda: bool(rests) and not surveying(app))
            assert all(rests)
            assert gc.isenabled()
            assert gc.get_freeze_count() > 0
            report = app.main.snapshot.disk
            assert report is not None
            things = report.survey.things
            refs = [ref for thing in things.values() for ref in thing.refs if ref in things]
            assert refs
            assert all(ref is things[ref].node for ref in refs)
    finally:
        gc.unfreeze()


async def test_a_key_asks_again_and_a_failure_is_told() -> None:
    async with playing() as (app, pilot, demo):
        await pilot.press("6")
        await until(pilot, lambda: app.main.snapshot.disk is not None)
        await until(pilot, lambda: "measuring" not in screen_text(app))
        first = app.main.snapshot.disk
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.main.snapshot.disk is not first)
        await demo.simulator.stop()
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "could not be surveyed" in screen_text(app))
        assert app.main.snapshot.disk is not None  # the old one stays


async def test_it_is_asked_again_when_the_daemon_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diskview, "SOONEST", 0.0)
    monkeypatch.setattr(diskview, "SHARE", 0)
    async with playing() as (app, pilot, demo):
        await pilot.press("6")
        await until(pilot, lambda: app.main.snapshot.disk is not None and not surveying(app))
        await demo.simulator.stop()
        await until(pilot, lambda: app.main.snapshot.phase is Phase.LOST)
        await until(pilot, lambda: not surveying(app))
        old = app.main.snapshot.disk
        app.main.disk.look()
        assert not surveying(app)  # nobody would answer
        await demo.simulator.start()
        await until(pilot, lambda: app.main.snapshot.disk is not old)


async def test_the_daemon_is_killed_in_a_survey_and_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While it lists, and while it measures: both end, and it is surveyed anew."""
    monkeypatch.setattr(diskview, "SOONEST", 0.0)
    monkeypatch.setattr(diskview, "SHARE", 0)
    faults = Faults()
    monkeypatch.setattr("ctdeck.demo.Simulator", partial(Simulator, faults=faults))
    for method in (LIST, USAGE):
        async with playing(size=(160, 45)) as (app, pilot, demo):
            hangs = faults.add(method, "hang")
            await pilot.press("6")
            await until(pilot, lambda rule=hangs: faults._counts.get(rule, 0) > 0)  # type: ignore[misc]
            await demo.simulator.stop()
            await until(pilot, lambda: not surveying(app))
            report = app.main.snapshot.disk
            assert report is None or not report.survey.is_whole  # it was not all measured
            faults.clear()
            await demo.simulator.start()
            await until(
                pilot,
                lambda: (
                    app.main.snapshot.disk is not None and app.main.snapshot.disk.survey.is_whole
                ),
            )


async def test_the_details_tell_why_it_is_kept() -> None:
    async with running(with_disk(), size=(120, 35)) as (app, pilot):
        await pilot.press("6", "slash", *"old", "enter", "escape", "slash", *"nginx", "enter")
        assert len(lines_of(app.main.view.table)) > 1
        app.main.view.set_filter("", app.main.snapshot)
        assert app.main.view.table.move_to_key(Node("default", "blob", digest("old layer")))
        await pilot.press("enter", "right_square_bracket")
        await until(pilot, lambda: "Nothing holds it" in " ".join(screen_text(app).split()))


async def test_rows_can_be_told_apart_on_80_columns() -> None:
    async with running(with_disk()) as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: "FREES" in screen_text(app))
        head, *rows = lines_of(app.main.view.table)
        kind, name, size = (head.index(title) for title in ("KIND", "NAME", "SIZE"))
        assert "…" not in {row[name - 1] for row in rows}
        assert {row[kind:name].strip() for row in rows} <= {
            *("image", "snapshot", "layer", "ingest", "container", "lease", "config", "manifest"),
        }
        shown = [row[1:size] for row in rows]
        assert len({*shown}) == len(shown)
        assert any("snapshot" in row and "db7f28ae2b1d " in row for row in shown)
        assert "P prune" in screen_text(app)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_pictures(size: tuple[int, int], tmp_path: Path) -> None:
    async with stage(size, tmp_path, world=with_disk()) as at:
        await at.keys("6")
        await at.shows("HELD BY")
        await check(at, "main-disk")
        await at.keys("enter", "right_square_bracket")
        await at.shows("because")
        await check(at, "details-disk")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_picture_of_an_answer(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def found(*_: object) -> tuple[Found, ...]:
        web, image = Key("default", "web1"), Key("default", "docker.io/library/nginx:1.27")
        its = at.app.main.snapshot
        return (
            Found(web, "it is bound there as /usr/share/nginx/html", its.containers[web]),
            Found(image, "it is a layer of it", its.images[image], "image"),
        )

    monkeypatch.setattr("aiocontainerd.whose.whose", found)
    async with stage(size, tmp_path) as at:
        at.app.main.begin(tell_whose(at.app.main, "/srv/www/index.html"), group="whose", opens=True)
        await at.shows("Whose is /srv/www/index.html?")
        await check(at, "whose")


async def test_a_long_path_and_long_answers_are_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/var/lib/kubelet/" + "/".join(f"folder-{n:02}" for n in range(12)) + "/index.html"

    async def found(*_: object) -> tuple[Found, ...]:
        keys = (Key("default", name) for name in ("web1", "db"))
        return tuple(Found(key, f"it binds {path} at {key.id}") for key in keys)

    monkeypatch.setattr("aiocontainerd.whose.whose", found)
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    async with running(session=session(), size=(80, 24)) as (app, pilot):
        app.main.begin(tell_whose(app.main, path), group="whose", opens=True)
        await until(pilot, lambda: "goes there" in screen_text(app))
        told = "".join(screen_text(app).replace("│", "").replace("▌", "").split())
        assert told.count(path) == 3  # what was asked, and in each answer
        await pilot.press("j")
        await until(pilot, lambda: app.screen.table.current.key == "1")  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: app.main.row.key == Key("default", "db"))
