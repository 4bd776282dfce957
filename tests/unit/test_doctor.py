"""The doctor's parts that read files, on made-up ones; and how findings are told."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aiocontainerd.discovery import Probe
from aiocontainerd.doctor import Finding, Level, daemon, host, mounts, ours, shims, tasks
from aiocontainerd.doctor.scene import Scene
from aiocontainerd.errors import ContainerdError, DeadlineExceeded, NotFound
from aiocontainerd.models import Key, ServerInfo
from aiocontainerd.procfs import HostView
from aiocontainerd.services.introspection import SNAPSHOTTER, Plugin
from aiocontainerd.state import StateDirectory
from ctdeck.doctor import lines_of, sockets, summary
from tests.tui.worlds import container, task

SOCKET = "/run/containerd/containerd.sock"
SHIM = f"/usr/bin/containerd-shim-runc-v2\0-namespace\0k8s.io\0-id\0web\0-address\0{SOCKET}\0"


def scene(folder: Path, **more: Any) -> Scene:
    values: dict[str, Any] = {
        "client": SimpleNamespace(),
        "address": SOCKET,
        "host": HostView(shares_pids=True, root=str(folder)),
        "state": StateDirectory(folder / "state"),
        **more,
    }
    return Scene(**values)


def process(proc: Path, pid: int, name: str, state: str, parent: int, args: str = "") -> None:
    folder = proc / str(pid)
    folder.mkdir(parents=True)
    (folder / "stat").write_text(f"{pid} ({name}) {state} {parent} 1 1")
    (folder / "cmdline").write_text(args)


def test_shims_are_known_by_their_words_and_their_daemon(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    process(tmp_path, 7, "containerd-shim", "S", 1, SHIM)
    process(tmp_path, 8, "sh) Z 1 (", "Z", 7)
    process(tmp_path, 9, "containerd-shim", "S", 1, SHIM.replace("/run/", "/other/"))
    process(tmp_path, 10, "containerd-shim", "S", 1, "containerd-shim\0-namespace\0x\x1b[2J")
    (tmp_path / "11").mkdir()  # has ended meanwhile
    found = {each.pid: each for each in shims.read_processes(tmp_path)}
    assert set(found) == {7, 8, 9, 10}
    assert (found[8].state, found[8].parent, found[8].name) == ("Z", 7, "sh) Z 1 (")
    known = {pid: shims.shim_of(each, SOCKET) for pid, each in found.items()}
    assert {pid: shim.key for pid, shim in known.items() if shim} == {7: Key("k8s.io", "web")}


async def test_a_shim_without_a_task_and_zombies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process(tmp_path, 7, "containerd-shim", "S", 1, SHIM)
    process(tmp_path, 8, "runc", "Z", 7)
    read = shims.read_processes
    monkeypatch.setattr(shims, "read_processes", lambda: read(tmp_path))

    async def none(namespace: str) -> list[Any]:
        return []

    at = scene(tmp_path, client=SimpleNamespace(tasks=SimpleNamespace(list=none)))
    lost, zombies = await shims.without_task(at)
    assert lost.what == "shim 7 serves web in k8s.io, without a task"
    assert lost.remedy == "$ kill 7"
    assert zombies.what == "zombies: runc 8"
    known = replace(at, tasks={Key("k8s.io", "web"): task("web", None, "k8s.io")})  # type: ignore[arg-type]
    assert [each.level for each in await shims.without_task(known)] == [Level.WARNING]
    hidden = replace(at, host=HostView(shares_pids=False, root=""))
    assert [each.level for each in await shims.without_task(hidden)] == [Level.NOTE]


MOUNTS = """\
20 1 8:1 / / rw - ext4 /dev/sda1 rw
31 20 0:5 / /run/containerd/io.containerd.runtime.v2.task/default/web/rootfs rw - overlay o rw
32 20 0:6 / /other/io.containerd.runtime.v2.task/default/not-ours/rootfs rw - overlay o rw
33 20 0:7 / /st\\040ate/io.containerd.runtime.v2.task/default/old/rootfs rw - overlay o \
rw,upperdir=/data/io.containerd.snapshotter.v1.overlayfs/snapshots/3/fs
"""


async def test_mounts_of_this_daemon_without_a_task(tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    root = tmp_path / "root"
    listed: list[Any] = [SimpleNamespace(id="web")]

    async def tasks_of(namespace: str) -> list[Any]:
        return listed

    plugin = Plugin(SNAPSHOTTER, "overlayfs", exports={"root": "/data/io.containerd.x"})  # type: ignore[arg-type]
    at = scene(
        root,
        client=SimpleNamespace(tasks=SimpleNamespace(list=tasks_of)),
        plugins=(plugin,),
        tasks={Key("default", "web"): None},
    )
    (found,) = await mounts.leaked(at)
    assert found.what.startswith("/st ate/io.containerd.runtime.v2.task/default/old/rootfs is")
    assert found.remedy.startswith("$ umount '/st ate/")
    listed.append(SimpleNamespace(id="old"))  # it began after the list
    assert [each.level for each in await mounts.leaked(at)] == [Level.OK]
    (tmp_path / "mountinfo").unlink()
    assert [each.level for each in await mounts.leaked(at)] == [Level.NOTE]


async def test_of_many_the_first_are_told_and_the_others_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "proc").mkdir()
    for pid in range(100, 107):
        shim = SHIM.replace("web", f"web{pid}")
        process(tmp_path / "proc", pid, "containerd-shim", "S", 1, shim)
    bundle = "/run/containerd/io.containerd.runtime.v2.task/default"
    lines = [f"{n} 20 0:{n} / {bundle}/web{n}/rootfs rw - overlay o rw\n" for n in range(7)]
    (tmp_path / "mountinfo").write_text("".join(lines))
    read = shims.read_processes
    monkeypatch.setattr(shims, "read_processes", lambda: read(tmp_path / "proc"))

    async def none(namespace: str) -> list[Any]:
        return []

    at = scene(tmp_path / "root", client=SimpleNamespace(tasks=SimpleNamespace(list=none)))
    for found, more in (
        (await shims.without_task(at), "and 2 more shims serve no task"),
        (await mounts.leaked(at), "and 2 more are mounted without a task"),
    ):
        assert [each.level for each in found] == [*[Level.WARNING] * 5, Level.NOTE]
        assert list(found)[-1].what == more


async def test_networks_are_read_in_the_order_of_cni(tmp_path: Path) -> None:
    at = scene(tmp_path)
    assert [each.level for each in await host.network(at)] == [Level.NOTE]
    config, programs = tmp_path / "etc/cni/net.d", tmp_path / "opt/cni/bin"
    config.mkdir(parents=True)
    programs.mkdir(parents=True)
    (programs / "bridge").touch()
    bridge = {"name": "a", "plugins": [{"type": "bridge"}, {"type": "portmap"}]}
    (config / "10-a.conflist").write_text(json.dumps(bridge))
    (config / "20-b.conf").write_text('{"type": "bridge"}')
    (config / "30-c.conflist").write_text("{")
    (config / "40-d.json").write_text('{"plugins": 7}')
    (config / "notes.txt").write_text("")
    found = [(each.level, each.what) for each in await host.network(at)]
    assert found == [
        (Level.WARNING, "10-a.conflist needs portmap, not there"),
        (Level.OK, "20-b.conf: bridge, all there"),
        (Level.WARNING, "/etc/cni/net.d/30-c.conflist is not JSON"),
        (Level.WARNING, "/etc/cni/net.d/40-d.json names no plugin"),
    ]


async def test_cgroups_and_runtimes(tmp_path: Path) -> None:
    at = scene(tmp_path, host=HostView(shares_pids=False, root=str(tmp_path)))
    assert [each.level for each in await host.cgroups(at)] == [Level.PROBLEM]
    (tmp_path / "sys/fs/cgroup/memory").mkdir(parents=True)
    assert [each.what for each in await host.cgroups(at)] == ["version 1"]
    (tmp_path / "sys/fs/cgroup/cgroup.controllers").touch()
    assert [each.what for each in await host.cgroups(at)] == ["version 2"]
    odd = container("x", runtime="io.containerd.kata.v2")
    at = replace(at, containers={odd.key: odd})
    found = [each.what for each in await host.runtimes(at)]
    shim = "there is no containerd-shim"
    assert found == ["there is no runc", f"{shim}-kata-v2", f"{shim}-runc-v2"]
    programs = tmp_path / "usr/bin"
    programs.mkdir(parents=True)
    for name in ("runc", "containerd-shim-runc-v2", "containerd-shim-kata-v2"):
        (programs / name).touch(0o755)
    assert [each.what for each in await host.runtimes(at)] == ["/usr/bin/runc is there"]


async def test_runc_is_run_only_where_nobody_else_could_change_it(tmp_path: Path) -> None:
    program = tmp_path / "runc"
    program.write_text("#!/bin/sh\necho runc version 9\n")
    program.chmod(0o755)
    assert await host._version_of(str(program)) == "runc version 9"
    program.chmod(0o775)
    assert await host._version_of(str(program)) == ""
    program.chmod(0o755)
    tmp_path.chmod(0o777)
    assert await host._version_of(str(program)) == ""


def test_a_full_disk_is_a_problem() -> None:
    def room(free: int, files: int = 50) -> Level:
        info = SimpleNamespace(
            f_bavail=free, f_frsize=1 << 20, f_blocks=1000, f_favail=files, f_files=100
        )
        return host._room("/x", info).level  # type: ignore[arg-type]

    assert [room(500), room(80), room(10)] == [Level.OK, Level.WARNING, Level.PROBLEM]
    assert [room(500, 5), room(500, 1)] == [Level.WARNING, Level.PROBLEM]


def test_shims_of_runtimes() -> None:
    assert host.shim_name("io.containerd.runc.v2") == "containerd-shim-runc-v2"
    assert host.shim_name("/opt/kata/shim") == "/opt/kata/shim"
    assert host.shim_name("odd") == ""


async def test_plugins_and_snapshotters(tmp_path: Path) -> None:
    used = container("web", snapshotter="zfs")
    plugins = (
        Plugin("io.containerd.grpc.v1", "containers"),
        Plugin("io.containerd.grpc.v1", "cri", error="no CNI: invalid config"),
        Plugin("io.containerd.metadata.v1", "bolt", error="disk is full"),
        Plugin(SNAPSHOTTER, "devmapper", error="devmapper not configured: skip plugin"),
        Plugin(SNAPSHOTTER, "zfs", error="zfs went away"),
        Plugin(SNAPSHOTTER, "overlayfs"),
    )
    at = scene(tmp_path, plugins=plugins, containers={used.key: used})
    levels = [each.level for each in await daemon.plugins(at)]
    assert levels == [Level.OK, Level.WARNING, Level.PROBLEM, Level.NOTE]
    working, broken = await daemon.snapshotters(at)
    assert (working.level, broken.level) == (Level.OK, Level.PROBLEM)
    assert "1 containers have their files in it: zfs went away" in broken.what


async def test_a_silent_list_has_each_container_asked(tmp_path: Path) -> None:
    async def get(id: str, namespace: str, timeout: float) -> None:
        raise DeadlineExceeded("no answer") if id == "hangs" else NotFound("none")

    both = [container("hangs"), container("has-none")]
    at = scene(
        tmp_path,
        client=SimpleNamespace(tasks=SimpleNamespace(get=get)),
        containers={each.key: each for each in both},
        silent=("default",),
    )
    (found,) = await tasks.stuck(at)
    assert found.what == "the shim of hangs in default does not answer within 2 s"


def test_our_own_folder(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "ctdeck")
    assert "is not there yet" in next(each.what for each in ours.look_at(state))
    assert not state.root.exists()
    os.close(state.open_root())
    (state.root / "crash-20261130T050000-1.log").touch()
    assert [each.level for each in ours.look_at(state)] == [Level.OK, Level.NOTE]
    state.root.chmod(0o777)
    (found,) = ours.look_at(state)
    assert (found.level, found.remedy.startswith("Look what is in it")) == (Level.PROBLEM, True)


async def test_a_check_that_fails_or_hangs_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    from aiocontainerd import doctor

    async def hangs(scene: Scene) -> list[Finding]:
        await asyncio.get_running_loop().create_future()
        return []

    async def fails(scene: Scene) -> list[Finding]:
        raise ContainerdError("it broke")

    monkeypatch.setattr(doctor, "DEADLINE", 0.01)
    monkeypatch.setattr(doctor, "_checks", lambda: (("a", hangs), ("b", fails)))
    found = [each async for each in doctor.examine(scene(tmp_path))]
    assert [each.what for each in found] == [
        "no answer within 0 s",
        "could not be looked at: it broke",
    ]


def test_sockets_that_are_not_there_matter_only_where_none_answers(tmp_path: Path) -> None:
    there = tmp_path / "dead.sock"
    there.touch()
    probes = [
        Probe("/no/a.sock", problem="there is no such socket"),
        Probe(str(there), problem="x"),
    ]
    levels = [each.level for each in sockets(probes)]
    assert levels == [Level.NOTE, Level.PROBLEM, Level.PROBLEM]
    there.chmod(0o666)
    answering = Probe(str(there), ServerInfo("2.1.9"))
    found = list(sockets([*probes, answering]))
    assert [each.level for each in found] == [Level.OK, Level.PROBLEM]
    assert "Everybody on this host can become root" in found[1].means


def test_findings_are_told_in_lines_without_secrets_and_controls() -> None:
    finding = Finding(
        Level.WARNING,
        "plugins",
        "x failed: https://user:hunter2@host said \x1b[2J",
        "What " + "long " * 30,
        "$ journalctl -u containerd",
    )
    lines = lines_of(finding, 60)
    assert lines[0].startswith("warning  plugins      x failed")
    assert lines[-1] == " " * 22 + "$ journalctl -u containerd"
    assert all(len(line) <= 60 for line in lines)
    assert "hunter2" not in "".join(lines)
    assert "\x1b" not in "".join(lines)
    said = summary(Counter({Level.OK: 3, Level.PROBLEM: 1, Level.NOTE: 2}))
    assert said == "1 problem, 2 notes, 3 ok"
