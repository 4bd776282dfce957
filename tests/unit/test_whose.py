"""Whose a path, a process, a digest or a cgroup is; hostile questions only find nothing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, FailedPrecondition, InvalidArgument
from aiocontainerd.models import Container, Mount, Snapshot, TaskStatus
from aiocontainerd.procfs import HostView
from aiocontainerd.simulator import Simulator
from aiocontainerd.simulator.demo import demo_world
from aiocontainerd.whose import Found, digests, paths, processes, whose
from tests.hostile import TEXTS
from tests.tui.worlds import container, snapshot, task


class Nowhere:
    """Stands for a client whose daemon knows of no snapshot; its processes are ours."""

    host = HostView(shares_pids=True)

    class _Tasks:
        async def pids(self, *_: object, **__: object) -> tuple[int, ...]:
            return ()

    class _Info:
        snapshotters: ClassVar[dict[str, str]] = {}

    tasks = _Tasks()

    async def server_info(self) -> _Info:
        return self._Info()

    async def locate(self) -> HostView:
        return self.host


CLIENT: Client = Nowhere()  # type: ignore[assignment]


def binding(name: str, *sources: str) -> Container:
    mounts = tuple(Mount(f"/in{n}", "bind", source, ("rbind",)) for n, source in enumerate(sources))
    return container(name, mounts=mounts)


def ids(found: tuple[Found, ...]) -> list[str]:
    return [each.key.id for each in found]


async def test_bind_mounts_the_nearest_first() -> None:
    here = snapshot(containers=[binding("far", "/srv"), binding("near", "/srv/site"), binding("x")])
    assert ids(await whose(CLIENT, here, "/srv/site/index.html")) == ["near", "far"]
    assert ids(await whose(CLIENT, here, "/srv")) == ["far", "near"]
    assert ids(await whose(CLIENT, here, "/srv/sitemap")) == ["far"]
    assert ids(await whose(CLIENT, here, "/srv/site/../../etc")) == []
    (near, _) = await whose(CLIENT, here, "/srv/site/a")
    assert near.because == "/srv/site is its /in0"


async def test_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    here = snapshot(containers=[binding("web", str(tmp_path / "real"))])
    assert ids(await whose(CLIENT, here, f"{tmp_path}/link/x")) == ["web"]
    assert ids(await whose(CLIENT, here, f"{tmp_path}/loop/x")) == []


async def test_folders_named_by_containerd_and_by_ids() -> None:
    long = "f" * 64
    pod = container("p", namespace="k8s.io", labels={"io.kubernetes.pod.uid": "0d-1e"})
    here = snapshot(containers=[container("web"), container(long), pod])
    bundle = "/run/containerd/io.containerd.runtime.v2.task/default/web/rootfs/etc/passwd"
    assert ids(await whose(CLIENT, here, bundle)) == ["web"]
    gone = bundle.replace("/web/", "/gone/")
    (found,) = await whose(CLIENT, here, gone)
    assert (found.key.id, found.it) == ("gone", None)
    assert ids(await whose(CLIENT, here, f"/var/lib/docker/containers/{long}/hosts")) == [long]
    assert ids(await whose(CLIENT, here, "/var/log/pods/shop_web_0d-1e/app/0.log")) == ["p"]
    assert ids(await whose(CLIENT, here, "/home/web/notes")) == []  # a short id says nothing


async def test_our_own_process_and_its_cgroup(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.getpid()
    monkeypatch.setattr(processes, "_cgroups", lambda pids: {})
    run = TaskStatus.RUNNING
    here = snapshot(containers=[container("me")], tasks=[task("me", run, pid=mine)])
    (found,) = await whose(CLIENT, here, str(mine))
    assert found.because == "it is its process"
    parent = snapshot(containers=[container("up")], tasks=[task("up", run, pid=os.getppid())])
    (found,) = await whose(CLIENT, parent, str(mine))
    assert found.because == f"it comes from its process {os.getppid()}"
    assert not await whose(CLIENT, snapshot(), str(mine))
    monkeypatch.setattr(digests, "of_digest", no_digest)
    with pytest.raises(FailedPrecondition, match="no such process"):
        await whose(CLIENT, here, "4194999")
    bound = snapshot(
        containers=[container("me"), binding("etc", "/etc")], tasks=list(here.tasks.values())
    )
    for path in (f"/proc/{mine}", f"/proc/{mine}/root/etc/passwd"):  # not the /etc of this host
        assert ids(await whose(CLIENT, bound, path)) == ["me"]
    with pytest.raises(FailedPrecondition, match="no such process"):
        await whose(CLIENT, here, "/proc/4194999/root")


async def test_cgroups(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {1: {"/default/web"}, 2: {"/kubepods/pod1/abc"}, 3: {"/kubepods/pod1/def"}}
    monkeypatch.setattr(processes, "_cgroups", lambda pids: {pid: theirs[pid] for pid in pids})
    run = TaskStatus.RUNNING
    here = snapshot(
        containers=[
            container("web"),
            container("a"),
            container("b"),
            container("web", namespace="n"),
        ],
        tasks=[task("web", run, pid=1), task("a", run, pid=2), task("b", run, pid=3)],
    )
    for form in (
        "/default/web",
        "/sys/fs/cgroup/default/web",
        "0::/default/web",
        "5:memory:/default/web",
        "/sys/fs/cgroup/memory/default/web/",
    ):
        assert [tuple(each.key) for each in await whose(CLIENT, here, form)] == [("default", "web")]
    assert ids(await whose(CLIENT, here, "/sys/fs/cgroup/kubepods/pod1")) == ["a", "b"]
    assert [tuple(f.key) for f in await whose(CLIENT, here, "/n/web")] == [("n", "web")]  # by name


async def test_pids_of_another_host_are_not_compared() -> None:
    far = Nowhere()
    far.host = HostView(shares_pids=False)
    with pytest.raises(FailedPrecondition, match="not those of this host"):
        await whose(far, snapshot(), str(os.getpid()))  # type: ignore[arg-type]
    here = snapshot(
        containers=[container("web")], tasks=[task("web", TaskStatus.RUNNING, pid=2805)]
    )
    (found,) = await whose(far, here, "2805")  # type: ignore[arg-type]
    assert (found.key.id, found.because) == ("web", "it is its process on the daemon's host")


async def no_digest(*_: object) -> list[Found]:
    return []


async def test_digits_that_are_no_pid_may_begin_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "of_digest", no_digest)
    here = snapshot(containers=[container("4194999abc")])
    assert ids(await whose(CLIENT, here, "4194999")) == ["4194999abc"]


@pytest.mark.parametrize("what", ["", "  ", "/" + "x" * 5000, "/a\0b"])
async def test_what_is_no_question(what: str) -> None:
    with pytest.raises(InvalidArgument):
        await whose(CLIENT, snapshot(), what)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
@example("/proc/self/root/../../../..")
@example("/%s/{0}/$HOME/`id`")
@example("/\udc80\udcff")
async def test_hostile_questions(text: str) -> None:
    here = snapshot(containers=[binding("web", "/srv", "/\x1b[2J", "")])
    for what in (text, f"/{text}", *TEXTS.values()):
        said = ""
        try:
            said = " ".join(found.because for found in await whose(CLIENT, here, what))
        except ContainerdError as error:
            said = str(error)
        assert "\x1b" not in said


def test_mountinfo_is_read_with_its_escapes() -> None:
    assert paths._plain(r"/a\040b\134c") == "/a b\\c"


@asynccontextmanager
async def demo(tmp_path: Path) -> AsyncIterator[tuple[Client, Snapshot]]:
    async with Simulator(tmp_path / "s", demo_world()) as sim, Client(sim.address) as client:
        images, containers = [], []
        for name in await client.namespaces.list():
            images += await client.images.list(namespace=name)
            containers += await client.containers.list(namespace=name)
        yield client, snapshot(images, containers)


async def test_digests_by_their_beginning(tmp_path: Path) -> None:
    async with demo(tmp_path) as (client, here):
        image = next(i for i in here.images.values() if "redis" in i.name)
        digits = image.target.digest.removeprefix("sha256:")
        for what in (image.target.digest, digits[:6], f"sha256:{digits[:12]}"):
            assert image.key.id in ids(await whose(client, here, what))
        cache = here.containers["default", "cache"]  # type: ignore[index]
        layers = [
            s async for s in client.snapshots.list(snapshotter="overlayfs", namespace="default")
        ]
        chain = next(s.parent for s in layers if s.name == "cache")
        found = await whose(client, here, chain[:20])
        assert {image.key.id, cache.id} <= set(ids(found))
        assert not await whose(client, here, "sha256:000000")
