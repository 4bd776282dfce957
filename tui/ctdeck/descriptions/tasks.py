"""What the page of a task says. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from aiocontainerd.models import TaskStatus
from ctdeck.descriptions.facts import Fact, fact
from ctdeck.equivalents import signal_name
from ctdeck.formatting import moment, status_role, status_text
from ctdeck.masking import masked_value

if TYPE_CHECKING:
    from aiocontainerd.inspect.records import TaskPage


def task_facts(page: TaskPage, since: datetime | None) -> list[Fact]:
    """`since` is when it began to run, None where that is not known."""
    task = page.task
    facts = [
        Fact("status", status_text(task), status_role(task)),
        Fact("pid", f"{task.pid} on the daemon's host" if task.pid else "none yet"),
    ]
    if task.status is TaskStatus.STOPPED:
        facts.append(Fact("exit", f"status {task.exit_status}{_signal(task.exit_status)}"))
        facts.append(Fact("ended", moment(task.exited_at) or "not known"))
    else:
        facts.append(Fact("started", moment(since) or "not known"))
    facts.append(
        Fact("terminal", "yes: input, output and errors are one" if task.terminal else "no")
    )
    for name in ("stdin", "stdout", "stderr"):
        facts.append(_stream(name, getattr(page, name), terminal=task.terminal))
    return facts


def _signal(status: int) -> str:
    return f": by {signal_name(status - 128)}" if 128 < status <= 128 + 64 else ""


def _stream(name: str, to: str, *, terminal: bool) -> Fact:
    if not to:
        aside = terminal and name == "stderr"
        return Fact(name, "goes with the output" if aside else "nowhere (/dev/null)", "muted")
    scheme, found, _ = to.partition("://")
    kinds = {"file": "a file", "binary": "a program", "binary-v2": "a program"}
    kind = kinds.get(scheme, scheme) if found else "a FIFO or file"
    return fact(name, f"{masked_value('', to)}  ({kind})", f"{to}  ({kind})")
