"""What the main screen says: states of the daemon, refusals, toasts, and hostile text."""

from __future__ import annotations

from dataclasses import replace

from aiocontainerd.access import Access
from aiocontainerd.models import Event, Mount, Phase, Snapshot, TaskStatus
from aiocontainerd.store import Store
from ctdeck.settings import Session, Settings
from tests.tui.apps import running, screen_text, until
from tests.tui.disks import with_disk
from tests.tui.worlds import NOW, ago, container, image, snapshot, task, world


async def test_the_same_toast_twice_is_one_and_the_keys_stay_seen() -> None:
    async with running() as (app, pilot):
        bottom = screen_text(app).splitlines()[-1]
        for _ in range(2):
            app.main.tell("The same.")
            await until(pilot, lambda: "The same." in screen_text(app))
        app.main.tell("Another.")
        await until(pilot, lambda: "Another." in screen_text(app))
        assert screen_text(app).count("The same.") == 1
        assert screen_text(app).splitlines()[-1] == bottom


async def test_toasts_that_are_taken_away_leave_nothing_on_the_screen() -> None:
    async with running() as (app, pilot):
        for _ in range(5):
            app.main.tell("The same.")
            await until(pilot, lambda: "The same." in screen_text(app))
            await until(pilot, lambda: len(app.screen.query("ToastHolder")) == 1)
        await pilot.press("slash")
        await until(pilot, lambda: not app.screen.query("Toast, ToastHolder"))
        assert not app._notifications


async def test_the_top_line_says_which_daemon() -> None:
    session = Session(Store(), address="unix:///run/ctdeck/containerd.sock")
    async with running(session=session, size=(200, 50)) as (app, _):
        assert "/run/ctdeck/containerd.sock" in screen_text(app).splitlines()[0]
    session = Session(Store(), embedded=object())  # type: ignore[arg-type]
    async with running(session=session, size=(40, 10)) as (app, _):
        assert "embedded" in screen_text(app).splitlines()[0]
        app.session = None  # there is none to be ended


async def test_read_only_is_not_invited_to_make_something() -> None:
    async with running(snapshot(), settings=Settings(access=Access(read_only=True))) as (app, _):
        assert "no containers in any namespace" in screen_text(app)
        assert "press r" not in screen_text(app)


async def test_four_looks() -> None:
    none = Snapshot()
    async with running(none) as (app, _):
        assert "reading the containers" in screen_text(app)
        assert "connecting" in screen_text(app)
    async with running(snapshot()) as (app, _):
        assert "no containers in any namespace: press r on an image" in screen_text(app)
    async with running(replace(none, phase=Phase.FAILED, error="it does not answer")) as (app, _):
        assert "no answer, retrying: it does not answer" in screen_text(app)
        assert screen_text(app).splitlines()[3].strip() == "it does not answer"
    lost = replace(world(), phase=Phase.LOST, error="the socket is gone")
    async with running(lost) as (app, _):
        text = screen_text(app)
        assert "lost 0 s, retrying: the socket is gone" in text
        assert "web1" in text
    async with running(replace(lost, heard_at=ago(seconds=9))) as (app, _):
        assert "no answer for 9 s: the socket is gone" in screen_text(app)


async def test_read_only_refuses_and_says_so() -> None:
    async with running(settings=Settings(access=Access(read_only=True))) as (app, pilot):
        assert "read-only" in screen_text(app)
        await pilot.press("s", "D", "p", "r")
        await until(pilot, lambda: "Read-only: stop is refused" in screen_text(app))
        assert len(app.screen_stack) == 1


async def test_an_action_of_another_pane_says_where_it_works() -> None:
    async with running() as (app, pilot):
        await pilot.press("5", "s")
        await until(pilot, lambda: "stop works on containers and tasks" in screen_text(app))


async def test_delete_on_the_disk_says_what_does_there() -> None:
    async with running(with_disk()) as (app, pilot):
        await pilot.press("6", "D")
        await until(pilot, lambda: bool(app._notifications))
        (toast,) = app._notifications
        assert "containers, images and tasks, not on disk. P lists what could go" in toast.message


async def test_copy_and_equivalent() -> None:
    session = Session(Store(), address="/run/containerd/containerd.sock")
    async with running(session=session, size=(120, 35)) as (app, pilot):
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard == "web2")
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "tasks kill -s SIGTERM web2" in screen_text(app))


HOSTILE = "\x1b[2J\x1b]0;x\x07[/][@click=app.quit]a[/]\u202eb\x9b1m[bold"


async def test_hostile_text_neither_crashes_nor_reaches_the_screen() -> None:
    evil = container(
        HOSTILE,
        HOSTILE,
        HOSTILE,
        runtime=HOSTILE,
        labels={"nerdctl/name": HOSTILE, HOSTILE: HOSTILE},
        args=(HOSTILE,),
        mounts=(Mount(HOSTILE, "bind", HOSTILE, (HOSTILE,)),),
        created_at=NOW,
    )
    worst = snapshot(
        images=[image(HOSTILE, HOSTILE)],
        containers=[evil],
        tasks=[task(HOSTILE, TaskStatus.RUNNING, HOSTILE)],
        events=[Event(1, NOW, HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE})],
        namespaces=(HOSTILE,),
        phase=Phase.LOST,
        error=HOSTILE,
    )
    for size in ((120, 35), (80, 24)):
        async with running(worst, size=size) as (app, pilot):
            for key in "12345":
                await pilot.press(key, "enter", "right_square_bracket", "escape", "n")
                await pilot.pause()
                assert_clean(screen_text(app))
                await pilot.press("escape", "exclamation_mark")
                await pilot.pause()
                assert_clean(screen_text(app))
                await pilot.press("escape", "c", "slash", "x", "escape")
                await pilot.pause()
                assert_clean(screen_text(app))
            assert app.is_running


def assert_clean(text: str) -> None:
    assert not [c for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0]
    assert "\u202e" not in text


async def test_help_is_a_word_too() -> None:
    async with running(session=Session(Store())) as (app, pilot):
        await pilot.press("colon", *"help", "enter")
        await until(pilot, lambda: "Keys on the containers" in screen_text(app))
