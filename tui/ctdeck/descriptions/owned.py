"""What owners say of a container: its name, pod, compose project and restarts; pure."""

from __future__ import annotations

from collections.abc import Iterable

from aiocontainerd.models import Container, Snapshot
from ctdeck.descriptions.facts import Fact, Tabs
from ctdeck.formatting import status_role, status_text
from ctdeck.pods import pods_of


def owned_facts(container: Container) -> Iterable[Fact]:
    """A line for each thing that is known; a Kubernetes namespace is called that, always."""
    pod, project = container.pod, container.project
    if container.short_name and not container.is_sandbox:
        yield Fact("name", container.short_name)
    if pod:
        yield Fact("pod", f"{pod.name} (this is its sandbox)" if container.is_sandbox else pod.name)
        yield Fact("k8s ns", pod.namespace)
    if project:
        service = f", service {container.service}" if container.service else ""
        yield Fact("project", f"{project}{service}")
    if container.restarts:
        yield Fact("restarts", f"{container.restarts}", "warn")


def pod_tab(container: Container, snapshot: Snapshot) -> Tabs:
    """All containers of its pod, if it is in one."""
    group = pods_of(snapshot).get(container.key)
    if group is None:
        return {}
    facts = []
    for member in (snapshot.containers[key] for key in group.members):
        task = snapshot.task_of(member)
        name = "sandbox" if member.is_sandbox else member.short_name
        words = f"{status_text(task)}  {member.id}  {name}".rstrip()
        facts.append(Fact("this" if member.key == container.key else "", words, status_role(task)))
    return {f"Pod {len(facts)}": facts}
