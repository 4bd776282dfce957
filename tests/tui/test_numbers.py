"""Numbers in the lists and the details: asked for what is seen, and for nothing else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from aiocontainerd.metrics import Rates, Usage
from aiocontainerd.models import Key, Phase
from aiocontainerd.simulator import tasks
from aiocontainerd.simulator.services.tasks import TasksServicer
from ctdeck import terminal
from ctdeck.app import CtdeckApp
from ctdeck.demo import Demo
from ctdeck.formatting import GLYPHS
from ctdeck.numbers import asking, book
from ctdeck.pods import pods_of
from ctdeck.screens import looking, sampling
from ctdeck.settings import Settings
from tests.tui.apps import lines_of, screen_text, until
from tests.unit.listed import assert_pods_are_together

DASH = GLYPHS.status[None]
PIDS = "/containerd.services.tasks.v1.Tasks/ListPids"


class Asked:
    """Each question for metrics: its namespace and ids."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, frozenset[str]]] = []

    @property
    def ids(self) -> set[str]:
        return {id for _, ids in self.questions for id in ids}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found, of = Asked(), asking.Asking._of

    async def spied(self: asking.Asking, namespace: str, ids: list[str]) -> object:
        found.questions.append((namespace, frozenset(ids)))
        return await of(self, namespace, ids)

    monkeypatch.setattr(asking.Asking, "_of", spied)
    return found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in a fraction of the time."""
    monkeypatch.setattr(sampling, "PACE", 0.15)
    monkeypatch.setattr(sampling, "FIRST", 0.1)
    monkeypatch.setattr(sampling, "SOONEST", 0.02)
    monkeypatch.setattr(book, "SOONEST", 0.05)
    monkeypatch.setattr(asking, "DEADLINE", 0.3)
    monkeypatch.setattr(asking, "HUNG", 0.3)


@asynccontextmanager
async def demo(
    size: tuple[int, int] = (200, 50),
) -> AsyncIterator[tuple[CtdeckApp, Pilot[None], Demo]]:
    """The app on the simulated host, on which nothing happens by itself."""
    session = await Demo.start(Settings(demo=True), lively=False)
    app = CtdeckApp(Settings(demo=True), session)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.store.snapshot.phase is Phase.LIVE)
        assert session.demo is not None
        yield app, pilot, session.demo


async def looked(app: CtdeckApp, pilot: Pilot[None], times: int = 3) -> None:
    """Wait until it has been looked so often whether there is something to ask for."""
    here, seen = app.main.sampling, 0
    look = here._look

    def counted(*arguments: object) -> float | None:
        nonlocal seen
        seen += 1
        return look(*arguments)  # type: ignore[arg-type]

    here._look = counted  # type: ignore[method-assign]
    here.wake()
    try:
        await until(pilot, lambda: seen >= times, "looks")
    finally:
        here._look = look  # type: ignore[method-assign]


def cell(app: CtdeckApp, id: str, column: str) -> str:
    """What the list that has the focus says of a container."""
    table = app.main.view.table
    row = next(row for row in table.view.shown if row.key.id == id)
    found = next(each for each in table.columns if each.id == column).cell(row, table.now())
    return found if isinstance(found, str) else found[0]


async def test_the_list_tells_what_runs_and_each_namespace_is_one_question(asked: Asked) -> None:
    async with demo() as (app, pilot, _):
        await until(pilot, lambda: cell(app, "web1", "cpu") not in ("…", ""))
        assert cell(app, "web1", "memory").endswith(" MB")
        assert cell(app, "web1", "pids") == "3"
        assert cell(app, "db", "cpu") == "0"  # it is paused
        assert cell(app, "debug", "cpu") == ""  # it has no task
        assert "CPU%" in lines_of(app.main.view.table)[0]
        first = [namespace for namespace, _ in asked.questions[:4]]
        assert sorted(first) == ["builds", "default", "k8s.io", "moby"]
        assert "migrate-42" not in asked.ids  # it has ended


async def test_only_the_rows_on_the_screen_are_asked_for(asked: Asked) -> None:
    async with demo((140, 24)) as (app, pilot, _):
        await until(pilot, lambda: cell(app, "web1", "cpu") not in ("…", ""))
        table = app.main.view.table
        below = {row.key.id for row in table.view.shown[table.page :]}
        assert below
        assert not asked.ids & below
        await pilot.press("G")
        await until(pilot, lambda: bool(asked.ids & below))
        asked.questions.clear()
        await until(pilot, lambda: len(asked.questions) > 3)
        assert "build-1188" not in asked.ids  # it is above by now


async def test_nothing_is_asked_for_lists_without_such_columns(asked: Asked) -> None:
    async with demo((140, 24)) as (app, pilot, _):
        await pilot.press("1")
        await until(pilot, lambda: app.main.pane_id == "images")
        await looked(app, pilot)
        asked.questions.clear()
        await looked(app, pilot, 5)
        assert asked.questions == []


async def test_nothing_is_asked_behind_a_dialog(asked: Asked) -> None:
    async with demo() as (app, pilot, _):
        await until(pilot, lambda: len(asked.questions) > 4)
        await pilot.press("question_mark")
        await until(pilot, lambda: app.screen is not app.main)
        await looked(app, pilot)
        asked.questions.clear()
        await looked(app, pilot, 5)
        assert asked.questions == []
        await pilot.press("escape")
        await until(pilot, lambda: len(asked.questions) > 4)


def suspends(app: CtdeckApp, on: bool, _: pytest.MonkeyPatch) -> None:
    """As ctrl+z does, and a shell in a container: both tell the app."""
    (app.app_suspend_signal if on else app.app_resume_signal).publish(app)


def falls_behind(app: CtdeckApp, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal has not taken the last frames."""
    monkeypatch.setattr(terminal, "is_behind", lambda _: on)


@pytest.mark.parametrize("turn", [suspends, falls_behind])
async def test_nothing_is_asked_while_nothing_can_be_drawn(
    turn: Callable[[CtdeckApp, bool, pytest.MonkeyPatch], None],
    asked: Asked,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with demo() as (app, pilot, _):
        await until(pilot, lambda: len(asked.questions) > 4)
        turn(app, True, monkeypatch)
        await looked(app, pilot)
        asked.questions.clear()
        await looked(app, pilot, 5)
        assert asked.questions == []
        turn(app, False, monkeypatch)
        await until(pilot, lambda: len(asked.questions) > 4)


async def test_nothing_is_asked_where_nothing_runs(asked: Asked) -> None:
    async with demo() as (app, pilot, here):
        world = here.host.world
        for namespace, space in world.spaces.items():
            for id in [*space.tasks]:
                tasks.exit(world, namespace, id, 0)
        await until(
            pilot, lambda: all(not t.pid or t.exited_at for t in app.main.snapshot.tasks.values())
        )
        await until(pilot, lambda: not app.main.sampling._alive())
        asked.questions.clear()
        app.main.sampling.wake()
        await until(pilot, lambda: not app.main.sampling._woken.is_set())
        assert asked.questions == []
        assert "CPU%" not in lines_of(app.main.view.table)[0]


async def test_a_stuck_runtime_holds_back_its_own_numbers_only(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, stuck = TasksServicer.Metrics, asyncio.Event()

    async def sticky(self: TasksServicer, request: object, call: object) -> object:
        if not stuck.is_set() and any("web2" in text for text in request.filters):  # type: ignore[attr-defined]
            await stuck.wait()
        return await answer(self, request, call)  # type: ignore[arg-type]

    monkeypatch.setattr(TasksServicer, "Metrics", sticky)
    async with demo() as (app, pilot, _):
        await until(pilot, lambda: cell(app, "web2", "cpu") == DASH)
        await until(pilot, lambda: cell(app, "web1", "cpu") not in ("…", DASH))
        assert cell(app, "web2", "memory") == DASH
        stuck.set()
        await until(pilot, lambda: cell(app, "web2", "cpu") not in ("…", DASH))


async def test_numbers_survive_the_daemons_restart(asked: Asked) -> None:
    async with demo() as (app, pilot, here):
        await until(pilot, lambda: cell(app, "web1", "cpu") not in ("…", ""))
        await here.simulator.stop()
        await until(pilot, lambda: app.main.snapshot.phase is Phase.LOST)

        def forgotten() -> bool:
            app.main.sampling.numbers.readings.clear()  # again: an answer may be on its way
            return cell(app, "web1", "cpu") == "…"

        await until(pilot, forgotten)
        await here.simulator.start()
        await until(pilot, lambda: cell(app, "web1", "cpu") not in ("…", ""))


async def test_an_order_by_numbers_asks_for_all_that_run_some_at_a_time(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "CROWD", 5)
    async with demo((140, 24)) as (app, pilot, _):
        await pilot.press("colon", *"stats", "enter")
        await until(pilot, lambda: app.main.view.table.sort_column == "cpu")
        running = {key.id for key in app.main.sampling._alive()}
        await until(pilot, lambda: asked.ids >= running)
        shown = [row.key.id for row in app.main.view.table.view.shown]

        def order() -> list[str]:
            return [row.key.id for row in app.main.view.table.view.shown]

        await until(pilot, lambda: order()[0] == "build-1188")
        await until(pilot, lambda: cell(app, order()[1], "cpu") not in ("…", ""))
        assert set(order()) == set(shown)
        await until(pilot, lambda: order()[-1] not in running)
        seen = {row.key.id for row in app.main.view.table.view.shown[:19]}
        assert all(len(ids - seen) <= 5 + 19 for _, ids in asked.questions)


async def test_an_order_by_numbers_brings_no_row_of_another_namespace(asked: Asked) -> None:
    async with demo((200, 50)) as (app, pilot, _):
        app.main.set_scope("k8s.io")
        await pilot.press("colon", *"stats", "enter")
        view = app.main.view.table.view
        await until(pilot, lambda: app.main.view.table.sort_column == "cpu")
        ours = {key for key in app.store.snapshot.containers if key.namespace == "k8s.io"}
        known = app.main.sampling.numbers.readings
        await until(pilot, lambda: ours & {*app.main.sampling._alive()} <= {*known})
        asked.questions.clear()
        await until(pilot, lambda: len(asked.questions) > 3)
        assert {*view.keys} == {*view.all} == ours
        assert {namespace for namespace, _ in asked.questions} == {"k8s.io"}


async def test_numbers_of_one_container_move_all_of_its_pod() -> None:
    async with demo((200, 50)) as (app, pilot, _):
        main = app.main
        pods = pods_of(app.store.snapshot)
        await pilot.press("colon", *"stats", "enter")
        await until(pilot, lambda: main.view.table.sort_column == "cpu" and bool(pods))
        main.sampling._look = lambda *_: 1000.0  # type: ignore[method-assign]
        for number, key in enumerate([*pods] * 3):
            rates = Rates(cpu=float(number * 7 % 5))
            main.sampling.numbers.readings[key] = book.Reading(1, Usage(0.0), rates, 0.0)
            main.view.renumber({key})
            assert_pods_are_together(main.view.table.view.keys, pods)


async def test_the_details_tell_the_numbers_over_time() -> None:
    async with demo() as (app, pilot, _):
        await pilot.press("j", "right_square_bracket")
        await until(pilot, lambda: "[Stats]" in screen_text(app))
        await until(pilot, lambda: "% of a core" in screen_text(app))
        await until(pilot, lambda: re.search("read    [▁-█]", screen_text(app)) is not None)
        assert "4, no limit" in screen_text(app)


async def test_numbers_of_a_row_that_no_list_shows_are_asked_for_its_details(asked: Asked) -> None:
    async with demo((140, 24)) as (app, pilot, _):
        await pilot.press("4", "enter", "right_square_bracket")
        await until(pilot, lambda: "[Stats]" in screen_text(app))
        assert app.main.row is not None
        await until(pilot, lambda: "% of a core" in screen_text(app))
        asked.questions.clear()
        await until(pilot, lambda: len(asked.questions) > 2)
        assert asked.ids == {app.main.row.container.id}  # type: ignore[union-attr]


async def test_the_processes_are_read_while_they_are_looked_at() -> None:
    async with demo((200, 50)) as (app, pilot, here):
        await pilot.press("j", *["right_square_bracket"] * 2)
        await looked(app, pilot)
        assert here.simulator.calls[PIDS] == 0
        await pilot.press("u")
        await until(pilot, lambda: "go test ./..." in screen_text(app))
        assert here.simulator.calls[PIDS]
        assert "make test" in screen_text(app)


@pytest.mark.parametrize("turn", [suspends, falls_behind])
async def test_processes_are_not_read_while_nothing_can_be_drawn(
    turn: Callable[[CtdeckApp, bool, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    often = [each._replace(every=0.02 * bool(each.every)) for each in looking.LOOKUPS]
    monkeypatch.setattr(looking, "LOOKUPS", often)
    async with demo() as (app, pilot, here):
        await pilot.press("j", "u")
        await until(pilot, lambda: here.simulator.calls[PIDS] > 2)
        turn(app, True, monkeypatch)
        await looked(app, pilot)
        before = here.simulator.calls[PIDS]
        await looked(app, pilot, 5)
        assert here.simulator.calls[PIDS] == before
        turn(app, False, monkeypatch)
        await until(pilot, lambda: here.simulator.calls[PIDS] > before + 1)


async def test_what_ended_has_no_numbers_and_no_processes() -> None:
    async with demo() as (app, pilot, here):
        key = Key("builds", "build-1188")
        await pilot.press("j", "right_square_bracket")
        await until(pilot, lambda: "% of a core" in screen_text(app))
        tasks.exit(here.host.world, *key, 0)
        await until(pilot, lambda: "It does not run" in screen_text(app))
        assert "Processes" not in screen_text(app)
        assert app.main.sampling.numbers.now(key) is None


async def test_the_words_of_ctr_and_docker_lead_there() -> None:
    async with demo((200, 50)) as (app, pilot, _):
        await pilot.press("4", "colon", *"stats web1", "enter")
        await until(pilot, lambda: "% of a core" in screen_text(app))
        assert app.main.row is not None
        assert app.main.row.key == Key("default", "web1")
        await pilot.press("escape", "slash", *"web2", "enter", "colon", *"tasks ps web1", "enter")
        await until(pilot, lambda: "nginx: worker process" in screen_text(app))
        assert app.main.row.key == Key("default", "web1")
        await pilot.press("escape", "colon", *"stats", "enter")
        await until(pilot, lambda: app.main.view.table.sort_column == "cpu")


async def test_keys_lead_there() -> None:
    async with demo((140, 24)) as (app, pilot, _):
        await pilot.press("j", "t")
        await until(pilot, lambda: "% of a core" in screen_text(app))
        await pilot.press("escape", "3", "u")
        await until(pilot, lambda: "[Processes]" in screen_text(app))
