"""A world in which most things are somebody else's."""

from __future__ import annotations

import pytest

import aiocontainerd.operations
from aiocontainerd.models import Container, Image, Snapshot, Task, TaskStatus
from aiocontainerd.operations import ImagePlan
from ctdeck.app import CtdeckApp
from ctdeck.command.parsing import parse
from ctdeck.desk import Lock
from ctdeck.settings import Settings
from ctdeck.verbs.typed import carry_out
from tests.tui.fake_operations import Calls, noted
from tests.tui.worlds import container, image, snapshot, task

POD = {
    "io.cri-containerd.kind": "container",
    "io.kubernetes.pod.name": "web-7d4b9c",
    "io.kubernetes.pod.namespace": "shop",
    "io.kubernetes.container.name": "app",
}
SANDBOX = {**POD, "io.cri-containerd.kind": "sandbox"}
DOCKER = {"com.docker/engine.bundle.path": "/var/run/docker/containerd/x"}
NERDCTL = {"nerdctl/name": "database", "nerdctl/namespace": "default"}
KUBELET, MOBY = Lock("k8s.io", "kubelet"), Lock("moby", "dockerd")
K8S = Settings(namespace="k8s.io")


def planned(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """As `noted`; deleting an image frees nothing."""

    async def plan(_: object, world: Snapshot, image: Image) -> ImagePlan:
        return ImagePlan(image, world.users_of(image), (), 0)

    monkeypatch.setattr(aiocontainerd.operations, "image_plan", plan)
    return noted(monkeypatch)


def one(
    name: str, namespace: str, labels: dict[str, str], status: TaskStatus = TaskStatus.RUNNING
) -> tuple[Container, Task]:
    return container(name, namespace=namespace, labels=labels), task(name, status, namespace)


def world(*extra: tuple[Container, Task]) -> Snapshot:
    things = [
        one("mine", "default", {}),
        one("app", "k8s.io", POD),
        one("box", "k8s.io", SANDBOX),
        one("dock", "moby", DOCKER),
        one("data", "default", NERDCTL),
        one("step", "buildkit", {}),
        *extra,
    ]
    return snapshot(
        images=[
            image("docker.io/shop/web:4", "k8s.io"),
            image("registry.k8s.io/pause:3.10", "k8s.io"),
            image("docker.io/library/nginx:1.27"),
        ],
        containers=[c for c, _ in things],
        tasks=[t for _, t in things],
        namespaces=("default", "k8s.io", "moby", "buildkit"),
    )


def on(app: CtdeckApp, namespace: str, id: str) -> None:
    """The cursor goes to this row."""
    app.main.view.table.move_to_key((namespace, id))


def say(app: CtdeckApp, line: str) -> None:
    """The `:` line."""
    carry_out(app.main, parse(line))
