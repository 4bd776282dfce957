"""The main job by keys: see, pull, run with bind mounts, stop, start, delete; `ctr` says what
became of each step."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from ctdeck import keygate
from ctdeck.app import CtdeckApp
from ctdeck.settings import Settings
from tests.tui.apps import screen_text
from tests.tui.fake_operations import answerable

from . import images
from .daemons import Daemon
from .registry import Registry

pytestmark = pytest.mark.usefixtures("own_state")
PATIENCE = 30.0  # s
# PID 1 ignores SIGTERM unless it handles it: without the trap each stop would wait for the KILL.
LOOP = (
    'trap "exit 7" TERM; while true; do date >> "/data dir/beat"; cat /conf/word; sleep 0.2; done'
)


@pytest.fixture
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs of containers go below the test's own folder; what is slow to open is waited for."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(keygate, "PATIENCE", PATIENCE)


class Journey:
    """A person at the keys, and `ctr` of the same daemon beside."""

    def __init__(self, app: CtdeckApp, pilot: Pilot[None], daemon: Daemon, namespace: str) -> None:
        self.app = app
        self.pilot = pilot
        self._daemon = daemon
        self._namespace = namespace

    async def ctr(self, *args: str) -> str:
        """ctr blocks, and the app must go on meanwhile."""
        return await asyncio.to_thread(self._daemon.ctr, *args, namespace=self._namespace)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def fill(self, text: str) -> None:
        """Paste into the field that has the focus, replacing what is selected."""
        assert self.app.focused is not None
        self.app.focused.post_message(events.Paste(text))
        await self.pilot.pause()

    async def answer(self, title: str, key: str = "y") -> None:
        """Answer a question once it has been seen; earlier keys do not count for it."""
        await self.shows(title)
        await self.until(lambda: answerable(self.app), f"{title!r} can be answered")
        await self.press(key)

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in screen_text(self.app), f"the screen shows {text!r}")

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition; the screen is in the error if it does not come."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while not condition():
            assert asyncio.get_running_loop().time() < end, f"{what}\n{screen_text(self.app)}"
            await self.pilot.pause(0.02)


def task_line(listing: str, id: str) -> str:
    """The line of `ctr tasks ls` about this container, "" if there is none."""
    return next((line for line in listing.splitlines() if line.split()[:1] == [id]), "")


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=["80x24", "200x50"])
async def test_see_pull_run_stop_start_delete(
    containerd: Daemon, namespace: str, registry: Registry, tmp_path: Path, size: tuple[int, int]
) -> None:
    reference = registry.push("job/web", f"v{size[0]}", images.busybox())
    source = tmp_path / "my data, here"
    conf = tmp_path / "conf"
    source.mkdir()
    conf.mkdir()
    (conf / "word").write_text("hello\n")
    app = CtdeckApp(Settings(address=str(containerd.socket), namespace=namespace))
    async with app.run_test(size=size) as pilot:
        me = Journey(app, pilot, containerd, namespace)
        await me.shows("containerd " + containerd.version)

        await me.press("1", "p")
        await me.answer("Make namespace")  # there is nothing in it yet
        await me.shows("Pull an image")
        await me.fill(reference)
        await me.press("enter")
        await me.until(lambda: bool(app.main.snapshot.images), "the image has a row")
        await me.until(lambda: all(job.done for job in app.pulls.jobs), "the pull is done")
        await me.press("escape")
        await me.shows("unpacked")
        assert "complete" in await me.ctr("images", "check")

        await me.press("r")
        await me.shows("Run ")
        await me.fill("web1")
        await me.press("tab")
        await me.fill(f"/bin/sh -c '{LOOP}'")
        await me.press("tab")
        await me.fill(f"{source}:/data dir")
        await me.press("tab")
        await me.fill(f"{conf}:/conf:ro")
        await me.press("enter")
        await me.until(lambda: app.screen is app.main, "the form has closed")
        await me.press("2")
        await me.shows("running")
        assert "RUNNING" in task_line(await me.ctr("tasks", "ls"), "web1")
        await me.until((source / "beat").exists, "the container writes through its mount")
        (log,) = (tmp_path / "state" / "ctdeck" / "logs").glob(f"*/{namespace}/web1")
        await me.until(
            lambda: any("hello" in file.read_text() for file in log.iterdir()), "there is a log"
        )

        await me.press("4")
        await me.shows("/data dir")

        await me.press("2", "s")
        await me.answer("web1")
        await me.shows("exited")
        assert "STOPPED" in task_line(await me.ctr("tasks", "ls"), "web1")

        await me.until(lambda: not app.main.busy, "it is stopped")  # the event comes before
        await me.press("S")
        await me.shows("running")
        assert "RUNNING" in task_line(await me.ctr("tasks", "ls"), "web1")

        await me.until(lambda: not app.main.busy, "it is started")
        await me.press("D")
        await me.answer("web1")
        await me.until(lambda: not app.main.snapshot.containers, "the container is gone")
        await me.until(lambda: not app.main.snapshot.tasks, "the task is gone")
        assert not task_line(await me.ctr("tasks", "ls"), "web1")
        assert "web1" not in await me.ctr("containers", "ls")
        assert "web1" not in await me.ctr("snapshots", "ls")
        await me.until(lambda: not log.exists(), "its log is gone")
        assert (source / "beat").exists(), "a bind mount's source is not ours to delete"

        await me.press("1", "D")
        await me.answer("Delete")
        await me.until(lambda: not app.main.snapshot.images, "the image is gone")
        assert reference not in await me.ctr("images", "ls")
        await me.ctr("leases", "create", "--id", "gc")
        await me.ctr("leases", "delete", "--sync", "gc")
        assert not (await me.ctr("content", "ls", "-q")).split()
        assert "sha256" not in await me.ctr("snapshots", "ls")
