"""What is somebody else's on a real daemon: refused, then unlocked and changed; `ctr` is asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ctdeck.app import CtdeckApp
from ctdeck.command.parsing import parse
from ctdeck.screens import dialog
from ctdeck.settings import Settings
from ctdeck.verbs.typed import carry_out
from tests.tui.fake_operations import answerable, asked, lines_of, question_of

from . import images
from .conftest import BUSYBOX
from .daemons import Daemon
from .namespaces import new_name
from .test_main_job import Journey, own_state, task_line

__all__ = ["own_state"]
pytestmark = [pytest.mark.usefixtures("own_state"), pytest.mark.containerd("1.6", "2")]
POD = {
    "io.cri-containerd.kind": "container",
    "io.kubernetes.pod.name": "web-0",
    "io.kubernetes.pod.namespace": "shop",
    "io.kubernetes.container.name": "app",
}
NEIGHBOURS = {
    "kubelet": (POD, "The kubelet will start it again"),
    "sandbox": ({**POD, "io.cri-containerd.kind": "sandbox"}, "its end is the end of the pod"),
    "dockerd": ({"com.docker/engine.bundle.path": "/x"}, "To dockerd it ends by itself"),
    "nerdctl": ({"nerdctl/name": "db"}, "Its network and published ports stay set up"),
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)


@asynccontextmanager
async def looking(daemon: Daemon, namespace: str) -> AsyncIterator[Journey]:
    """ctdeck on this daemon, with all of the namespace read."""
    app = CtdeckApp(Settings(address=str(daemon.socket), namespace=namespace))
    async with app.run_test(size=(120, 30)) as pilot:
        me = Journey(app, pilot, daemon, namespace)
        await me.until(lambda: app.main.snapshot.loaded, "all is read")
        yield me


def ctr_run(
    daemon: Daemon, namespace: str, id: str, labels: dict[str, str], image: str = BUSYBOX
) -> None:
    """A running container with these labels, as its owner would have made it."""
    given = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    snapshotter = ("--snapshotter", daemon.snapshotter)
    command = ("awk", 'BEGIN { system("sleep 99") }')  # 1.6 would take sh's -c for its own
    daemon.ctr("run", "-d", *snapshotter, *given, image, id, *command, namespace=namespace)


async def say(me: Journey, line: str) -> None:
    """The `:` line, with the force that skips a verb's own question."""
    carry_out(me.app.main, parse(line))
    await me.until(lambda: answerable(me.app), "it is asked")


async def test_neighbours_are_locked_and_can_be_unlocked(
    containerd: Daemon, namespace: str, busybox: str
) -> None:
    for id, (labels, _) in NEIGHBOURS.items():
        await asyncio.to_thread(ctr_run, containerd, namespace, id, labels)
    async with looking(containerd, namespace) as me:
        for id, (_, words) in NEIGHBOURS.items():
            await say(me, f"stop -f -t 0 {id}")
            assert question_of(me.app).startswith("Unlock what is ")
            assert words in lines_of(me.app)
            await me.press("enter")
            await me.until(lambda: not asked(me.app), "it is answered")
        listing = await me.ctr("tasks", "ls")
        assert all("RUNNING" in task_line(listing, id) for id in NEIGHBOURS), listing
        for id in ("kubelet", "dockerd", "nerdctl"):
            await say(me, f"stop -f -t 0 {id}")
            await me.press("y")
            await me.until(lambda: not asked(me.app), "it is answered")
            await me.until(lambda: not me.app.main.busy, "it is done")
            assert "STOPPED" in task_line(await me.ctr("tasks", "ls"), id)
        assert "RUNNING" in task_line(await me.ctr("tasks", "ls"), "sandbox")


async def test_an_image_that_is_pinned_and_a_pause_image(
    containerd: Daemon, namespace: str, busybox: str
) -> None:
    pause = "registry.k8s.io/pause:3.10"
    containerd.ctr(
        "images", "label", busybox, "io.cri-containerd.pinned=pinned", namespace=namespace
    )
    async with looking(containerd, namespace) as me:
        await say(me, f"rmi -f {busybox}")
        assert "It is pinned" in lines_of(me.app)
        await me.press("n")
        await me.until(lambda: not asked(me.app), "it is answered")
        assert busybox in await me.ctr("images", "ls", "-q")
        await me.ctr("images", "label", busybox, "io.cri-containerd.pinned=")
        await me.ctr("images", "tag", busybox, pause)
        await me.until(lambda: len(me.app.main.snapshot.images) == 2, "the tag is seen")
        await say(me, f"rmi -f {pause}")
        assert "Every pod begins with it" in lines_of(me.app)
        await me.press("y")
        await me.until(lambda: len(me.app.main.snapshot.images) == 1, "the tag is gone")
        assert (await me.ctr("images", "ls", "-q")).split() == [busybox]


NAMESPACES = {
    "k8s.io": "will not make it again",
    "moby": "dockerd may believe that it still runs",
    "buildkit": "cache records",
}


async def test_the_namespaces_of_others(
    containerd_name: str, start_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    daemon, id, image = start_daemon(containerd_name), new_name(), "a.test/i:1"
    made = images.busybox(stop_signal="SIGKILL")
    tar = str(images.save(tmp_path / "i.tar", {image: made}))
    for namespace, words in NAMESPACES.items():
        daemon.ctr("images", "import", tar, namespace=namespace)
        await asyncio.to_thread(ctr_run, daemon, namespace, id, {}, image)
        async with looking(daemon, namespace) as me:
            await say(me, f"rm -f {id}")
            assert question_of(me.app) == f"Unlock {namespace}?"
            assert words in lines_of(me.app)
            await me.press("n")
            await me.until(lambda me=me: not asked(me.app), "it is answered")  # type: ignore[misc]
            assert "RUNNING" in task_line(await me.ctr("tasks", "ls"), id)
            await say(me, f"run --name other {image} true")
            await me.press("n")
            await me.until(lambda me=me: not asked(me.app), "it is answered")  # type: ignore[misc]
            assert (await me.ctr("containers", "ls", "-q")).split() == [id]
            await say(me, f"rm -f {id}")
            await me.press("y")
            store = me.app.store
            await me.until(lambda store=store: not store.snapshot.containers, "it is deleted")  # type: ignore[misc]
            assert not (await me.ctr("containers", "ls", "-q")).split()
            assert not task_line(await me.ctr("tasks", "ls"), id)
