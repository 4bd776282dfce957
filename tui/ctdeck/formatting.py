"""Pure: sizes, ages, states and events as short text. No widget, no clock of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from aiocontainerd.models import Event, Task, TaskStatus
from aiocontainerd.quickdata import dataclass

UNKNOWN = "…"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs beside words; never the only bearer of a meaning."""

    status: Mapping[TaskStatus | None, str]
    up: str
    down: str
    full: str
    vacant: str
    pull: str
    warning: str
    dot: str
    ellipsis: str
    arrow: str
    branch: str
    rule: str
    cursor: str
    mark: str
    mark_here: str  # with the cursor on it
    levels: str  # of a line over time, from nothing to the most
    unseen: str  # in it, where nothing is known


UNICODE = Glyphs(
    status=MappingProxyType(
        {
            TaskStatus.RUNNING: "▶",
            TaskStatus.STOPPED: "■",
            TaskStatus.PAUSED: "‖",
            TaskStatus.PAUSING: "‖",
            TaskStatus.CREATED: "○",
            TaskStatus.UNKNOWN: "?",
            None: "–",  # noqa: RUF001
        }
    ),
    up="▲",
    down="▼",
    full="▰",
    vacant="▱",
    pull="⇣",
    warning="⚠",
    dot="·",
    ellipsis="…",
    arrow="→",
    branch="└",
    rule="─",
    cursor="▌",
    mark="✓",
    mark_here="✓",
    levels="▁▂▃▄▅▆▇█",
    unseen="·",
)
ASCII = Glyphs(
    status=MappingProxyType(
        {
            TaskStatus.RUNNING: ">",
            TaskStatus.STOPPED: "#",
            TaskStatus.PAUSED: "=",
            TaskStatus.PAUSING: "=",
            TaskStatus.CREATED: "o",
            TaskStatus.UNKNOWN: "?",
            None: "-",
        }
    ),
    up="^",
    down="v",
    full="#",
    vacant=".",
    pull="v",
    warning="!",
    dot="|",
    ellipsis="~",
    arrow="->",
    branch="`-",
    rule="-",
    cursor=">",
    mark="*",
    mark_here="#",
    levels="_.-:=+*#",
    unseen="'",
)


def glyphs_for(environment: Mapping[str, str]) -> Glyphs:
    """The set that this terminal can show, told by TERM and the locale's variables."""
    plain = environment.get("TERM", "") in PLAIN_TERMINALS
    return UNICODE if says_utf8(environment) and not plain else ASCII


def says_utf8(environment: Mapping[str, str]) -> bool:
    """Whether the locale has UTF-8. One that is not set at all says nothing against it.

    Python itself writes LC_CTYPE=C.UTF-8 over a C locale (PEP 538), so that one says nothing.
    """
    get = environment.get
    middle = get("LC_CTYPE", "")
    names = (get("LC_ALL"), "" if middle == "C.UTF-8" else middle, get("LANG"))
    name = next((name for name in names if name), "")
    return not name or "utf8" in name.lower().replace("-", "")


PLAIN_TERMINALS = ("unknown", "linux", "dumb", "vt100", "vt102", "vt220", "ansi")
GLYPHS = glyphs_for(os.environ)

_WORDS: Mapping[TaskStatus | None, str] = {
    TaskStatus.RUNNING: "running",
    TaskStatus.STOPPED: "stopped",
    TaskStatus.PAUSED: "paused",
    TaskStatus.PAUSING: "pausing",
    TaskStatus.CREATED: "created",
    TaskStatus.UNKNOWN: "unknown",
    None: "no task",
}
_ROLES: Mapping[TaskStatus | None, str] = {
    TaskStatus.RUNNING: "good",
    TaskStatus.PAUSED: "warn",
    TaskStatus.PAUSING: "warn",
    TaskStatus.UNKNOWN: "warn",
    TaskStatus.CREATED: "accent",
    TaskStatus.STOPPED: "muted",
    None: "muted",
}


def status_word(task: Task | None) -> str:
    """The state in words: ``running``, ``stopped``, …, ``no task``."""
    return _WORDS[task.status if task else None]


def status_words(task: Task | None) -> str:
    """As `status_word`; a task that ended badly tells its exit status."""
    if task and task.status is TaskStatus.STOPPED and task.exit_status:
        return f"exited {task.exit_status}"
    return status_word(task)


def status_text(task: Task | None) -> str:
    """That, behind its sign."""
    return f"{GLYPHS.status[task.status if task else None]} {status_words(task)}"


def status_role(task: Task | None) -> str:
    """Which colour the state takes, beside its sign and word."""
    if task and task.status is TaskStatus.STOPPED and task.exit_status:
        return "bad"
    return _ROLES[task.status if task else None]


def size(count: int) -> str:
    """Bytes in decimal units with three digits: ``0 B``, ``71.2 MB``."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            break
        value /= 1000
    digits = 0 if unit == "B" or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f} {unit}"


_UNITS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (86_400 * 365, 86_400, "d"))


def age(since: datetime | None, now: datetime) -> str:
    """How long ago, in its largest unit (``5 s``, ``3 min``, ``2 d``); a future time is now."""
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    for limit, unit, word in _UNITS:
        if seconds < limit:
            return f"{seconds // unit} {word}"
    return f"{seconds // (86_400 * 365)} y"


def age_lasts(since: datetime, now: datetime) -> float:
    """For how many seconds from now on `age` reads as it does."""
    seconds = (now - since).total_seconds()
    if seconds < 0:
        return 1.0 - seconds
    unit = next((unit for limit, unit, _ in _UNITS if seconds < limit), 86_400 * 365)
    return unit - seconds % unit


def moment(when: datetime | None) -> str:
    """A time of day and date in the local time zone, to the second."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M:%S") if when else ""


def clock(when: datetime | None) -> str:
    """A time of day in the local time zone."""
    return when.astimezone().strftime("%H:%M:%S") if when else ""


def short_digest(digest: str) -> str:
    """``sha256:4c1f…`` cut to twelve hexadecimal digits, without the algorithm."""
    return digest.partition(":")[2][:12] or digest


_LONG_HEX = re.compile(r"[0-9a-f]{32,}\Z")


def short_id(name: str) -> str:
    """An id of many hexadecimal digits, as nerdctl and Kubernetes make them, by its first 12."""
    return name[:12] if _LONG_HEX.match(name) else name


def plain_version(version: str) -> str:
    """``v2.1.9+unknown`` and ``1.7.24~ds1`` as ``2.1.9`` and ``1.7.24``: without the builder's."""
    return re.split(r"[+~]", version.removeprefix("v"))[0]


_LONG_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}\Z")


def short_reference(reference: str) -> str:
    """A reference as people say it: without Docker Hub's own prefixes, a digest by 12 digits."""
    if "sha256:" in reference:
        reference = _LONG_DIGEST.sub(r"\1", reference)
    if not reference.startswith("docker.io/"):
        return reference
    for prefix in ("docker.io/library/", "docker.io/"):
        rest = reference.removeprefix(prefix)
        if rest != reference and not names_a_host(rest):
            return rest
    return reference


def names_a_host(reference: str) -> bool:
    """Whether it begins with a registry, by the rule that Docker has for it."""
    host, slash, _ = reference.partition("/")
    return bool(slash) and ("." in host or ":" in host or host == "localhost")


def short_runtime(runtime: str) -> str:
    """``io.containerd.runc.v2`` as ``runc.v2``."""
    return runtime.removeprefix("io.containerd.")


def counted(number: int, word: str) -> str:
    """``1 container``, ``3 containers``."""
    return f"{number:,} {word}{'' if number == 1 else 's'}".replace(",", " ")


_TOPICS: Mapping[str, str] = {
    "/containers/create": "container created",
    "/containers/update": "container changed",
    "/containers/delete": "container deleted",
    "/tasks/create": "task created",
    "/tasks/start": "started",
    "/tasks/delete": "task deleted",
    "/tasks/exec-added": "exec prepared",
    "/tasks/exec-started": "exec started",
    "/tasks/oom": "ran out of memory",
    "/tasks/paused": "paused",
    "/tasks/resumed": "resumed",
    "/tasks/checkpointed": "checkpointed",
    "/images/create": "image created",
    "/images/update": "image changed",
    "/images/delete": "image deleted",
    "/snapshot/prepare": "snapshot prepared",
    "/snapshot/commit": "snapshot committed",
    "/snapshot/remove": "snapshot removed",
    "/content/create": "content written",
    "/content/delete": "content deleted",
    "/namespaces/create": "namespace created",
    "/namespaces/update": "namespace changed",
    "/namespaces/delete": "namespace deleted",
    "/sandboxes/create": "sandbox created",
    "/sandboxes/start": "sandbox started",
    "/sandboxes/exit": "sandbox exited",
}


def event_words(event: Event) -> str:
    """What happened, in words; an unknown topic is shown as it is."""
    facts = event.attributes
    if event.topic == "/tasks/exit":
        execution = facts.get("exec_id") or facts.get("id", "")
        who = "exec exited" if execution not in ("", event.subject) else "exited"
        return f"{who} with {facts.get('exit_status') or '0'}"
    words = _TOPICS.get(event.topic, event.topic.strip("/").replace("/", " "))
    if event.topic == "/tasks/start" and facts.get("pid"):
        return f"{words}, pid {facts['pid']}"
    if event.topic == "/containers/create" and facts.get("image"):
        return f"{words} from {short_reference(facts['image'])}"
    return words


def event_role(event: Event) -> str:
    """The colour that goes with the words."""
    if event.topic == "/tasks/oom":
        return "bad"
    if event.topic == "/tasks/exit":
        return "bad" if event.attributes.get("exit_status", "0") not in ("", "0") else "muted"
    return "good" if event.topic == "/tasks/start" else ""
