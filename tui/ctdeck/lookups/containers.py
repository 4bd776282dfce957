"""Tabs of a container that its record is asked for: spec and environment; and of its task."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from ctdeck.descriptions.facts import Fact
from ctdeck.rows import ContainerRow, MountRow, Row, TaskRow

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.inspect.records import ContainerPage
    from aiocontainerd.models import Container


def container_of(row: Row) -> Container | None:
    """The container that a row is of, None for an image, an event, and a task without record."""
    return row.container if isinstance(row, ContainerRow | TaskRow | MountRow) else None


def of(row: Row) -> Hashable | None:
    """The record, until it is changed."""
    container = container_of(row)
    return container and (container.key, container.created_at, container.updated_at)


async def read_spec(client: Client, row: Row) -> list[Fact]:
    """What its spec says, and what others keep in the record. Raises NotFound."""
    from ctdeck.descriptions.spec import spec_facts

    page = await _page(client, row)
    return [*_problem(page), *(spec_facts(page.spec) if page.spec else ()), *_record(page)]


async def read_env(client: Client, row: Row) -> list[Fact]:
    """Its variables. Raises NotFound."""
    from ctdeck.descriptions.json import part, words
    from ctdeck.descriptions.spec import env_facts

    page = await _page(client, row)
    return [*_problem(page), *env_facts(words(part(page.spec, "process"), "env"))]


async def _page(client: Client, row: Row) -> ContainerPage:
    from aiocontainerd.inspect.records import container_page

    container = container_of(row)
    assert container is not None
    return await container_page(client, container.id, namespace=container.namespace)


def _problem(page: ContainerPage) -> list[Fact]:
    return [Fact("spec", page.problem, "warn")] if page.problem else []


def _record(page: ContainerPage) -> list[Fact]:
    """What is beside the spec."""
    from ctdeck.masking import masked_value

    facts = [
        Fact("" if place else "runtime options", f"{name} = {masked_value(name, str(value))}")
        for place, (name, value) in enumerate(page.options.items())
    ]
    facts += [Fact("sandbox", page.sandbox)] if page.sandbox else []
    return facts + [
        Fact("" if place else "extensions", f"{name}: {kind or 'of no type'}", "muted")
        for place, (name, kind) in enumerate(sorted(page.extensions.items()))
    ]


def of_task(row: Row) -> Hashable | None:
    """A task in its state; its streams are those of one life."""
    if not isinstance(row, TaskRow):
        return None
    return row.task.key, row.task.pid, row.task.status


async def read_task(client: Client, row: Row) -> list[Fact]:
    """Pid, start, exit, streams, terminal. Raises NotFound."""
    from aiocontainerd.inspect.records import task_page
    from ctdeck.descriptions.tasks import task_facts

    assert isinstance(row, TaskRow)
    page = await task_page(client, row.task.id, namespace=row.task.namespace)
    return task_facts(page, row.task.since)
