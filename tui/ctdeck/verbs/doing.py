"""Shared by the verbs: one thing at a time for each object, a result for each object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiocontainerd.models import Container, Task
from ctdeck.desk import Desk
from ctdeck.rows import ContainerRow, TaskRow

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.state import StateDirectory

Target = ContainerRow | TaskRow


class NotNow(Exception):
    """The action cannot be begun; the text says why, in plain words."""


def client_of(desk: Desk) -> Client:
    """The client; raises NotNow while no daemon has answered."""
    session = desk.session
    if session is None or session.client is None:
        raise NotNow("No daemon has answered yet; ctdeck keeps trying.")
    return session.client


def state_of(desk: Desk) -> StateDirectory:
    """The folder of our own files."""
    session = desk.session
    if session is None or session.state is None:
        raise NotNow("No daemon has answered yet; ctdeck keeps trying.")
    return session.state


def address_of(desk: Desk) -> str:
    """The address for a `ctr` line."""
    return desk.session.address if desk.session else ""


@contextmanager
def doing(desk: Desk, row: Target, what: str) -> Iterator[None]:
    """Mark the object as busy; raises NotNow if something is already done to it."""
    if other := desk.busy.get(row.key):
        raise NotNow(f"{name_of(row)} is already being {other}.")
    desk.busy[row.key] = what
    desk.progress(f"{name_of(row)} is being {what} …")
    try:
        yield
    finally:
        desk.busy.pop(row.key, None)
        desk.progress("")


def name_of(row: Target) -> str:
    """The id, and the namespace where it is not the default one."""
    key = row.container.key if row.container else row.task.key if row.task else ("", "")
    return key[1] if key[0] == "default" else f"{key[1]} in {key[0]}"


def container_of(row: Target) -> Container:
    """The record; raises NotNow if only the task is left."""
    if row.container is None:
        raise NotNow(f"{name_of(row)} has a task but no container record any more.")
    return row.container


def task_now(desk: Desk, row: Target) -> Task | None:
    """The task as the newest snapshot has it."""
    return desk.snapshot.tasks.get(row.container.key) if row.container else row.task


def not_busy(desk: Desk, rows: Iterable[Target]) -> None:
    """Say at the key press, not after the question, that something is under way."""
    for row in rows:
        if other := desk.busy.get(row.key):
            raise NotNow(f"{name_of(row)} is already being {other}.")


async def each(
    desk: Desk, rows: Sequence[Target], what: str, do: Callable[[Target], Awaitable[str]]
) -> None:
    """Do it to one after the other; the failure of one does not end the others."""
    from aiocontainerd.errors import ContainerdError  # grpc: not before the first frame

    for row in rows:
        try:
            with doing(desk, row, what):
                text = await do(row)
        except (ContainerdError, NotNow) as error:
            desk.tell(str(error), title=f"{name_of(row)} was not {what}", bad=True)
        else:
            desk.tell(text)
