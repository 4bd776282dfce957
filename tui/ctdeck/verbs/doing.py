"""Shared by the verbs: one thing at a time for each object, a result for each object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from aiocontainerd.models import Container, Key, Task
from ctdeck.desk import Desk
from ctdeck.rows import ContainerRow, ImageRow, TaskRow

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.operations import Life
    from aiocontainerd.state import StateDirectory

Target = ContainerRow | TaskRow
Changed = Target | ImageRow
R = TypeVar("R", ContainerRow | TaskRow, ImageRow)


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
def doing(desk: Desk, row: Changed, what: str) -> Iterator[None]:
    """Mark the object as busy; raises NotNow if something is already done to it."""
    not_busy(desk, [row])
    desk.busy[row.key] = what
    desk.progress(f"{name_of(row)} is being {what} …")
    try:
        yield
    finally:
        desk.busy.pop(row.key, None)
        desk.progress("")


def key_of(row: Changed) -> Key:
    """Namespace and id, or an image's name."""
    if isinstance(row, ImageRow):
        return row.image.key
    if isinstance(row, TaskRow):
        return row.task.key
    return row.container.key


def name_of(row: Changed) -> str:
    """The id or name, and the namespace where it is not the default one."""
    namespace, id = key_of(row)
    return id if namespace == "default" else f"{id} in {namespace}"


def container_of(row: Target) -> Container:
    """The record; raises NotNow if only the task is left."""
    if row.container is None:
        raise NotNow(f"{name_of(row)} has a task but no container record any more.")
    return row.container


def task_now(desk: Desk, row: Target) -> Task | None:
    """The task as the newest snapshot has it."""
    return desk.snapshot.tasks.get(row.container.key) if row.container else row.task


def life_seen(row: Target) -> Life | None:
    """What ran at the key press: what is done to it must not hit what was started since."""
    from aiocontainerd.operations import life_of

    return life_of(row.task)


def not_busy(desk: Desk, rows: Iterable[Changed]) -> None:
    """Say at the key press, not after the question, that something is under way."""
    for row in rows:
        if other := desk.busy.get(row.key):
            raise NotNow(f"{name_of(row)} is already being {other}.")


async def each(
    desk: Desk,
    rows: Sequence[R],
    what: str,
    do: Callable[[R], Awaitable[str]],
    *,
    beside: Sequence[str] = (),
) -> None:
    """Do it to one after the other; the failure of one does not end the others.

    What came of it is told once: of one in its own words, of several item by item. `beside` tells
    of those that were chosen too, and to which nothing can be done.
    """
    if len(rows) == 1 and not beside:
        await _alone(desk, rows[0], what, do)
    elif rows:
        results: list[_Result] = []
        for row in rows:
            results.append(await _one_of_many(desk, row, what, do))
        _sum_up(desk, what, [*results, *(_Result("gone", text) for text in beside)])


async def _alone(desk: Desk, row: R, what: str, do: Callable[[R], Awaitable[str]]) -> None:
    from aiocontainerd.errors import ContainerdError  # grpc: not before the first frame

    try:
        with doing(desk, row, what):
            text = await do(row)
    except (ContainerdError, NotNow) as error:
        desk.tell(str(error), title=f"{name_of(row)} was not {what}", bad=True)
    else:
        desk.tell(text)


class _Result(NamedTuple):
    """What came of one item: `how` is "done", "gone" or "failed"."""

    how: str
    text: str


async def _one_of_many(desk: Desk, row: R, what: str, do: Callable[[R], Awaitable[str]]) -> _Result:
    from aiocontainerd.errors import NotFound
    from ctdeck.failures import plain_words

    try:
        with doing(desk, row, what):
            return _Result("done", await do(row))
    except NotFound as error:
        if error.subject != key_of(row).id:  # something else that it needs
            return _Result("failed", f"{name_of(row)} was not {what}: {error}")
        return _Result("gone", f"{name_of(row)} is gone already.")
    except Exception as error:  # a fault of ours in one must not leave the others undone either
        return _Result("failed", f"{name_of(row)} was not {what}: {plain_words(error)[1]}")


def _sum_up(desk: Desk, what: str, results: Sequence[_Result]) -> None:
    """One message for all; a dialog with a line for each where not all went well."""
    done = sum(result.how == "done" for result in results)
    bad = any(result.how == "failed" for result in results)
    if done == len(results):
        desk.tell(" ".join(result.text for result in results))
        return
    title = f"{done} of {len(results)} were {what}"
    desk.tell("\n".join(result.text for result in results), title=title, bad=bad)
