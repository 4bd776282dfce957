"""Stop, start, restart, kill, pause and resume."""

from __future__ import annotations

from collections.abc import Sequence

from aiocontainerd.models import TaskStatus
from ctdeck import equivalents
from ctdeck.desk import Choice, Desk, Question
from ctdeck.formatting import counted, status_word
from ctdeck.verbs.doing import (
    NotNow,
    Target,
    address_of,
    asked,
    client_of,
    container_of,
    each,
    life_seen,
    listed,
    name_of,
    not_busy,
    signal_word,
    signals_told,
    state_of,
    status_now,
    task_now,
)
from ctdeck.verbs.permitted import permitted

NOT_RUNNING = "has no running task"
SIGNALS = (
    ("SIGKILL", "KILL  ends it at once, it cannot object"),
    ("SIGTERM", "TERM  please end"),
    ("SIGINT", "INT   as ctrl+c"),
    ("SIGQUIT", "QUIT  end, often with a dump"),
    ("SIGHUP", "HUP   hang-up; many reload their configuration"),
    ("SIGUSR1", "USR1  what it means is up to the program"),
    ("SIGUSR2", "USR2  what it means is up to the program"),
    ("SIGSTOP", "STOP  freeze"),
    ("SIGCONT", "CONT  go on after STOP"),
    ("SIGWINCH", "WINCH graceful end for some servers"),
)


def stop_signal(row: Target) -> str:
    """What it is asked to stop with: its image's stop signal, else SIGTERM."""
    from aiocontainerd.operations import stop_signal as number_of

    return signal_word(number_of(container_of(row)))


def grace_for(row: Target, grace: float | None) -> float:
    """Seconds that it gets to end: those given, else what its own labels say."""
    from aiocontainerd.operations import grace_of

    return grace_of(container_of(row)) if grace is None else grace


def unheeded(desk: Desk, row: Target, grace: float | None) -> str:
    """That what was just stopped needed KILL; empty where it ended by itself."""
    work = desk.busy.get(row.key)
    if work is None or not work.unheeded:
        return ""
    return f" It did not heed {work.unheeded} within {grace_for(row, grace):g} s, and got KILL."


def describe(row: Target) -> str:
    """One line of a question: which container, from which image, in which state."""
    task = row.task
    state = f"{status_word(task)}, pid {task.pid}" if task and task.pid else status_word(task)
    image = f" from {row.container.image}" if row.container and row.container.image else ""
    return f"{name_of(row)}{image} ({state})"


def told_to_end(desk: Desk, row: Target) -> str:
    """``will get SIGTERM``; a frozen program hears nothing, so that it is resumed is said."""
    paused = ", and be resumed to hear it" if _is_paused(desk, row) else ""
    return f"will get {stop_signal(row)}{paused}"


def _is_paused(desk: Desk, row: Target) -> bool:
    task = task_now(desk, row)
    return task is not None and task.status in (TaskStatus.PAUSED, TaskStatus.PAUSING)


def _alive(desk: Desk, row: Target) -> bool:
    task = task_now(desk, row)
    return task is not None and task.status is not TaskStatus.STOPPED


def _some_alive(desk: Desk, rows: Sequence[Target], verb: str) -> list[Target]:
    not_busy(desk, rows)
    alive = [row for row in rows if _alive(desk, row)]
    if not alive:
        who = name_of(rows[0]) if len(rows) == 1 else "None of them"
        raise NotNow(f"{who} has no running task to {verb}.")
    return alive


def _others(rows: Sequence[Target], taken: Sequence[Target], why: str) -> list[str]:
    """A word on each of the rows to which it cannot be done."""
    these = {row.key for row in taken}
    return [f"{name_of(row)} {why}." for row in rows if row.key not in these]


def _title(verb: str, rows: Sequence[Target]) -> str:
    return f"{verb} {name_of(rows[0]) if len(rows) == 1 else counted(len(rows), 'container')}?"


async def stop(
    desk: Desk, rows: Sequence[Target], *, ask: bool = True, grace: float | None = None
) -> None:
    """The stop signal, then KILL after the grace time in seconds: this one, else its own."""
    client = client_of(desk)
    alive = _some_alive(desk, rows, "stop")
    beside = _others(rows, alive, NOT_RUNNING)
    rows = await permitted(desk, "stop", alive)
    question = Question(
        _title("Stop", rows),
        listed(
            rows,
            lambda row: (
                f"{describe(row)}: {told_to_end(desk, row)}, "
                f"and KILL if it still runs after {grace_for(row, grace):g} s"
            ),
        ),
        "Stop",
    )
    if not rows or (ask and not await asked(desk, question, rows)):
        return

    async def do(row: Target) -> str:
        from aiocontainerd.operations import stop as operation

        container = container_of(row)
        desk.last_equivalent = equivalents.stop_line(container, address=address_of(desk))
        status = await operation(
            client, container, seen=life_seen(row), grace=grace, report=signals_told(desk, row)
        )
        return f"{name_of(row)} has stopped (exit status {status}).{unheeded(desk, row, grace)}"

    await each(desk, rows, "stopped", do, beside=beside)


async def start(desk: Desk, rows: Sequence[Target], *, ask: bool = False) -> None:
    """Start containers that have no running task."""
    client, state = client_of(desk), state_of(desk)
    not_busy(desk, rows)
    idle = [row for row in rows if not _alive(desk, row)]
    if not idle:
        who = f"{name_of(rows[0])} is" if len(rows) == 1 else "All of them are"
        raise NotNow(f"{who} running already.")
    beside = _others(rows, idle, "is running already")
    rows = await permitted(desk, "start", idle)
    lines = listed(rows, lambda row: f"{describe(row)}: will be started")
    question = Question(_title("Start", rows), lines, "Start")
    if not rows or (ask and not await asked(desk, question, rows)):
        return

    async def do(row: Target) -> str:
        from aiocontainerd.operations import start as operation

        container = container_of(row)
        status = status_now(desk, row)
        desk.last_equivalent = equivalents.start_line(container, status, address=address_of(desk))
        pid = await operation(client, container, state=state)
        return f"{name_of(row)} was started (pid {pid})."

    await each(desk, rows, "started", do, beside=beside)


async def restart(
    desk: Desk, rows: Sequence[Target], *, ask: bool = True, grace: float | None = None
) -> None:
    """Stop, then start."""
    client, state = client_of(desk), state_of(desk)
    not_busy(desk, rows)
    rows = await permitted(desk, "restart", rows)

    def line(row: Target) -> str:
        if not _alive(desk, row):
            return f"{describe(row)}: does not run, will be started"
        how = f"{told_to_end(desk, row)}, KILL after {grace_for(row, grace):g} s"
        return f"{describe(row)}: {how}, and will be started again"

    lines = listed(rows, line)
    question = Question(_title("Restart", rows), lines, "Restart")
    if not rows or (ask and not await asked(desk, question, rows)):
        return

    async def do(row: Target) -> str:
        from aiocontainerd.operations import restart as operation

        container = container_of(row)
        address, status = address_of(desk), status_now(desk, row)
        first = ""
        if _alive(desk, row):
            first, status = equivalents.stop_line(container, address=address), TaskStatus.STOPPED
        then = equivalents.start_line(container, status, address=address)
        desk.last_equivalent = "; ".join(filter(None, (first, then)))
        await operation(
            client,
            container,
            state=state,
            seen=life_seen(row),
            grace=grace,
            report=signals_told(desk, row),
        )
        return f"{name_of(row)} was started again.{unheeded(desk, row, grace)}"

    await each(desk, rows, "restarted", do)


async def kill(desk: Desk, rows: Sequence[Target], *, signal: str = "", ask: bool = True) -> None:
    """Send a signal: the one given, or one chosen from a list with KILL first."""
    client = client_of(desk)
    alive = _some_alive(desk, rows, "signal")
    beside = _others(rows, alive, NOT_RUNNING)
    rows = await permitted(desk, "kill", alive)
    if not rows:
        return
    chosen = signal or await desk.choose(Choice(f"{_title('Signal', rows)[:-1]} with", SIGNALS))
    if not chosen:
        return
    lines = listed(rows, lambda row: f"{describe(row)}: will get {chosen}")
    question = Question(_title(f"Send {chosen} to", rows), lines, "Send")
    if ask and not await asked(desk, question, rows):
        return

    async def do(row: Target) -> str:
        from aiocontainerd.operations import kill as operation

        container = container_of(row)
        address = address_of(desk)
        desk.last_equivalent = equivalents.kill_line(container, chosen, address=address)
        await operation(client, container, chosen, seen=life_seen(row))
        return f"{chosen} was sent to {name_of(row)}."

    await each(desk, rows, "signalled", do, beside=beside)


async def pause(
    desk: Desk, rows: Sequence[Target], *, resume: bool | None = None, ask: bool = False
) -> None:
    """Pause those that run and resume those that are paused, or only one of the two."""
    client = client_of(desk)
    alive = _some_alive(desk, rows, "pause or resume")
    beside = _others(rows, alive, NOT_RUNNING)
    rows = await permitted(desk, "resume" if resume else "pause", alive)
    alone = len(rows) == 1 and not beside

    def resumes(row: Target) -> bool:
        return _is_paused(desk, row) if resume is None else resume

    lines = listed(
        rows, lambda row: f"{describe(row)}: will be {'resumed' if resumes(row) else 'paused'}"
    )
    ways = {resumes(row) for row in rows}
    verb = "Pause" if ways == {False} else "Resume" if ways == {True} else "Pause or resume"
    question = Question(_title(verb, rows), lines, verb)
    if not rows or (ask and not await asked(desk, question, rows)):
        return

    async def do(row: Target) -> str:
        from aiocontainerd import operations

        container = container_of(row)
        wanted = resumes(row)
        desk.last_equivalent = equivalents.pause_line(
            container, resume=wanted, address=address_of(desk)
        )
        operation = operations.resume if wanted else operations.pause
        await operation(client, container, seen=life_seen(row))
        hint = f"; {desk.way_to('task.pause')} resumes it" if alone and not wanted else ""
        return f"{name_of(row)} {'goes on' if wanted else 'is paused'}{hint}."

    await each(desk, rows, "resumed" if resume else "paused", do, beside=beside)
