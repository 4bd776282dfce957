"""The last lines of a container's log, for its details."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from ctdeck.descriptions.facts import Fact
from ctdeck.rows import ContainerRow, Row, TaskRow

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.logs import Entry, LogSource

LINES = 40
PIECE = 16 << 10  # bytes of the end of each file that are read
LONGEST = 1_000  # characters of a line


def of(row: Row) -> Hashable | None:
    """A container, in this life."""
    if not isinstance(row, ContainerRow | TaskRow) or row.container is None:
        return None
    return row.container.key, row.container.created_at, row.task.pid if row.task else 0


async def read(client: Client, row: Row) -> list[Fact]:
    """The newest first: of a long list only the beginning is seen. Raises NoLog."""
    from aiocontainerd.logs import NoLog, find_log
    from ctdeck.offloop import off_loop

    assert isinstance(row, ContainerRow | TaskRow)
    assert row.container is not None
    root = (await client.locate()).root or ""
    try:
        source = await find_log(client, row.container, root)
        entries = await off_loop(lambda: _tail(source, root), "log")
    except NoLog as error:
        return [Fact("", f"{error.what}.", "warn"), Fact("", error.remedy, "muted")]
    if not entries:
        return [Fact("", "It has written nothing so far.", "muted")]
    return [
        Fact("", "The newest first; logs shows all of it, and follows.", "muted"),
        *_facts(entries),
    ]


def _tail(source: LogSource, root: str) -> list[Entry]:
    from aiocontainerd.logs import LogReader

    reader = LogReader(source, root)
    try:
        batch = reader.tail(PIECE)
    finally:
        reader.close()
    return [*batch.entries, *batch.open][-LINES:]


def _facts(entries: list[Entry]) -> list[Fact]:
    from aiocontainerd.logs.entries import STDERR
    from ctdeck.logtext import paint

    facts = []
    for entry in reversed(entries):
        text = paint(entry._replace(text=entry.text[:LONGEST])).text
        facts.append(Fact("", f"err {text}" if entry.stream == STDERR else text))
    return facts
