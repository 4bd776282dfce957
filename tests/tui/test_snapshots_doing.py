"""The text of the screens on which something is done: asked, waited for, told; and the doctor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import aiocontainerd.operations
from aiocontainerd.doctor.finding import Finding, note, ok, problem, warning
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import Container
from aiocontainerd.operations import Copied
from ctdeck import doctor
from ctdeck.command.parsing import parse
from ctdeck.screens import dialog, waiting
from ctdeck.verbs import inside
from ctdeck.verbs.inside import NoShell
from ctdeck.verbs.typed import carry_out
from tests.tui.test_snapshots import SIZES, Stage, check, same_everywhere, stage

__all__ = ["same_everywhere"]
FINDINGS = (
    note(
        "daemon",
        "containerd 2.1.9 answers at /run/containerd/containerd.sock",
        "containerd's makers fix nothing in 2.1 any more; a distribution may.",
        "Update when you can: 1.7, 2.0 and 2.3 get fixes for long.",
    ),
    ok("plugins", "48 of 48 work"),
    ok("snapshotters", "working: native, overlayfs"),
    warning(
        "network",
        "10-shop.conflist needs portmap, not there",
        "Containers on this network are not started.",
        "Install CNI's plugins into /opt/cni/bin (containernetworking-plugins).",
    ),
    problem(
        "tasks",
        "the shim of web2 in default does not answer",
        "It can be neither stopped nor executed in.",
        "$ kill 9113",
    ),
    warning(
        "mounts",
        "/run/containerd/io.containerd.runtime.v2.task/default/migrate-41/rootfs is mounted, "
        "and migrate-41 in default has no task",
        "A task ended without its shim cleaning up. Its snapshot cannot be removed meanwhile.",
        "$ umount /run/containerd/io.containerd.runtime.v2.task/default/migrate-41/rootfs",
    ),
)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    monkeypatch.setattr(waiting, "SOON", 0.01)


def say(at: Stage, line: str) -> None:
    carry_out(at.app.main, parse(line))


async def the_doctor(at: Stage, patch: pytest.MonkeyPatch) -> None:
    async def examined(*_: object) -> AsyncIterator[Finding]:
        for finding in FINDINGS:
            yield finding

    patch.setattr(doctor, "examined", examined)
    patch.setattr(doctor, "_rights", lambda path: ok("rights", f"you may use {path}"))
    await at.keys("H")
    await at.shows("umount /run")


def copying(patch: pytest.MonkeyPatch, *there: str) -> None:
    """A look finds 12 files, of which these are there already; the copying never ends."""

    async def copy_files(*_: object, report: Copied, dry: bool = False, **__: object) -> None:
        report.files, report.bytes, report.links = (
            (12, 944_000_000, 1) if dry else (3, 71 * 10**6, 0)
        )
        if dry:
            report.there += there
        else:
            await asyncio.Event().wait()

    patch.setattr(aiocontainerd.operations, "copy_files", copy_files)


async def copy_into(at: Stage, patch: pytest.MonkeyPatch) -> None:
    copying(patch)
    say(at, "cp /srv/site web2:/usr/share/nginx/html")
    await at.shows("Copy (y)")


async def copy_over(at: Stage, patch: pytest.MonkeyPatch) -> None:
    copying(patch, "site/index.html", "site/style.css")
    say(at, "cp web2:/usr/share/nginx/html/site /srv")
    await at.shows("Overwrite (y)")


async def copy_runs(at: Stage, patch: pytest.MonkeyPatch) -> None:
    await copy_into(at, patch)
    await at.keys("y")
    await at.shows("71.0 MB of 944 MB")
    await at.shows("copying to web2")


async def no_shell(at: Stage, patch: pytest.MonkeyPatch) -> None:
    async def none(*_: object) -> None:
        raise NoShell("None of bash, ash, sh is in it.")

    patch.setattr(inside, "_execute", none)
    await at.keys("e")
    await at.shows("Execute in")
    await at.keys("enter")
    await at.shows("Toolbox (y)")


async def stop_several(at: Stage, patch: pytest.MonkeyPatch) -> None:
    async def stop(_: object, thing: Container, **__: Any) -> int:
        if thing.id == "web1":
            raise FailedPrecondition("it was replaced", subject="web1", remedy="Look again.")
        return 143

    patch.setattr(aiocontainerd.operations, "stop", stop)
    await at.keys("space", "j", "space", "s")
    await at.shows("Stop (y)")
    await check(at, "stop-marked")
    await at.keys("y")
    await at.shows("1 of 2 was stopped")


JOURNEYS: dict[str, Callable[[Stage, pytest.MonkeyPatch], Awaitable[None]]] = {
    "doctor": the_doctor,
    "copy-into": copy_into,
    "copy-over": copy_over,
    "copy-runs": copy_runs,
    "no-shell": no_shell,
    "stop-several": stop_several,
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", JOURNEYS)
async def test_journey(
    name: str, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(size, tmp_path) as at:
        await JOURNEYS[name](at, monkeypatch)
        await check(at, name)
