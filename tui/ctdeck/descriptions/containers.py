"""What the details say of a container, its task and its mounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from aiocontainerd.models import LOG_LABELS, Container, Mount, Snapshot, Task, TaskStatus
from aiocontainerd.owners import owner_of
from ctdeck.descriptions.facts import (
    Fact,
    Tabs,
    ago,
    event_facts,
    fact,
    label_facts,
    owner_fact,
)
from ctdeck.descriptions.owned import owned_facts, pod_tab
from ctdeck.formatting import GLYPHS, status_role, status_text
from ctdeck.masking import masked_args, masked_option, masked_source
from ctdeck.rows import MountRow


def container_tabs(
    container: Container | None, task: Task | None, snapshot: Snapshot, now: datetime
) -> Tabs:
    """The tabs of a container, or of a task whose record is gone."""
    if container is None:
        orphan = [Fact("container", "its record is gone, the task is still there", "warn")]
        return {"Details": orphan + (_task_facts(task, now) if task else [])}
    return {
        "Details": _container_facts(container, task, now),
        f"Mounts {len(container.mounts)}": _mounts(container.mounts, snapshot.sources),
        **pod_tab(container, snapshot),
        "Events": event_facts(snapshot, container.namespace, container.id),
    }


def _container_facts(container: Container, task: Task | None, now: datetime) -> list[Fact]:
    return [
        Fact("container", container.id),
        Fact("namespace", container.namespace),
        *owner_fact(owner_of(container)),
        *owned_facts(container),
        Fact("image", container.image or container.told.image or "none"),
        Fact("status", status_text(task), status_role(task)),
        *(_task_facts(task, now) if task else []),
        fact(
            "command",
            _words(container.args) or "not known",
            " ".join(container.args) or "not known",
        ),
        Fact("terminal", "yes" if container.terminal else "no"),
        Fact("created", ago(container.created_at, now)),
        Fact("runtime", container.runtime),
        Fact("snapshot", f"{container.snapshot_key} in {container.snapshotter}"),
        *_log(container.labels),
        *label_facts(container.labels),
    ]


def _task_facts(task: Task, now: datetime) -> list[Fact]:
    if task.status is TaskStatus.STOPPED:
        role = "bad" if task.exit_status else ""
        return [
            Fact("exit", f"status {task.exit_status}", role),
            Fact("since", ago(task.exited_at, now)),
        ]
    return [Fact("pid", str(task.pid)), Fact("since", ago(task.since, now))]


@lru_cache(16)
def _words(args: tuple[str, ...]) -> str:
    return " ".join(masked_args(args))


def _log(labels: Mapping[str, str]) -> Iterable[Fact]:
    """Where its output goes, and went: files of one folder in one line."""
    paths = [labels[key] for key in LOG_LABELS if labels.get(key)]
    folders = {path.rpartition("/")[0] for path in paths}
    if len(paths) > 1 and len(folders) == 1:
        names = ", ".join(path.rpartition("/")[2] for path in paths)
        paths = [f"{folders.pop()}/ {names}"]
    yield from (Fact("log", path) for path in paths)


def _mounts(mounts: tuple[Mount, ...], sources: Mapping[str, bool]) -> list[Fact]:
    facts: list[Fact] = []
    for mount in sorted(mounts, key=lambda m: not m.is_bind):
        to = f" {GLYPHS.arrow} {mount.destination}"
        missing = mount.is_bind and sources.get(mount.source) is False
        kind = "bind" if mount.is_bind else mount.type
        facts.append(fact(kind, masked_source(mount.source) + to, mount.source + to))
        note = "; the source is missing" if missing else ""
        shown, plain = (",".join(each) + note for each in _options(mount))
        facts.append(fact("", shown, plain, "bad" if missing else "muted"))
    return facts or [Fact("", "It has no mounts.", "muted")]


def _options(mount: Mount) -> tuple[list[str], list[str]]:
    """With stars, and without."""
    return [masked_option(each) for each in mount.options], list(mount.options)


def mount_facts(row: MountRow) -> list[Fact]:
    """One mount of a container."""
    mount = row.mount
    found = {None: "not looked at", True: "exists", False: "missing"}
    shown, plain = (", ".join(each) or "none" for each in _options(mount))
    return [
        Fact("container", row.container.id),
        fact("source", masked_source(mount.source), mount.source),
        Fact("to", mount.destination),
        Fact("type", mount.type),
        fact("options", shown, plain),
        Fact("writable", "no" if mount.is_readonly else "yes"),
        *(
            [Fact("on host", found[row.exists], "bad" if row.exists is False else "")]
            if mount.is_bind
            else []
        ),
    ]
