"""Prune: the plan, its boxes, the question, one line for each; nothing without an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from aiocontainerd.access import Access
from aiocontainerd.disk import plan as plans
from aiocontainerd.disk.pruning import Pruner
from aiocontainerd.disk.report import Report
from aiocontainerd.disk.things import Node
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.models import LOG_LABEL, Container, Phase
from aiocontainerd.pb import tasks_pb2
from aiocontainerd.simulator import containers, tasks
from aiocontainerd.simulator.world import Space
from ctdeck.app import CtdeckApp
from ctdeck.demo import Demo
from ctdeck.desk import Lock
from ctdeck.screens.prune import PruneScreen
from ctdeck.verbs import prune
from tests.tui.apps import screen_text, until
from tests.tui.disks import survey
from tests.tui.readonly import watched
from tests.tui.test_snapshots import SIZES, check, same_everywhere, stage
from tests.tui.worlds import NOW, container, snapshot, world

assert same_everywhere
SIZE = (120, 40)


pytestmark = pytest.mark.usefixtures("at_once")


@asynccontextmanager
async def planning(
    access: Access | None = None, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[CtdeckApp, Pilot[None], Demo]]:
    """The demo with the plan on its screen."""
    async with watched(access or Access(), size) as (app, pilot, demo):
        await pilot.press("6", "P")
        await until(pilot, lambda: "ticked: together" in screen_text(app))
        yield app, pilot, demo


def default(demo: Demo) -> Space:
    return demo.host.world.look("default")


def plan(app: CtdeckApp) -> PruneScreen:
    assert isinstance(app.screen, PruneScreen)
    return app.screen


def containers_of(app: CtdeckApp, image: str) -> list[Container]:
    return [c for c in app.main.snapshot.containers.values() if c.image == image]


async def press(app: CtdeckApp, pilot: Pilot[None], key: str) -> None:
    """As often as it takes: a dialog hears no key before it has been seen."""
    here = app.screen
    for _ in range(200):
        await pilot.press(key)
        await pilot.pause()
        if app.screen is not here:
            return
        await pilot.pause(0.01)
    raise AssertionError(screen_text(app))


async def say(pilot: Pilot[None], app: CtdeckApp, line: str) -> None:
    app.main.open("command", text=line)
    await pilot.press("enter")


async def test_what_is_ticked_goes_and_each_has_its_line() -> None:
    async with planning() as (app, pilot, demo):
        chosen = plan(app).chosen
        await press(app, pilot, "enter")
        await until(pilot, lambda: "Prune (y)" in screen_text(app))
        assert "1.30 GB" in screen_text(app)
        await press(app, pilot, "y")
        await until(pilot, lambda: "items pruned" in screen_text(app))
        text = " ".join(screen_text(app).split())
        assert f"{len(chosen)} of {len(chosen)} items pruned" in text
        space, builds = default(demo), demo.host.world.look("builds")
        assert "thumbnails" not in space.containers
        assert "debug" in space.containers  # new: it was not ticked
        assert {"web1", "db", "psql"} <= space.containers.keys()
        names = {name.decode() for name in space.images}
        assert "docker.io/library/busybox:1.36" not in names
        assert "docker.io/library/nginx:1.27" in names
        assert "builder-771" not in builds.leases
        assert "build-1188" in builds.leases


async def test_what_it_is_and_why_not_are_read_on_80_columns() -> None:
    async with planning(size=(80, 24)) as (app, _, _):
        lines = [line for line in screen_text(app).splitlines() if "[x]" in line or "[ ]" in line]
        assert any("container " in line and "younger than 10 min" in line for line in lines)
        assert not any("content…" in line or "contai…" in line or "than…" in line for line in lines)


async def test_nothing_goes_without_an_answer() -> None:
    async with planning() as (app, pilot, demo):
        before = {*default(demo).containers}, {*default(demo).images}
        await press(app, pilot, "enter")
        await until(pilot, lambda: "Prune (y)" in screen_text(app))
        await press(app, pilot, "enter")  # Cancel has the focus
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("P")
        await until(pilot, lambda: "ticked: together" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert before == ({*default(demo).containers}, {*default(demo).images})


async def test_boxes() -> None:
    async with planning() as (app, pilot, demo):
        screen = plan(app)
        first = screen.plan.items[0]
        assert first.node in screen.ticked
        await pilot.press("space")
        assert first.node not in screen.ticked
        assert screen.table.current is not None
        assert screen.table.current.item is screen.plan.items[1]
        await pilot.press("a")
        assert len(screen.chosen) == len(screen.plan.items)
        await pilot.press("a")
        assert not screen.chosen
        await until(pilot, lambda: "0 of" in screen_text(app) and "free 0 B" in screen_text(app))
        await press(app, pilot, "enter")
        await until(pilot, lambda: "Nothing was chosen" in screen_text(app))
        assert first.node.key in demo.host.world.look(first.node.namespace).containers


async def test_what_is_somebody_elses_cannot_be_ticked() -> None:
    async with watched(Access(), SIZE) as (app, pilot, demo):
        world = demo.host.world
        image = "registry.k8s.io/coredns/coredns:v1.11.3"
        for each in containers_of(app, image):
            containers.delete(world, "k8s.io", each.id)
        await until(pilot, lambda: not containers_of(app, image))
        await pilot.press("6", "P")
        await until(pilot, lambda: "1 locked" in screen_text(app))
        assert "kubelet" in screen_text(app)
        node = Node("k8s.io", "image", image)
        screen = plan(app)
        screen.table.move_to_key(node)
        await pilot.press("space", "a")
        assert node not in screen.ticked
        await pilot.press("escape")
        app.main.unlock(Lock("k8s.io", "kubelet"))
        await pilot.press("P")
        await until(pilot, lambda: "ticked: together" in screen_text(app))
        assert node in plan(app).ticked


async def test_what_came_to_be_needed_stays_and_the_others_go() -> None:
    async with planning() as (app, pilot, demo):
        await press(app, pilot, "enter")
        await until(pilot, lambda: "Prune (y)" in screen_text(app))
        tasks.delete(demo.host.world, "default", "thumbnails")
        tasks.create(
            demo.host.world, "default", tasks_pb2.CreateTaskRequest(container_id="thumbnails")
        )
        tasks.start(demo.host.world, "default", "thumbnails")
        await press(app, pilot, "y")
        await until(pilot, lambda: "items pruned" in screen_text(app))
        text = " ".join(screen_text(app).split())
        assert "stopped container thumbnails: not deleted" in text
        assert "thumbnails" in default(demo).containers
        assert "migrate-42" not in default(demo).containers


async def test_the_line_and_its_f() -> None:
    async with watched(Access(), SIZE) as (app, pilot, demo):
        await say(pilot, app, "prune")
        await until(pilot, lambda: "ticked: together" in screen_text(app))
        await pilot.press("escape")
        assert "thumbnails" in default(demo).containers
        await say(pilot, app, "prune -f")
        await until(pilot, lambda: "items pruned" in screen_text(app))
        assert "thumbnails" not in default(demo).containers
        assert "debug" in default(demo).containers


async def test_a_namespace_that_is_read_only_is_locked() -> None:
    async with planning(Access(namespaces=frozenset({"builds"}))) as (app, pilot, demo):
        theirs = [item for item in plan(app).plan.items if item.node.namespace == "builds"]
        assert theirs
        assert {item.locked for item in theirs} == {"read-only"}
        await press(app, pilot, "enter")
        await until(pilot, lambda: "Prune (y)" in screen_text(app))
        await press(app, pilot, "y")
        await until(pilot, lambda: "items pruned" in screen_text(app))
        assert "build-1187" in demo.host.world.look("builds").containers


async def test_the_daemon_is_killed_between_two_items_and_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What went has its line, and what did not; the next plan has the rest."""
    async with planning() as (app, pilot, demo):
        real, chosen = Pruner.prune, {item.node for item in plan(app).chosen}
        begun: list[Node] = []

        async def one(self: Pruner, item: plans.Item, *, sync: bool = False) -> None:
            begun.append(item.node)
            if len(begun) == 2:
                await demo.simulator.stop()
            await real(self, item, sync=sync)

        monkeypatch.setattr(Pruner, "prune", one)
        leases = {name: [*demo.host.world.look(name).leases] for name in demo.host.world.spaces}
        await press(app, pilot, "enter")
        await until(pilot, lambda: "Prune (y)" in screen_text(app))
        await press(app, pilot, "y")
        await until(pilot, lambda: f"1 of {len(chosen)} items pruned" in screen_text(app))
        assert "not deleted" in screen_text(app)
        await demo.simulator.start()
        await press(app, pilot, "escape")
        await until(pilot, lambda: app.main.snapshot.phase is Phase.LIVE)
        for name, before in leases.items():
            assert demo.host.world.look(name).leases.keys() <= {*before}
        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("P")
        await until(pilot, lambda: "ticked: together" in screen_text(app))
        left = {item.node for item in plan(app).chosen}
        assert left  # without what the garbage collector has taken with the first one
        assert left <= chosen - {begun[0]}


async def test_the_daemon_goes_away_in_the_middle() -> None:
    async with planning() as (app, pilot, demo):
        await press(app, pilot, "enter")
        await until(pilot, lambda: "Prune (y)" in screen_text(app))
        await demo.simulator.stop()
        await press(app, pilot, "y")
        await until(pilot, lambda: "0 of" in screen_text(app) and "not deleted" in screen_text(app))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_pictures(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = Report.of(survey(world()))

    async def planned(desk: object) -> prune.Plan:
        def locks(_: str, owner: object) -> str:
            return f"{owner.name}'s" if owner else ""  # type: ignore[attr-defined]

        return prune.Plan(plans.plan(report, world(), locks, NOW), report)

    async def prune_one(_: object, item: plans.Item, *, sync: bool) -> None:
        if item.group is plans.Group.UNUSED:
            raise FailedPrecondition("it is used by web3 now", subject=item.node.key)
        if item.group is plans.Group.LEASES:
            raise NotFound("there is no such lease", subject=item.node.key)

    monkeypatch.setattr(prune, "_planned", planned)
    monkeypatch.setattr(Pruner, "prune", prune_one)
    async with stage(size, tmp_path) as at:
        await at.keys("colon", *"prune", "enter")
        await at.shows("ticked: together")
        await check(at, "prune")
        await at.keys("enter")
        await at.shows("Prune (y)")
        await check(at, "prune-question")
        await at.keys("y")
        await at.shows("items pruned")
        await check(at, "prune-results")


async def test_the_question_names_what_goes_with_a_container() -> None:
    logged = container("log1", labels={LOG_LABEL: "/var/lib/ctdeck/logs/log1/output.log"})
    here = snapshot(containers=[logged, container("quiet")])
    report = Report.of(survey(here))
    items = plans.plan(report, here, lambda *_: "", NOW)
    chosen = [item for item in items if item.group is plans.Group.CONTAINERS]
    question = await prune._question(prune.Plan(items, report), chosen)
    assert question.lines[0] == "2 stopped containers, with all that they wrote"
    names = [line.partition(" kB  ")[2] for line in question.lines[1:3]]
    assert names == ["log1, and its log", "quiet"]
