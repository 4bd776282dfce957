"""The columns for what owners say of a container: shared by all panes whose rows have one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from aiocontainerd.models import Container
from ctdeck.filtering import BETWEEN
from ctdeck.formatting import GLYPHS
from ctdeck.widgets.column import Cell, Column

R = TypeVar("R")
_NOBODY = "no container"
SANDBOX = "sandbox"  # what stands for the name of the container that holds a pod together


def owned_columns(container: Callable[[R], Container | None]) -> tuple[Column[R], ...]:
    """Pod, Kubernetes namespace, name, compose project, restarts; each only where one has it."""

    def of(read: Callable[[Container], str]) -> Callable[[R], str]:
        return lambda row: read(found) if (found := container(row)) is not None else ""

    def by(read: Callable[[R], str]) -> Callable[[R], Any]:
        return lambda row: read(row) or None

    pod, space = of(lambda c: c.pod.name if c.pod else ""), of(_space)
    name, project = of(_sorted_name), of(lambda c: c.project)
    restarts = of(lambda c: str(c.restarts or ""))
    columns: tuple[Column[R], ...] = (
        Column(
            "pod",
            "POD",
            lambda r, _: pod(r),
            by(pod),
            priority=2,
            minimum=12,
            maximum=44,
            cut="middle",
            optional=True,
        ),
        Column(
            "k8s-namespace",
            "K8S NS",
            lambda r, _: (space(r), "muted"),
            by(space),
            priority=6,
            minimum=6,
            maximum=20,
            cut="middle",
            optional=True,
        ),
        Column(
            "name",
            "NAME",
            lambda r, _: _name(container(r)),
            by(name),
            priority=2,
            minimum=10,
            maximum=44,
            cut="middle",
            full=lambda r: _every_name(container(r)),
            optional=True,
        ),
        Column(
            "project",
            "PROJECT",
            lambda r, _: project(r),
            by(project),
            priority=7,
            minimum=7,
            maximum=24,
            cut="middle",
            full=of(lambda c: f"{c.project}{BETWEEN}{c.service}"),
            optional=True,
        ),
        Column(
            "restarts",
            "RESTARTS",
            lambda r, _: restarts(r),
            lambda r: -int(restarts(r) or 0),
            priority=5,
            minimum=3,
            right=True,
            brief="RST",
            optional=True,
            falling=True,
        ),
    )
    return columns


def _space(container: Container) -> str:
    return container.pod.namespace if container.pod else ""


def _sorted_name(container: Container) -> str:
    return SANDBOX if container.is_sandbox else container.short_name


def _every_name(container: Container | None) -> str:
    """For a filter: its name here, and with its pod's."""
    if container is None:
        return _NOBODY
    return f"{_sorted_name(container)}{BETWEEN}{container.display_name}"


def _name(container: Container | None) -> Cell:
    if container is None:
        return _NOBODY, "warn"
    if container.is_sandbox:
        return SANDBOX, "muted"
    if container.pod and container.short_name:
        return f"{GLYPHS.branch} {container.short_name}"
    return container.short_name
