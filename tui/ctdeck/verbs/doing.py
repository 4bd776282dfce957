"""Shared by the verbs: one action at a time on each object, a result for each object."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from aiocontainerd.models import Container, Key, Task, TaskStatus
from ctdeck.desk import Desk, Question
from ctdeck.equivalents import signal_name
from ctdeck.formatting import GLYPHS, short_id
from ctdeck.rows import ContainerRow, ImageRow, TaskRow
from ctdeck.underway import UnderWay

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.operations import Life
    from aiocontainerd.operations.stopping import Sent
    from aiocontainerd.state import StateDirectory

Target = ContainerRow | TaskRow
Changed = Target | ImageRow
R = TypeVar("R", ContainerRow | TaskRow, ImageRow)
T = TypeVar("T")
NAME_MAX = 48  # characters of an owner's name
SHOWN = 8  # names of many that are told
LISTED = 300  # of many that a question or a result lists
AT_ONCE = 8  # of what was chosen together: a stop is mostly waiting, a daemon is shared


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


def some(names: Sequence[str]) -> str:
    """The first of many names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def listed(rows: Sequence[T], line: Callable[[T], str]) -> tuple[str, ...]:
    """A line for each of them, of very many for the first; the others are counted."""
    return (*map(line, rows[:LISTED]), *rest_of(rows))


def rest_of(rows: Sequence[Any]) -> tuple[str, ...]:
    """How many there are beyond those that are listed."""
    rest = len(rows) - LISTED
    return (f"and {rest:,} more",) if rest > 0 else ()


async def asked(desk: Desk, question: Question, rows: Sequence[Changed]) -> bool:
    """Ask; what of it is marked and filtered out is not on the screen, and so it is said."""
    if hidden := desk.filtered_out(rows):
        are = "is" if len(hidden) == 1 else "are"
        title = f"{question.title.removesuffix('?')}, of which {len(hidden):,} {are} filtered out?"
        keys = {row.key for row in hidden}
        names = some([name_of(row) for row in rows if row.key in keys])
        warning = f"{question.warning} Filtered out: {names}.".lstrip()
        question = question._replace(title=title, warning=warning)
    return await desk.ask(question)


@contextmanager
def doing(desk: Desk, row: Changed, what: str) -> Iterator[None]:
    """Mark the object as busy; raises NotNow if something is already done to it."""
    not_busy(desk, [row])
    desk.busy[row.key] = UnderWay(name_of(row), what)
    desk.busy_changed()
    try:
        yield
    finally:
        desk.busy.pop(row.key, None)
        desk.busy_changed()


def signals_told(desk: Desk, row: Changed) -> Callable[[Sent], None]:
    """What hears of the signals that an operation sends to it, and shows what is awaited."""

    def report(sent: Sent) -> None:
        if work := desk.busy.get(row.key):
            waits = sent.kill_after is not None and not sent.is_asked
            signal = signal_word(sent.signal).removeprefix("SIG")
            heard = work.signal and not (work.is_asked or work.trouble)
            desk.busy[row.key] = work._replace(
                signal=signal,
                kill_at=monotonic() + (sent.kill_after or 0.0) if waits else None,
                trouble=sent.trouble,
                is_asked=sent.is_asked,
                unheeded=work.signal if heard and work.signal != signal else work.unheeded,
            )
            desk.busy_changed()

    return report


def signal_word(number: int) -> str:
    """``SIGTERM``; ``signal 37`` where it has no name of its own."""
    name = signal_name(number)
    return f"signal {name}" if name.isdigit() else name


def key_of(row: Changed) -> Key:
    """Namespace and id, or an image's name."""
    if isinstance(row, ImageRow):
        return row.image.key
    if isinstance(row, TaskRow):
        return row.task.key
    return row.container.key


def name_of(row: Changed) -> str:
    """The id or name, and the namespace where it is not the default one.

    An id of many digits stands behind the name that its owner gave it, short as in the lists.
    """
    namespace, id = key_of(row)
    container = None if isinstance(row, ImageRow) else row.container
    if container is not None and container.display_name and short_id(id) != id:
        name = container.display_name  # a label, of any length: the id must stay in sight
        name = name if len(name) <= NAME_MAX else f"{name[: NAME_MAX - 1]}{GLYPHS.ellipsis}"
        id = f"{name} ({short_id(id)})"
    return id if namespace == "default" else f"{id} in {namespace}"


def container_of(row: Target) -> Container:
    """The record; raises NotNow if only the task is left."""
    if row.container is None:
        raise NotNow(f"{name_of(row)} has a task but no container record any more.")
    return row.container


def task_now(desk: Desk, row: Target) -> Task | None:
    """The task as the newest snapshot has it."""
    return desk.snapshot.tasks.get(row.container.key) if row.container else row.task


def status_now(desk: Desk, row: Target) -> TaskStatus | None:
    """That of its task; None where it has none."""
    task = task_now(desk, row)
    return None if task is None else task.status


def life_seen(row: Target) -> Life | None:
    """What ran at the key press: what is done to it must not hit what was started since."""
    from aiocontainerd.operations import life_of

    return life_of(row.task)


def not_busy(desk: Desk, rows: Iterable[Changed]) -> None:
    """Say at the key press, not after the question, that something is under way."""
    for row in rows:
        if other := desk.busy.get(row.key):
            raise NotNow(f"{name_of(row)} is already being {other.what}.")


async def each(
    desk: Desk,
    rows: Sequence[R],
    what: str,
    do: Callable[[R], Awaitable[str]],
    *,
    beside: Sequence[str] = (),
) -> None:
    """Do it to all, some of them at once; the failure of one does not end the others.

    What came of it is told once, in the order of the rows: of one in its own words, of several
    item by item. `beside` tells of those that were chosen too, and to which nothing can be done.
    """
    if len(rows) == 1 and not beside:
        await _alone(desk, rows[0], what, do)
    elif rows:
        turn = asyncio.Semaphore(AT_ONCE)
        work = [_one_of_many(desk, row, what, do, turn) for row in rows]
        results: list[_Result] = await asyncio.gather(*work)
        results += [_Result("gone", text) for text in beside]
        if all(result.how == "done" for result in results):
            desk.unmark(rows)  # the next key is for the row under the cursor again
        _sum_up(desk, what, results, [name_of(row) for row in rows])


async def _alone(desk: Desk, row: R, what: str, do: Callable[[R], Awaitable[str]]) -> None:
    from aiocontainerd.errors import ContainerdError  # grpc: not before the first frame

    try:
        with doing(desk, row, what):
            text = await do(row)
    except (ContainerdError, NotNow) as error:
        desk.tell(str(error), title=f"{name_of(row)} was not {what}", bad=True)
    else:
        desk.unmark([row])
        desk.tell(text)


class _Result(NamedTuple):
    """What came of one item: `how` is "done", "gone" or "failed"."""

    how: str
    text: str


async def _one_of_many(
    desk: Desk,
    row: R,
    what: str,
    do: Callable[[R], Awaitable[str]],
    turn: asyncio.Semaphore,
) -> _Result:
    from aiocontainerd.errors import NotFound
    from ctdeck.failures import plain_words

    try:
        with doing(desk, row, what):  # also while it waits: nothing else is begun with it
            async with turn:
                return _Result("done", await do(row))
    except NotFound as error:
        if error.subject != key_of(row).id:  # something else that it needs
            return _Result("failed", f"{name_of(row)} was not {what}: {error}")
        return _Result("gone", f"{name_of(row)} is gone already.")
    except Exception as error:  # a fault of ours in one must not leave the others undone either
        why = plain_words(error)[1].removeprefix(f"{key_of(row).id}: ")
        return _Result("failed", f"{name_of(row)} was not {what}: {why}")


def _sum_up(desk: Desk, what: str, results: Sequence[_Result], names: Sequence[str]) -> None:
    """One message for all; a dialog with a line for each where not all went well."""
    done = sum(result.how == "done" for result in results)
    bad = any(result.how == "failed" for result in results)
    if done == len(results) and done > SHOWN:
        desk.tell(f"{done:,} were {what}: {some(names)}.")
        return
    if done == len(results):
        desk.tell(" ".join(result.text for result in results))
        return
    were = "was" if done == 1 else "were"
    title = f"{done:,} of {len(results):,} {were} {what}"
    if len(results) > LISTED:  # what went well is told least
        results = sorted(results, key=lambda result: result.how == "done")
    desk.tell("\n".join(listed(results, lambda result: result.text)), title=title, bad=bad)
