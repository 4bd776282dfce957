"""What is secret is stars on every screen until `x` asks for it, and stars again when left."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aiocontainerd.errors import RuntimeFailed
from aiocontainerd.models import Event, Mount, Snapshot, TaskStatus
from aiocontainerd.run_options import RunOptions
from ctdeck.command.history import History
from ctdeck.widgets.command import CommandInput, CommandLine
from ctdeck.widgets.fields import WordsField
from tests.tui.apps import running, screen_text, until
from tests.tui.test_run_form import IMAGE, Runs, form, shows
from tests.tui.worlds import NOW, ago, container, image, snapshot, task

C = "c4n4ryZx81"
JSON = json.dumps({"spec": {"env": [{"name": "DB_PASSWORD", "value": C}]}})


def world(error: str = "") -> Snapshot:
    labels = {
        "com.example/api-token": C,
        "kubectl.kubernetes.io/last-applied-configuration": JSON,
        "note": f"postgres://me:{C}@db/x?sslmode=disable",
    }
    share = Mount("/mnt", "cifs", f"//me:{C}@nas/share", (f"password={C}", "ro"))
    made = Event(
        1, ago(seconds=9), "default", "/containers/create", "web1", {"id": "web1", "api-key": C}
    )
    return snapshot(
        images=[replace(image("docker.io/library/nginx:1.27"), labels=labels)],
        containers=[
            container(
                "web1",
                labels=labels,
                args=("sh", "-c", f"PGPASSWORD={C} app --token {C}"),
                mounts=(share,),
            ),
            container("web2", labels={"token": f"{C}-2"}),
        ],
        tasks=[task("web1", TaskStatus.RUNNING)],
        events=[made],
        events_total=1,
        error=error,
    )


async def test_no_pane_no_tab_and_no_dialog_shows_one() -> None:
    async with running(world(f'rpc: {{"password":"{C}"}}'), size=(200, 50)) as (app, pilot):
        for pane in "12345":
            await pilot.press(pane, "enter")
            for _ in range(5):
                await pilot.pause()
                assert C not in screen_text(app)
                await pilot.press("right_square_bracket")
            await pilot.press("escape", "exclamation_mark")
            await until(pilot, lambda: app.screen is not app.main)
            assert C not in screen_text(app)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.main)
            await pilot.press("plus", "question_mark", "escape", "underscore")
            assert C not in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_x_shows_them_and_hides_them_again(size: tuple[int, int]) -> None:
    async with running(world(), size=size) as (app, pilot):
        await until(pilot, lambda: "▌default    web1" in screen_text(app) or size[0] == 80)
        await pilot.press("x")
        await until(pilot, lambda: f"PGPASSWORD={C} app" in screen_text(app))
        assert "secrets shown" in screen_text(app).splitlines()[0]
        await pilot.press("x")
        await until(pilot, lambda: C not in screen_text(app))
        assert "secrets shown" not in screen_text(app)


@pytest.mark.parametrize("pane", ["1", "2", "3", "4", "5"])
async def test_x_works_in_every_pane(pane: str) -> None:
    async with running(world(), size=(200, 50)) as (app, pilot):
        await pilot.press(pane, *(["j"] if pane == "4" else []))  # the binds come first
        head = "nginx" if pane == "1" else "web1"
        await until(pilot, lambda: f"│─ {head}" in screen_text(app) or pane == "1")
        await until(pilot, lambda: "***" in screen_text(app))
        assert C not in screen_text(app)
        await pilot.press("x")
        await until(pilot, lambda: C in screen_text(app))


LEAVING = {
    "another row": ("j",),
    "another pane": ("1",),
    "a click on a pane": ("tab",),
}


@pytest.mark.parametrize("how", LEAVING)
async def test_they_are_hidden_when_the_row_is_left_and_stay_so(how: str) -> None:
    async with running(world(), size=(200, 50)) as (app, pilot):
        await until(pilot, lambda: "api-token = ***" in screen_text(app))
        await pilot.press("x")
        await until(pilot, lambda: C in screen_text(app))
        await pilot.press(*LEAVING[how])
        await until(pilot, lambda: C not in screen_text(app))
        assert "secrets shown" not in screen_text(app)
        await pilot.press("2", "k")
        await until(pilot, lambda: "─ web1 ─" in screen_text(app))
        assert C not in screen_text(app)


async def test_they_are_hidden_when_the_details_are_closed() -> None:
    async with running(world()) as (app, pilot):
        await until(pilot, lambda: "web1" in screen_text(app))
        await pilot.press("x")
        await until(pilot, lambda: C in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "secrets shown" not in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "api-token = ***" in screen_text(app))
        assert C not in screen_text(app)


async def test_another_container_with_the_name_hides_its_own() -> None:
    async with running(world(), size=(200, 50)) as (app, pilot):
        await until(pilot, lambda: "api-token = ***" in screen_text(app))
        await pilot.press("x")
        await until(pilot, lambda: C in screen_text(app))
        new = container("web1", labels={"token": f"{C}-new"}, created_at=NOW)
        assert app.main.session is not None
        app.main.session.store.publish(snapshot(containers=[new]))
        await until(pilot, lambda: "token = ***" in screen_text(app))
        assert C not in screen_text(app)


async def test_news_of_the_row_hide_nothing() -> None:
    async with running(world(), size=(200, 50)) as (app, pilot):
        await until(pilot, lambda: "api-token = ***" in screen_text(app))
        await pilot.press("x")
        await until(pilot, lambda: C in screen_text(app))
        assert app.main.session is not None
        app.main.session.store.publish(replace(world(), tasks={}))
        await until(pilot, lambda: "no task" in screen_text(app))
        assert C in screen_text(app)


async def test_x_says_where_nothing_is_hidden() -> None:
    async with running(snapshot(containers=[container("web1")]), size=(200, 50)) as (app, pilot):
        await pilot.press("x")
        await until(pilot, lambda: "Nothing is hidden in the details" in screen_text(app))
        assert "secrets shown" not in screen_text(app)


async def test_toasts_and_dialogs_of_errors_repeat_none() -> None:
    async with running(world(), size=(100, 30)) as (app, pilot):
        app.main.tell(f"refused: token={C}", bad=True)
        app.main.tell(f"Copied the source: //x postgres://me:{C}@db")
        await until(pilot, lambda: screen_text(app).count("***") >= 2)
        assert C not in screen_text(app)
        app.main.tell(f'refused\n{{"password": "{C}"}}', bad=True)
        await until(pilot, lambda: '"password": "***"' in screen_text(app))


async def test_the_form_of_one_like_it_shows_none_before_one_is_in_its_field() -> None:
    base = RunOptions(IMAGE, "w", command=("app", "--token", C), env=(f"DB_PASSWORD={C}",))
    async with form(base=base, size=(200, 50)) as (app, pilot):
        assert C not in screen_text(app)
        assert "app --token ***" in screen_text(app)
        app.screen.query_one(WordsField).focus()
        await until(pilot, shows(app, C))
        await pilot.press("down")
        await until(pilot, lambda: C not in screen_text(app))


async def test_runcs_words_in_the_form_repeat_no_argument_that_is_secret() -> None:
    error = RuntimeFailed(f'exec: "{C}": executable file not found in {C}-x', subject="w")
    base = RunOptions(IMAGE, "w", command=("app", "--token", C), env=(f"DB_PASSWORD={C}-x",))
    async with form(Runs([error]), base=base, size=(200, 50)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, shows(app, 'exec: "***": executable file not found in ***'))
        await pilot.press("tab")  # out of the command's field, to which the error led
        await until(pilot, lambda: C not in screen_text(app))


async def test_the_line_does_not_offer_an_old_line_with_a_secret() -> None:
    history = History()
    history.add("run --name web1 nginx")
    history.add(f"run -e DB_PASSWORD={C} nginx")
    async with running(world()) as (app, pilot):
        app.main.open_prompt(
            CommandLine(
                world=lambda: (app.main.snapshot, None),
                carry_out=lambda _: None,
                history=history,
            )
        )
        await until(pilot, lambda: isinstance(app.focused, CommandInput))
        await pilot.press("r", "u", "n")
        await until(pilot, lambda: "run --name web1 nginx" in screen_text(app))
        assert C not in screen_text(app)
        await pilot.press("up")
        await until(pilot, lambda: C in screen_text(app))  # that is asking
