"""What the details say of a row, tab by tab; pure: facts in, no layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from aiocontainerd.models import Container, Event, Image, Mount, Snapshot, Task, TaskStatus
from aiocontainerd.owners import Owner, keeper_of, owner_in, owner_of
from ctdeck.formatting import (
    GLYPHS,
    age,
    clock,
    event_words,
    moment,
    size,
    status_role,
    status_text,
)
from ctdeck.masking import masked_args, masked_option, masked_source, masked_value
from ctdeck.rows import ContainerRow, EventRow, ImageRow, MountRow, Row, TaskRow

LOG_LABELS = ("io.ctdeck/stdout", "io.ctdeck/stderr")
RECENT = 40  # events of a row that are listed


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: a label (may be empty), what it is, and the role that colours it.

    `plain` is the value without stars where something of it is hidden, else empty.
    """

    label: str
    value: str
    role: str = ""
    plain: str = ""


Tabs = dict[str, list[Fact]]


def hides(tabs: Tabs) -> bool:
    """Whether anything in these tabs is hidden."""
    return any(fact.plain for facts in tabs.values() for fact in facts)


def with_secrets(tabs: Tabs) -> Tabs:
    """The same without stars."""
    return {
        name: [replace(fact, value=fact.plain or fact.value) for fact in facts]
        for name, facts in tabs.items()
    }


def _fact(label: str, shown: str, plain: str, role: str = "") -> Fact:
    return Fact(label, shown, role, plain if plain != shown else "")


@lru_cache(16)
def _words(args: tuple[str, ...]) -> str:
    return " ".join(masked_args(args))


def title_of(row: Row) -> str:
    """How the details are headed."""
    match row:
        case ImageRow():
            return row.image.name
        case ContainerRow() | MountRow():
            return row.container.id
        case TaskRow():
            return row.task.id
        case EventRow():
            return row.event.subject or row.event.topic


def describe(row: Row, snapshot: Snapshot, now: datetime) -> Tabs:
    """Tab names and their facts, in the order in which they are shown."""
    match row:
        case ImageRow():
            return _image_tabs(row.image, snapshot, now)
        case ContainerRow():
            return _container_tabs(row.container, row.task, snapshot, now)
        case TaskRow():
            return _container_tabs(row.container, row.task, snapshot, now)
        case MountRow():
            task = snapshot.task_of(row.container)
            tabs = _container_tabs(row.container, task, snapshot, now)
            return {"Mount": _mount_facts(row), **tabs}
        case EventRow():
            return {"Event": _event_facts(row.event)}


def _ago(when: datetime | None, now: datetime) -> str:
    return f"{moment(when)} ({age(when, now)} ago)" if when else "not known"


def _labels(labels: Mapping[str, str]) -> Iterable[Fact]:
    """All but those of our log, which have a line of their own."""
    others = [(key, value) for key, value in sorted(labels.items()) if key not in LOG_LABELS]
    for number, (key, value) in enumerate(others):
        shown = f"{masked_value('', key)} = {masked_value(key, value)}"
        yield _fact("" if number else "labels", shown, f"{key} = {value}", "muted")


def _log(labels: Mapping[str, str]) -> Iterable[Fact]:
    """Where its output goes: both files in one line if they are in one folder."""
    paths = [labels[key] for key in LOG_LABELS if labels.get(key)]
    folders = {path.rpartition("/")[0] for path in paths}
    if len(paths) == 2 and len(folders) == 1:
        names = " and ".join(path.rpartition("/")[2] for path in paths)
        paths = [f"{folders.pop()}/ {names}"]
    yield from (Fact("log", path) for path in paths)


def _owner(owner: Owner | None) -> Iterable[Fact]:
    if owner is not None:
        yield Fact("owner", f"{owner.name}: a change needs an unlock")


def _image_tabs(image: Image, snapshot: Snapshot, now: datetime) -> Tabs:
    users = snapshot.users_of(image)
    return {
        "Details": _image_facts(image, snapshot, now),
        f"Used by {len(users)}": [
            Fact("", f"{status_text(snapshot.task_of(c))}  {c.id}  {c.display_name}".rstrip())
            for c in users
        ]
        or [Fact("", "No container names this image.", "muted")],
        "Events": _events(snapshot, image.namespace, image.name),
    }


def _image_facts(image: Image, snapshot: Snapshot, now: datetime) -> list[Fact]:
    details = image.details
    unpacked = {None: "not known yet", True: "yes", False: "no: run unpacks it first"}
    facts = [
        Fact("image", image.name),
        *([Fact("exact name", image.exact_name)] if image.exact_name else []),
        Fact("namespace", image.namespace),
        *_image_owner(image, snapshot),
        Fact("digest", image.target.digest),
        Fact("type", image.target.media_type),
    ]
    if details is None:
        facts.append(Fact("content", "being read …", "muted"))
    else:
        facts += [
            Fact("size", f"{size(details.size)} of compressed content here"),
            Fact("platforms", ", ".join(details.platforms) or "none complete here"),
        ]
        if details.missing:
            facts.append(Fact("content", "incomplete: pull it again", "bad"))
    return [
        *facts,
        Fact("unpacked", unpacked[image.unpacked], "" if image.unpacked else "muted"),
        Fact("created", _ago(image.created_at, now)),
        Fact("changed", _ago(image.updated_at, now)),
        *_labels(image.labels),
    ]


def _image_owner(image: Image, snapshot: Snapshot) -> Iterable[Fact]:
    keeper = keeper_of(image, snapshot)
    yield from _owner(keeper or owner_in(image.namespace))
    if keeper is not None:
        yield Fact("protected", keeper.will("delete image"))


def _container_tabs(
    container: Container | None, task: Task | None, snapshot: Snapshot, now: datetime
) -> Tabs:
    if container is None:
        orphan = [Fact("container", "its record is gone, the task is still there", "warn")]
        return {"Details": orphan + (_task_facts(task, now) if task else [])}
    return {
        "Details": _container_facts(container, task, now),
        f"Mounts {len(container.mounts)}": _mounts(container.mounts, snapshot.sources),
        "Rootfs": [],  # read when it is looked at
        "Events": _events(snapshot, container.namespace, container.id),
    }


def _container_facts(container: Container, task: Task | None, now: datetime) -> list[Fact]:
    name = container.display_name
    return [
        Fact("container", container.id),
        *([Fact("name", name)] if name else []),
        Fact("namespace", container.namespace),
        *_owner(owner_of(container)),
        Fact("image", container.image or "none"),
        Fact("status", status_text(task), status_role(task)),
        *(_task_facts(task, now) if task else []),
        _fact(
            "command",
            _words(container.args) or "not known",
            " ".join(container.args) or "not known",
        ),
        Fact("terminal", "yes" if container.terminal else "no"),
        Fact("created", _ago(container.created_at, now)),
        Fact("runtime", container.runtime),
        Fact("snapshot", f"{container.snapshot_key} in {container.snapshotter}"),
        *_log(container.labels),
        *_labels(container.labels),
    ]


def _task_facts(task: Task, now: datetime) -> list[Fact]:
    if task.status is TaskStatus.STOPPED:
        role = "bad" if task.exit_status else ""
        return [
            Fact("exit", f"status {task.exit_status}", role),
            Fact("since", _ago(task.exited_at, now)),
        ]
    return [Fact("pid", str(task.pid)), Fact("since", _ago(task.since, now))]


def _mounts(mounts: tuple[Mount, ...], sources: Mapping[str, bool]) -> list[Fact]:
    facts: list[Fact] = []
    for mount in sorted(mounts, key=lambda m: not m.is_bind):
        to = f" {GLYPHS.arrow} {mount.destination}"
        missing = mount.is_bind and sources.get(mount.source) is False
        kind = "bind" if mount.is_bind else mount.type
        facts.append(_fact(kind, masked_source(mount.source) + to, mount.source + to))
        note = "; the source is missing" if missing else ""
        shown, plain = (",".join(each) + note for each in _options(mount))
        facts.append(_fact("", shown, plain, "bad" if missing else "muted"))
    return facts or [Fact("", "It has no mounts.", "muted")]


def _options(mount: Mount) -> tuple[list[str], list[str]]:
    """With stars, and without."""
    return [masked_option(each) for each in mount.options], list(mount.options)


def _mount_facts(row: MountRow) -> list[Fact]:
    mount = row.mount
    found = {None: "not looked at", True: "exists", False: "missing"}
    shown, plain = (", ".join(each) or "none" for each in _options(mount))
    return [
        Fact("container", row.container.id),
        _fact("source", masked_source(mount.source), mount.source),
        Fact("to", mount.destination),
        Fact("type", mount.type),
        _fact("options", shown, plain),
        Fact("writable", "no" if mount.is_readonly else "yes"),
        *(
            [Fact("on host", found[row.exists], "bad" if row.exists is False else "")]
            if mount.is_bind
            else []
        ),
    ]


def _events(snapshot: Snapshot, namespace: str, subject: str) -> list[Fact]:
    found = [e for e in snapshot.events if (e.namespace, e.subject) == (namespace, subject)]
    recent = sorted(found, key=lambda e: -e.seq)[:RECENT]
    facts = [Fact(clock(event.timestamp), event_words(event)) for event in recent]
    return facts or [Fact("", "Nothing has happened to it since ctdeck looks.", "muted")]


def _event_facts(event: Event) -> list[Fact]:
    return [
        Fact("time", moment(event.timestamp)),
        Fact("namespace", event.namespace or "none"),
        Fact("topic", event.topic),
        Fact("subject", event.subject),
        Fact("words", event_words(event)),
        *(
            _fact(key, masked_value(key, value), value, "muted")
            for key, value in sorted(event.attributes.items())
        ),
    ]


def rootfs_facts(layers: Iterable[tuple[str, str, Iterable[str]]]) -> list[Fact]:
    """The mounts that make a root file system: (type, source, options) of each."""
    facts: list[Fact] = []
    for kind, source, options in layers:
        facts.append(Fact("type", kind if source in (kind, "") else f"{kind} of {source}"))
        for option in options:
            name, _, value = option.partition("=")
            parts = value.split(":") if name == "lowerdir" else [value]
            for number, part in enumerate(parts):
                shown = masked_value(name, part) or "yes"
                facts.append(_fact("" if number else name, shown, part or "yes", "muted"))
    return facts or [Fact("", "The snapshotter names no mounts.", "muted")]
