"""A hand-made host with what Kubernetes, Docker and nerdctl put there."""

from __future__ import annotations

from aiocontainerd.models import Container, Snapshot, Task, TaskStatus, Told
from tests.tui.worlds import ago, container, snapshot, task

PAUSE, WEB = "registry.k8s.io/pause:3.10", "docker.io/shop/web:4.2"


def part(id: str, pod: str, name: str, space: str = "shop", **more: object) -> Container:
    """A container of a pod; without a name it is its sandbox."""
    labels = {
        "io.kubernetes.pod.name": pod,
        "io.kubernetes.pod.namespace": space,
        "io.kubernetes.pod.uid": f"uid-{pod}",
        "io.cri-containerd.kind": "container" if name else "sandbox",
        **({"io.kubernetes.container.name": name} if name else {}),
    }
    values = {"labels": labels, "attempt": 0, **more}
    return container(id * 32, WEB if name else PAUSE, "k8s.io", **values)


def neighbours() -> Snapshot:
    """Two pods, of which one has been started anew, a Docker container and a compose service."""
    compose = {"com.docker.compose.project": "monitoring", "com.docker.compose.service": "grafana"}
    told = Told("gitea", "gitea/gitea:1.22", "git", "gitea", 1)
    boxes = [
        part("a1", "web-7d4b9c-zn9qd", "", created_at=ago(hours=5)),
        part("b2", "web-7d4b9c-zn9qd", "app", created_at=ago(minutes=2), attempt=4),
        part("c3", "web-7d4b9c-zn9qd", "proxy", created_at=ago(hours=5)),
        part("d4", "coredns-5d78c", "", "kube-system", created_at=ago(days=12)),
        part("e5", "coredns-5d78c", "coredns", "kube-system", created_at=ago(days=12)),
        container("f6" * 32, "", "moby", told=told, created_at=ago(days=3)),
        container("07" * 32, labels={"nerdctl/name": "monitoring-grafana-1", **compose}),
    ]
    tasks: list[Task] = [
        task(each.id, TaskStatus.RUNNING, each.namespace, pid=4000 + number)
        for number, each in enumerate(boxes)
    ]
    return snapshot(containers=boxes, tasks=tasks, namespaces=("default", "k8s.io", "moby"))
