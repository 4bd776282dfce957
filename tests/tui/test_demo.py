"""The main job's keys in `ctdeck --demo`, and what the simulated host says became of them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from aiocontainerd.convert import spec_of
from aiocontainerd.models import Key, TaskStatus
from aiocontainerd.simulator import tasks
from aiocontainerd.simulator.world import Space
from ctdeck.app import CtdeckApp
from ctdeck.demo import Demo
from ctdeck.settings import Settings, from_arguments
from tests.tui.apps import screen_text, until

pytestmark = pytest.mark.usefixtures("at_once")


@asynccontextmanager
async def playing(
    size: tuple[int, int] = (120, 35),
) -> AsyncIterator[tuple[CtdeckApp, Pilot[None], Demo]]:
    """The app with a demo of its own, everything of it on the screen."""
    app = CtdeckApp(Settings(demo=True))
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.session is not None and app.store.snapshot.loaded)
        assert app.session is not None
        assert app.session.demo is not None
        demo = app.session.demo
        demo.simulator.speed.download = demo.simulator.speed.unpack = None
        yield app, pilot, demo


def default(demo: Demo) -> Space:
    return demo.host.world.look("default")


def status(demo: Demo, id: str) -> int | None:
    task = default(demo).tasks.get(id)
    return task.process.status if task else None


async def put_cursor_on(pilot: Pilot[None], app: CtdeckApp, pane: str, key: Key) -> None:
    """With the keys that one has: the pane's number, the top, and down."""
    await pilot.press(pane, "g")
    for _ in range(60):
        if app.main.row is not None and app.main.row.key == key:
            return
        await pilot.press("j")
    raise AssertionError(f"{key} is not in the list\n{screen_text(app)}")


async def command(pilot: Pilot[None], line: str) -> None:
    await pilot.press("colon", *line, "enter")


async def test_the_top_line_says_that_it_is_a_demo() -> None:
    async with playing((80, 24)) as (app, pilot, _):
        await until(pilot, lambda: "web1" in screen_text(app))
        assert "demo containerd 2.1.9" in screen_text(app).splitlines()[0]


async def test_a_pull_shows_its_way_and_brings_the_image() -> None:
    async with playing() as (app, pilot, demo):
        demo.simulator.speed.download = 40e6
        await pilot.press("1", "p", *"mariadb:11", "enter")
        await until(pilot, lambda: "downloading" in screen_text(app))
        demo.simulator.speed.download = None
        name = "docker.io/library/mariadb:11"
        await until(pilot, lambda: name.encode() in default(demo).images)
        image = await app.client.images.get(name, namespace="default")  # type: ignore[union-attr]
        chains = {key for _, key in default(demo).snapshots}

        def unpacked() -> bool:
            found = app.store.snapshot.images.get(image.key)
            return bool(found and found.unpacked)

        await until(pilot, unpacked)
        details = app.store.snapshot.images[image.key].details
        assert details is not None
        assert details.chain_id in chains


async def test_a_pull_of_what_is_missing_asks_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: object, **__: object) -> None:
        raise AssertionError("a real registry was asked")

    monkeypatch.setattr("aiocontainerd.pull.strategy.Registry", ask)
    async with playing() as (app, pilot, _):
        await pilot.press("1", "p", *"nginx:missing", "enter")
        await until(pilot, lambda: "failed" in screen_text(app))
        assert "failed to resolve image" in screen_text(app)


async def test_run_with_a_mount_from_the_demos_own_files() -> None:
    async with playing() as (app, pilot, demo):
        await command(pilot, "run -d --name web3 -v /srv/site:/www:ro nginx:1.27")
        await until(pilot, lambda: status(demo, "web3") == tasks.RUNNING)
        mounts = spec_of(default(demo).containers["web3"].message)["mounts"]
        assert {"destination": "/www", "source": "/srv/site"}.items() <= mounts[-1].items()
        key = Key("default", "web3")
        await until(pilot, lambda: key in app.store.snapshot.tasks)
        assert app.store.snapshot.tasks[key].since is not None


async def test_tab_completes_paths_of_the_simulated_host() -> None:
    async with playing() as (app, pilot, _):
        await pilot.press("colon", *"run -v /srv/mon", "tab")
        await until(pilot, lambda: "/srv/monitoring/" in screen_text(app))


async def test_another_container_like_one_with_mounts() -> None:
    async with playing() as (app, pilot, demo):
        before = set(default(demo).containers)
        await until(pilot, lambda: Key("default", "web1") in app.store.snapshot.containers)
        await put_cursor_on(pilot, app, "2", Key("default", "web1"))
        await pilot.press("r")
        await until(pilot, lambda: "Run " in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: len(set(default(demo).containers) - before) > 0)


async def test_stop_start_pause_kill_and_delete() -> None:
    async with playing() as (app, pilot, demo):
        web1 = Key("default", "web1")
        await until(pilot, lambda: web1 in app.store.snapshot.tasks)
        await put_cursor_on(pilot, app, "2", web1)

        def shows(word: str) -> Callable[[], bool]:
            return lambda: word in screen_text(app)

        def runs() -> bool:
            task = app.store.snapshot.tasks.get(web1)
            return task is not None and task.status is TaskStatus.RUNNING

        await pilot.press("z")
        await until(pilot, lambda: status(demo, "web1") == tasks.PAUSED)
        await until(pilot, shows("paused"))
        await pilot.press("z")
        await until(pilot, lambda: status(demo, "web1") == tasks.RUNNING)
        await until(pilot, shows("web1 goes on"))
        await pilot.press("s")
        await until(pilot, shows("Stop web1?"))
        await pilot.press("y")
        await until(pilot, lambda: status(demo, "web1") in (None, tasks.STOPPED))
        await until(pilot, shows("has stopped"))
        await pilot.press("S")
        await until(pilot, lambda: status(demo, "web1") == tasks.RUNNING)
        await until(pilot, runs)
        await command(pilot, "kill -9 web1")
        await until(pilot, shows("Send SIGKILL to web1?"))
        await pilot.press("y")
        await until(pilot, lambda: status(demo, "web1") != tasks.RUNNING)
        await command(pilot, "rm -f web1")
        await until(pilot, lambda: "web1" not in default(demo).containers)
        assert ("overlayfs", "web1") not in default(demo).snapshots


async def test_an_image_is_deleted() -> None:
    async with playing() as (_, pilot, demo):
        await command(pilot, "rmi -f docker.io/library/busybox:1.36")
        await until(pilot, lambda: b"docker.io/library/busybox:1.36" not in default(demo).images)


async def test_things_happen_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiocontainerd.simulator.demo.life.FIRST", 0.0)
    monkeypatch.setattr("aiocontainerd.simulator.demo.life.JOB", 0.01)
    async with playing() as (app, pilot, _):

        def has_come_and_gone() -> bool:
            seen = [event.subject for event in app.store.snapshot.events]
            return any(subject.startswith("cron-") for subject in seen)

        await until(pilot, has_come_and_gone)


async def test_what_others_put_there_has_its_names() -> None:
    async with playing() as (app, pilot, _):

        def named() -> dict[str, int | None]:
            found = app.store.snapshot.containers.values()
            return {each.display_name: each.restarts for each in found}

        await until(pilot, lambda: named().get("gitea") == 1)
        assert named()["registry-mirror"] == 0
        assert named()["shop/mailer-68f4b-c9w2h · mailer"] == 2
        projects = {each.project for each in app.store.snapshot.containers.values()}
        assert projects == {"", "git", "monitoring"}


async def test_all_goes_when_it_ends() -> None:
    async with playing() as (_, _, demo):
        folder = demo.folder
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.joinpath("containerd.sock").is_socket()
    assert not folder.exists()
    assert demo.host.world.root is None or not demo.host.world.root.exists()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "demo life"]


async def test_where_it_cannot_begin_it_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    app = CtdeckApp(Settings(demo=True))
    async with app.run_test(size=(120, 35)) as pilot:
        await until(pilot, lambda: "TMPDIR" in screen_text(app))
        assert "the demo" in screen_text(app)
        assert not list(folder.iterdir())


def test_it_asks_for_no_address_and_beats_what_make_run_adds() -> None:
    environment = {"CONTAINERD_ADDRESS": "/run/x.sock"}
    settings = from_arguments(["--embedded-if-none", "--demo"], environment)
    assert (settings.demo, settings.fallback, settings.address) == (True, False, None)
    for other in (["--embedded"], ["-a", "/run/x.sock"]):
        with pytest.raises(SystemExit):
            from_arguments(["--demo", *other], {})


def test_without_it_no_simulator_is_imported() -> None:
    code = (
        "import sys, ctdeck.app, ctdeck.connect, ctdeck.starting, aiocontainerd.pull\n"
        "print([m for m in sys.modules if 'simulator' in m or m == 'ctdeck.demo'])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


_ELSEWHERE = """
import asyncio, os, select, selectors, socket, time
for module, names in (
    (os, "O_PATH getxattr listxattr setxattr sched_getaffinity memfd_create pidfd_open O_TMPFILE"
         " posix_fadvise splice sendfile eventfd"),
    (socket, "SO_PEERCRED SOCK_CLOEXEC SOCK_NONBLOCK"),
    (select, "epoll"),
    (time, "CLOCK_BOOTTIME"),
):
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
import pathlib
stat = pathlib.Path.stat
def no_proc(self, **how):
    if str(self).startswith("/proc"):
        raise FileNotFoundError(str(self))
    return stat(self, **how)
pathlib.Path.stat = no_proc

from ctdeck.app import CtdeckApp
from ctdeck.settings import Settings

async def play():
    app = CtdeckApp(Settings(demo=True))
    async with app.run_test() as pilot:
        while not (app.session and app.store.snapshot.loaded):
            await pilot.pause(0.01)
        await pilot.press("colon", *"run -d --name web3 -v /srv/site:/www nginx:1.27", "enter")
        space = app.session.demo.host.world.look("default")
        async with asyncio.timeout(20):
            while "web3" not in space.tasks:
                await pilot.pause(0.01)
    print("web3 runs")

def loop():
    return asyncio.SelectorEventLoop(selectors.SelectSelector())

with asyncio.Runner(loop_factory=loop) as runner:
    runner.run(play())
"""


def test_it_runs_where_there_is_no_linux() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE], check=False, capture_output=True, text=True
    )
    assert "web3 runs" in done.stdout, done.stderr
