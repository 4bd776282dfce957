"""Kubernetes' half of a host: the CRI plugin of a test daemon, driven as a kubelet drives it.

There is no kubelet and no API server: pods and containers are what the tests ask for, with the
labels and annotations that a kubelet gives them.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import grpc

from . import folders, images
from .cri import runtime_pb2 as cri
from .cri import runtime_pb2_grpc as services
from .daemons import Daemon
from .processes import wait_for

NAMESPACE = "k8s.io"  # the CRI plugin's own in containerd, fixed in it
PAUSE = "ctdeck.test/pause:latest"
BUSYBOX = "ctdeck.test/busybox:latest"
LOOP = ("sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done")
_SECONDS = 60.0
_POD, _NODE = 0, 2  # NamespaceOption


@dataclass(frozen=True)
class Pod:
    """A pod that runs: the id of its sandbox, and what it was asked to be."""

    id: str
    config: cri.PodSandboxConfig

    @property
    def name(self) -> str:
        """Its name in Kubernetes."""
        return self.config.metadata.name

    @property
    def logs(self) -> Path:
        """The folder in which its containers have their log files."""
        return Path(self.config.log_directory)


class Kubelet:
    """What a kubelet does with one daemon, which must have been made with `pause_image=PAUSE`.

    Use it as a context manager. BUSYBOX is there for containers. Each call raises grpc.RpcError
    with the plugin's own words.
    """

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self._channel = grpc.insecure_channel(f"unix:{daemon.socket}")
        # The stubs are typed for asyncio; on this channel their calls block.
        self._runtime: Any = services.RuntimeServiceStub(self._channel)
        self._images: Any = services.ImageServiceStub(self._channel)

    def __enter__(self) -> Self:
        try:
            self._prepare()
        except BaseException:
            self._channel.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def run_pod(
        self,
        name: str,
        namespace: str = "shop",
        *,
        uid: str = "",
        attempt: int = 0,
        host_network: bool = False,
        labels: Mapping[str, str] | None = None,
    ) -> Pod:
        """Start a pod without containers; with `attempt` above 0 it is one made anew, of `uid`."""
        uid = uid or str(uuid.uuid4())
        network = cri.NamespaceOption(network=_NODE if host_network else _POD)
        config = cri.PodSandboxConfig(
            metadata=cri.PodSandboxMetadata(
                name=name, uid=uid, namespace=namespace, attempt=attempt
            ),
            hostname=name,
            log_directory=str(self.daemon.folder / "pods" / f"{namespace}_{name}_{uid}"),
            labels={
                "io.kubernetes.pod.name": name,
                "io.kubernetes.pod.namespace": namespace,
                "io.kubernetes.pod.uid": uid,
                **(labels or {}),
            },
            annotations={"kubernetes.io/config.source": "api"},
            linux=cri.LinuxPodSandboxConfig(
                cgroup_parent=folders.pods_cgroup(self.daemon.folder) + f"/pod{uid}",
                security_context=cri.LinuxSandboxSecurityContext(namespace_options=network),
            ),
        )
        answer = self._ask(self._runtime.RunPodSandbox, cri.RunPodSandboxRequest(config=config))
        return Pod(answer.pod_sandbox_id, config)

    def create(
        self,
        pod: Pod,
        name: str,
        command: Sequence[str] = LOOP,
        *,
        image: str = BUSYBOX,
        attempt: int = 0,
        env: Mapping[str, str] | None = None,
        mounts: Mapping[str, str] | None = None,
        tty: bool = False,
    ) -> str:
        """Create a container in a pod and return its id; `mounts` are host path → path inside."""
        own = ("name", "namespace", "uid")
        labels = {f"io.kubernetes.pod.{key}": getattr(pod.config.metadata, key) for key in own}
        config = cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name=name, attempt=attempt),
            image=cri.ImageSpec(image=image),
            command=command,
            envs=[cri.KeyValue(key=key, value=value) for key, value in (env or {}).items()],
            mounts=[
                cri.Mount(host_path=source, container_path=target)
                for source, target in (mounts or {}).items()
            ],
            labels={"io.kubernetes.container.name": name, **labels},
            annotations={
                "io.kubernetes.container.restartCount": str(attempt),
                "io.kubernetes.container.terminationMessagePath": "/dev/termination-log",
                "io.kubernetes.pod.terminationGracePeriod": "30",
            },
            log_path=f"{name}/{attempt}.log",
            stdin=tty,
            tty=tty,
            linux=cri.LinuxContainerConfig(
                security_context=cri.LinuxContainerSecurityContext(
                    namespace_options=cri.NamespaceOption(
                        network=pod.config.linux.security_context.namespace_options.network, pid=1
                    )
                )
            ),
        )
        (pod.logs / name).mkdir(parents=True, exist_ok=True)  # the plugin leaves it to the kubelet
        request = cri.CreateContainerRequest(
            pod_sandbox_id=pod.id, config=config, sandbox_config=pod.config
        )
        id: str = self._ask(self._runtime.CreateContainer, request).container_id
        return id

    def run(self, pod: Pod, name: str, command: Sequence[str] = LOOP, **options: Any) -> str:
        """As `create`, and started."""
        id = self.create(pod, name, command, **options)
        self.start(id)
        return id

    def start(self, id: str) -> None:
        """Start a container that was created."""
        self._ask(self._runtime.StartContainer, cri.ContainerRequest(container_id=id))

    def stop(self, id: str, timeout: int = 5) -> None:
        """Stop a container, and kill it after `timeout` seconds."""
        request = cri.StopContainerRequest(container_id=id, timeout=timeout)
        self._ask(self._runtime.StopContainer, request)

    def remove(self, id: str) -> None:
        """Remove a container; one that runs is killed."""
        self._ask(self._runtime.RemoveContainer, cri.ContainerRequest(container_id=id))

    def stop_pod(self, pod: str) -> None:
        """Stop the pod of this sandbox with its containers, and take its network down."""
        self._ask(self._runtime.StopPodSandbox, cri.PodSandboxRequest(pod_sandbox_id=pod))

    def remove_pod(self, pod: str) -> None:
        """Remove the pod of this sandbox with its containers."""
        self._ask(self._runtime.RemovePodSandbox, cri.PodSandboxRequest(pod_sandbox_id=pod))

    def pull(self, reference: str) -> str:
        """Pull an image as pods do, and return the id that the plugin gives it.

        A registry on the loopback address may speak plain HTTP.
        """
        request = cri.PullImageRequest(image=cri.ImageSpec(image=reference))
        return str(self._ask(self._images.PullImage, request).image_ref)

    def pods(self) -> list[str]:
        """The ids of all sandboxes that the plugin knows."""
        found = self._ask(self._runtime.ListPodSandbox, cri.Nothing()).items
        return [each.id for each in found]

    def containers(self) -> dict[str, int]:
        """All containers that the plugin knows, each with its state (1 running, 2 exited)."""
        found = self._ask(self._runtime.ListContainers, cri.Nothing()).containers
        return {each.id: each.state for each in found}

    def clear(self) -> None:
        """Remove all pods, also those that somebody has broken."""
        for pod in self.pods():
            for remove in (self.stop_pod, self.remove_pod):
                with suppress(grpc.RpcError):
                    remove(pod)
        assert self.pods() == [], f"pods that cannot be removed: {self.daemon.log}"

    def _prepare(self) -> None:
        """The two images, and a network."""
        archive = self.daemon.folder / "pods.tar"
        images.save(archive, {PAUSE: images.pause(), BUSYBOX: images.busybox()})
        self.daemon.ctr("images", "import", str(archive), namespace=NAMESPACE)
        archive.unlink()
        draft = self.daemon.folder / "cni" / "draft"
        draft.write_text(json.dumps(_network(self.daemon.folder)))
        draft.rename(draft.with_name("10-pods.conflist"))
        wait_for(self._is_ready, f"the CRI plugin of {self.daemon} has a network")

    def _is_ready(self) -> bool:
        conditions = self._ask(self._runtime.Status, cri.StatusRequest()).status.conditions
        return bool(conditions) and all(condition.status for condition in conditions)

    def _ask(self, method: Any, request: object) -> Any:
        return method(request, timeout=_SECONDS)


def _network(folder: Path) -> dict[str, Any]:
    """A bridge without an address or a way out: the host gets no route and forwards nothing."""
    pool = {
        "type": "host-local",
        "dataDir": str(folder / "addresses"),
        "ranges": [[{"subnet": "10.231.0.0/16"}]],
    }
    bridge = {"type": "bridge", "bridge": folders.bridge(folder), "ipam": pool}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge]}
