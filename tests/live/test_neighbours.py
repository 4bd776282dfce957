"""Real pods and a real dockerd's containers: seen, grouped, named, locked; `ctr` and `docker` are
asked what is so."""

import asyncio
import json

import pytest

from aiocontainerd.client import Client
from aiocontainerd.models import Container, Key
from aiocontainerd.reconcile import reconcile
from aiocontainerd.store import Store
from ctdeck.widgets.table import Table
from tests.tui.fake_operations import asked, lines_of, question_of

from . import images
from .daemons import Daemon
from .docker import NAMESPACE as MOBY
from .docker import Docker
from .kubernetes import NAMESPACE as K8S
from .kubernetes import PAUSE, Kubelet
from .registry import Registry
from .test_main_job import PATIENCE, Journey, own_state, task_line
from .test_owners import at_once, ctr_run, looking, say

__all__ = ["at_once", "own_state"]
pytestmark = pytest.mark.usefixtures("own_state", "at_once")
LIKE_CTRS = ("sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done")


def listed(table: Table) -> list[str]:  # type: ignore[type-arg]
    """The identities that a list shows, from the first to the last."""
    return [key.id for key in table.view.keys]


def found(me: Journey, id: str, namespace: str = K8S) -> Container:
    return me.app.main.snapshot.containers[Key(namespace, id)]  # which the words are about


async def test_pods_are_seen_as_groups_with_their_names(kubelet: Kubelet) -> None:
    web, job = kubelet.run_pod("web-0"), kubelet.run_pod("job-7", "batch", attempt=2)
    app = kubelet.run(web, "app")
    worker = kubelet.run(job, "worker", ["sh", "-c", "exit 3"], attempt=4)
    proxy = kubelet.run(web, "proxy")
    async with looking(kubelet.daemon, K8S) as me:
        await me.press("2", "+")
        table = me.app.main.view.table
        ids = [web.id, proxy, app, job.id, worker]
        await me.until(lambda: listed(table) == ids, "each pod below its sandbox")
        records = json.loads(await me.ctr("containers", "info", app))
        pod = found(me, app).pod
        assert pod is not None
        assert pod.name == records["Spec"]["annotations"]["io.kubernetes.cri.sandbox-name"]
        assert (pod.namespace, found(me, app).short_name) == ("shop", "app")
        assert found(me, web.id).is_sandbox
        assert [found(me, id).restarts for id in ids] == [0, 0, 0, 2, 4]
        lines = [table.render_line(y).text.split() for y in range(len(ids) + 1)]
        assert {"POD", "K8S", "NAME"} <= set(lines[0])
        assert "NAMESPACE" not in lines[0]  # containerd's: only one is shown
        assert {"web-0", "sandbox"} <= set(lines[1])
        assert {"web-0", "└", "proxy"} <= set(lines[2])
        assert {"job-7", "batch", "worker", "4"} <= set(lines[5])
        await me.press("3")
        tasks = me.app.main.view.table
        await me.until(lambda: listed(tasks)[:1] in ([web.id], [job.id]), "tasks are grouped")
        ids.remove(worker)  # the plugin takes away a task that has ended
        assert sorted(listed(tasks)) == sorted(ids)
        assert listed(tasks)[listed(tasks).index(web.id) :][:3] == [web.id, proxy, app]
        kubelet.remove_pod(job.id)
        ids.remove(job.id)
        await me.until(lambda: listed(tasks) == ids, "the pod is gone")
        assert set((await me.ctr("tasks", "ls", "-q")).split()) == set(ids)


async def test_what_the_kubelet_makes_anew_joins_its_pod(kubelet: Kubelet) -> None:
    first = kubelet.run_pod("web-0")
    app = kubelet.run(first, "app")
    async with looking(kubelet.daemon, K8S) as me:
        await me.press("2")
        kubelet.stop_pod(first.id)
        metadata = first.config.metadata
        second = kubelet.run_pod("web-0", uid=metadata.uid, attempt=1)
        again = kubelet.run(second, "app", attempt=1)
        ids, table = [second.id, first.id, again, app], me.app.main.view.table
        await me.until(lambda: listed(table) == ids, "both sandboxes head the pod")
        kubelet.remove_pod(first.id)
        await me.until(lambda: listed(table) == [second.id, again], "the old one is gone")


async def test_a_change_of_a_pod_is_locked_and_names_it(kubelet: Kubelet) -> None:
    pod = kubelet.run_pod("web-0")
    app = kubelet.run(pod, "app")
    async with looking(kubelet.daemon, K8S) as me:
        await say(me, f"stop -f -t 0 {pod.id}")
        told = f"shop/web-0 ({pod.id[:12]}) in k8s.io belongs to the kubelet"
        assert told in lines_of(me.app)
        assert "its end is the end of the pod" in lines_of(me.app)
        await me.press("n")
        await me.until(lambda: not asked(me.app), "it is answered")
        assert "RUNNING" in task_line(await me.ctr("tasks", "ls"), pod.id)
        await say(me, f"stop -f -t 9 {app}")
        told = f"shop/web-0 · app ({app[:12]}) in k8s.io belongs to the kubelet"
        assert told in lines_of(me.app)
        assert "RUNNING" in task_line(await me.ctr("tasks", "ls"), app)
        await me.press("y")
        await me.until(lambda: kubelet.containers()[app] == 2, "the CRI plugin knows that it ended")


async def test_images_of_pods_are_protected_by_all_their_records(
    kubelet: Kubelet, registry: Registry
) -> None:
    reference = registry.push("shop/web", "2", images.busybox(stop_signal="SIGUSR1"))
    id = kubelet.pull(reference)
    pod = kubelet.run_pod("web-0")
    app = kubelet.run(pod, "app", image=id)
    async with looking(kubelet.daemon, K8S) as me:
        await me.press("1")
        names = set((await me.ctr("images", "ls", "-q")).split())
        shown = me.app.store.snapshot.images
        await me.until(lambda: {key.id for key in shown} == names, "all records are listed")
        records = {
            image.name for image in shown.values() if image.target.digest in reference_of(me, id)
        }
        assert len(records) == 3
        rows = me.app.main.views["images"].table.view.shown
        assert {row.users for row in rows if row.image.name in records} == {1}
        await say(me, f"rmi -f {PAUSE}")
        assert "Every pod begins with it" in lines_of(me.app) or "It is pinned" in lines_of(me.app)
        await me.press("n")
        await me.until(lambda: not asked(me.app), "it is answered")
        assert PAUSE in await me.ctr("images", "ls", "-q")
        assert app in {key.id for key in me.app.store.snapshot.containers}


def reference_of(me: Journey, id: str) -> set[str]:
    """The digests that the record of this name points at."""
    return {i.target.digest for i in me.app.store.snapshot.images.values() if i.name == id}


async def test_docker_containers_have_their_names(docker: Docker) -> None:
    project = ("--label", "com.docker.compose.project=shop")
    service = ("--label", "com.docker.compose.service=web")
    web = docker.run("shop-web-1", *LIKE_CTRS, flags=(*project, *service))
    done = docker.run("done", "true")
    async with looking(docker.daemon, MOBY) as me:
        await me.press("2", "+")
        await me.until(lambda: found(me, web, MOBY).short_name == "shop-web-1", "its name is read")
        container, book = found(me, web, MOBY), docker.inspect(web)
        assert f"/{container.display_name}" == book["Name"]
        assert container.told.image == book["Config"]["Image"]
        assert (container.project, container.service) == ("shop", "web")
        assert container.restarts == book["RestartCount"]
        await me.shows("shop-web-1")
        assert "PROJECT" in me.app.main.view.table.render_line(0).text
        assert Key(MOBY, done) not in me.app.store.snapshot.containers  # stopped: only dockerd's


async def test_a_change_of_dockers_is_locked_and_names_it(docker: Docker) -> None:
    web = docker.run("web", *LIKE_CTRS)
    async with looking(docker.daemon, MOBY) as me:
        await me.until(lambda: found(me, web, MOBY).short_name == "web", "its name is read")
        await say(me, "stop -f -t 9 web")
        assert question_of(me.app) == "Unlock moby?"
        assert f"web ({web[:12]}) in moby belongs to dockerd" in lines_of(me.app)
        assert "To dockerd it ends by itself" in lines_of(me.app)
        await me.press("n")
        await me.until(lambda: not asked(me.app), "it is answered")
        assert await asyncio.to_thread(docker.docker, "ps", "-q", "--no-trunc") == f"{web}\n"
        await say(me, "stop -f -t 9 web")
        await me.press("y")
        await me.until(lambda: Key(MOBY, web) not in me.app.store.snapshot.containers, "it is gone")
        states = await asyncio.to_thread(docker.inspect, web)
        assert states["State"]["Status"] == "exited"


async def test_a_new_name_of_dockers_is_noticed_without_an_event(docker: Docker) -> None:
    web, store = docker.run("web", *LIKE_CTRS), Store()
    async with Client(str(docker.daemon.socket)) as client:
        following = asyncio.create_task(reconcile(client, store, resync=0.1))
        try:
            for name in ("web", "front"):
                await asyncio.to_thread(docker.docker, "rename", web, name, check=False)
                async with asyncio.timeout(PATIENCE):
                    async for snapshot in store.watch():
                        container = snapshot.containers.get(Key(MOBY, web))
                        if container and container.short_name == name:
                            break
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def test_what_nerdctl_made_has_its_names(
    containerd: Daemon, namespace: str, busybox: str
) -> None:
    """nerdctl is in no Debian: these are its labels, and those of its compose."""
    id = "ab" * 32
    labels = {
        "nerdctl/name": "monitoring-grafana-1",
        "nerdctl/namespace": namespace,
        "nerdctl/state-dir": f"/var/lib/nerdctl/1935db59/containers/{namespace}/{id}",
        "com.docker.compose.project": "monitoring",
        "com.docker.compose.service": "grafana",
        "containerd.io/restart.count": "3",
    }
    await asyncio.to_thread(ctr_run, containerd, namespace, id, labels)
    async with looking(containerd, namespace) as me:
        await me.press("2", "+")
        container = found(me, id, namespace)
        assert container.display_name == "monitoring-grafana-1"
        assert (container.project, container.service) == ("monitoring", "grafana")
        assert container.restarts == 3
        table = me.app.main.view.table
        assert {"NAME", "PROJECT", "RST"} <= set(table.render_line(0).text.split())
        line = table.render_line(1).text  # beside the numbers there is little room
        assert line.split()[1].endswith("grafana-1")
        assert {"monito…", "3"} <= {*line.split()}
        await say(me, "stop -f -t 9 monitoring-grafana-1")
        assert "monitoring-grafana-1 (abababababab) in" in lines_of(me.app)
        assert "belongs to nerdctl" in lines_of(me.app)
        await me.press("n")
        await me.until(lambda: not asked(me.app), "it is answered")
        assert "RUNNING" in task_line(await me.ctr("tasks", "ls"), id)
