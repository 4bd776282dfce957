"""Who is in the pictures: images and containers of an invented small shop."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from tests.live import images
from tests.live.layers import MIB, Entry, Layer, busybox_layer, layer

HUB = "docker.io/library"
KUBERNETES = "registry.k8s.io"
SHOP = "registry.shop.example/shop"
PROGRAM = b"#!/bin/sh\nwhile :; do echo ready; sleep 60; done\n"
ENDS = b'#!/bin/sh\ncase $1 in migrate) echo "no route to db" >&2; exit 1;; esac\nexit 0\n'


@dataclass(frozen=True)
class Sample:
    """An image: its name, its MiB, the program that it starts, and when it was pulled."""

    name: str
    mib: float
    program: str
    args: tuple[str, ...] = ()
    namespace: str = "default"
    unpack: bool = True
    stop_signal: str = ""
    ago: timedelta = timedelta(days=12, hours=3)

    def image(self) -> images.Image:
        """Busybox, a script under the program's name, and bytes to make up for the rest."""
        script = layer([Entry(self.program, ENDS if self.program.startswith("opt/") else PROGRAM)])
        rest = [self._rest(number) for number in range(3)]
        command = ("/" + self.program, *self.args)
        made = [busybox_layer(), script, *rest]
        return images.image(made, cmd=command, stop_signal=self.stop_signal)

    def _rest(self, number: int) -> Layer:
        """A third of the bytes, in a layer of its own; the same each time."""
        source = hashlib.shake_256(f"{self.name} {number}".encode())
        data = source.digest(int(self.mib * MIB / 3))
        return layer([Entry(f"usr/lib/{number}.so", data, mode=0o644)], compress=False)


@dataclass(frozen=True)
class Part:
    """A container: `state` is what becomes of it, `ago` when it was made."""

    name: str
    image: str
    ago: timedelta
    args: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace: str = "default"
    state: str = "running"  # or "paused", "ended", "created"

    @property
    def id(self) -> str:
        """The name, or 64 hexadecimal digits as nerdctl and Kubernetes make them."""
        plain = self.namespace == "default" and "nerdctl/name" not in self.labels
        return self.name if plain else hashlib.sha256(self.name.encode()).hexdigest()


SAMPLES = (
    Sample(f"{HUB}/nginx:1.27", 68, "usr/sbin/nginx", ("-g", "daemon off;"),
           stop_signal="SIGQUIT", ago=timedelta(hours=4)),
    Sample(f"{HUB}/redis:7.4", 41, "usr/local/bin/redis-server"),
    Sample(f"{HUB}/postgres:17", 96, "usr/local/bin/postgres", stop_signal="SIGINT"),
    Sample(f"{HUB}/postgres:16", 94, "usr/local/bin/postgres", unpack=False),
    Sample(f"{HUB}/alpine:3.20", 2.5, "opt/backup", ("nightly",)),
    Sample(f"{SHOP}/api:2.4", 52, "usr/bin/shop-api", ("--listen", ":8080"),
           ago=timedelta(minutes=50)),
    Sample(f"{SHOP}/tools:2.4", 12, "opt/shop-tools", ago=timedelta(minutes=51)),
    Sample("docker.io/grafana/grafana:11.3", 88, "usr/bin/grafana", ("server",)),
    Sample(f"{KUBERNETES}/pause:3.10", 0.3, "bin/pause", namespace="k8s.io"),
    Sample(
        f"{KUBERNETES}/coredns/coredns:v1.11.3", 17, "bin/coredns",
        ("-conf", "/etc/coredns/Corefile"), namespace="k8s.io",
    ),
    Sample(f"{SHOP}/web:7d9c", 34, "usr/bin/shop-web", ("--workers", "4"), namespace="k8s.io"),
)  # fmt: skip


def _pod(name: str, space: str, parts: Mapping[str, str], ago: timedelta) -> Iterator[Part]:
    """A pod's sandbox and containers, with the labels of the kubelet and the CRI plugin."""
    pod = {"io.kubernetes.pod.name": name, "io.kubernetes.pod.namespace": space}
    kind = "io.cri-containerd.kind"
    sandbox = {**pod, kind: "sandbox"}
    yield Part(f"{name}/", f"{KUBERNETES}/pause:3.10", ago, labels=sandbox, namespace="k8s.io")
    for part, image in parts.items():
        labels = {**pod, kind: "container", "io.kubernetes.container.name": part}
        yield Part(f"{name}/{part}", image, ago, labels=labels, namespace="k8s.io")


PARTS = (
    *_pod("coredns-5d78c", "kube-system",
          {"coredns": f"{KUBERNETES}/coredns/coredns:v1.11.3"}, timedelta(days=12)),
    *_pod("web-7d9c4-k2m7q", "shop", {"app": f"{SHOP}/web:7d9c"}, timedelta(hours=5)),
    *_pod("web-7d9c4-zn9qd", "shop", {"app": f"{SHOP}/web:7d9c"}, timedelta(hours=5)),
    Part("web2", f"{HUB}/nginx:1.27", timedelta(hours=3, minutes=11),
         mounts=("/srv/site:/usr/share/nginx/html:ro",), labels={"tier": "front"}),
    Part("api", f"{SHOP}/api:2.4", timedelta(minutes=47),
         mounts=("/srv/api/config:/etc/shop:ro", "/srv/api/uploads:/var/lib/shop")),
    Part("cache", f"{HUB}/redis:7.4", timedelta(days=2), mounts=("/srv/redis:/data",)),
    Part("db", f"{HUB}/postgres:17", timedelta(days=9), state="paused",
         mounts=("/srv/postgres:/var/lib/postgresql/data",)),
    Part("backup-nightly", f"{HUB}/alpine:3.20", timedelta(hours=7), state="ended",
         mounts=("/srv/postgres:/from:ro", "/srv/backup:/to")),
    Part("migrate-42", f"{SHOP}/tools:2.4", timedelta(minutes=46), ("/opt/shop-tools", "migrate"),
         state="ended", mounts=("/srv/api/config:/etc/shop:ro",)),
    Part("debug", f"{HUB}/alpine:3.20", timedelta(seconds=40), state="created"),
    Part("grafana", "docker.io/grafana/grafana:11.3", timedelta(days=31),
         labels={"nerdctl/name": "grafana", "nerdctl/namespace": "default"},
         mounts=("/srv/grafana:/var/lib/grafana",)),
    Part(
        "web1", f"{HUB}/nginx:1.27", timedelta(hours=3, minutes=12),
        mounts=("/srv/site:/usr/share/nginx/html:ro", "/srv/nginx/nginx.conf:/etc/nginx.conf:ro"),
        labels={"tier": "front"},
    ),
)  # fmt: skip
