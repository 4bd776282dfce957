"""The disk of a host with pods: whose they are, and that a prune leaves them alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aiocontainerd.client import Client
from aiocontainerd.disk.plan import plan
from aiocontainerd.disk.report import Report
from aiocontainerd.disk.survey import surveyed
from aiocontainerd.models import Snapshot
from aiocontainerd.owners import Owner
from aiocontainerd.whose import whose

from .kubernetes import Kubelet

SPACE = "k8s.io"


async def world_of(client: Client) -> Snapshot:
    images = await client.images.list(namespace=SPACE)
    containers = await client.containers.list(namespace=SPACE)
    tasks = await client.tasks.list(namespace=SPACE)
    return Snapshot(
        loaded=True,
        images={image.key: image for image in images},
        containers={container.key: container for container in containers},
        tasks={task.key: task for task in tasks},
    )


def locks(_: str, owner: Owner | None) -> str:
    return owner.name if owner else ""


async def test_pods_are_found_and_left_alone(kubelet: Kubelet) -> None:
    pod = kubelet.run_pod("web-0")
    app = kubelet.run(pod, "app", ["sh", "-c", "sleep 99 & wait"])
    ended = kubelet.run(pod, "once", ["sh", "-c", "sleep 99"])
    kubelet.stop(ended, timeout=0)
    async with Client(str(kubelet.daemon.socket)) as client:
        world = await world_of(client)
        pids = await client.tasks.pids(app, namespace=SPACE)
        assert len(pids) > 1
        for pid in pids:
            found = await whose(client, world, str(pid))
            assert [each.key.id for each in found] == [app]
            assert found[0].it is not None
        found = await whose(client, world, f"{pod.logs}/app/0.log")
        assert {app, ended, pod.id} == {each.key.id for each in found}
        report = Report.of(await surveyed(client, lambda: world))
        assert not report.survey.problems
        later = datetime.now(UTC) + timedelta(hours=2)
        items = plan(report, world, locks, later, SPACE)
        assert ended in {item.node.key for item in items}
        assert not {app, pod.id} & {item.node.key for item in items}
        assert {item.locked for item in items} <= {"the kubelet", "pods need it"}
