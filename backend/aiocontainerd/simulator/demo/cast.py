"""Who is on the host: images and containers of an invented small shop. Data only."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

HUB = "docker.io/library"
KUBERNETES = "registry.k8s.io"
SHOP = "registry.shop.example/shop"
BUILDS = "builds"  # the namespace of the build server's agent
MOBY = "moby"


@dataclass(frozen=True, slots=True)
class Sample:
    """An image, where it is and when it was pulled."""

    name: str
    ago: timedelta = timedelta(days=12, hours=3)
    namespace: str = "default"
    unpacked: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """A container: `ago` is when it was made and started, `ended` when it ended.

    `state` is "running", "paused", "ended" with `status` and `ended`, or "created" (no task).
    A `life` in seconds is how long it lasts until it ends with `status`, 137 for want of memory.
    """

    name: str
    image: str
    ago: timedelta
    args: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace: str = "default"
    state: str = "running"
    ended: timedelta = timedelta()
    status: int = 0
    terminal: bool = False
    life: float | None = None
    attempt: int = 0  # of a pod's part: how often the kubelet had made it before

    @property
    def id(self) -> str:
        """The name, or 64 hexadecimal digits as nerdctl, Docker and Kubernetes make them."""
        plain = self.namespace in ("default", BUILDS) and "nerdctl/name" not in self.labels
        return self.name if plain else hashlib.sha256(self.name.encode()).hexdigest()


SAMPLES = (
    Sample(f"{HUB}/nginx:1.27", timedelta(hours=4)),
    Sample(f"{HUB}/redis:7.4"),
    Sample(f"{HUB}/postgres:17", timedelta(days=9, hours=2)),
    Sample(f"{HUB}/postgres:16", timedelta(days=131), unpacked=False),
    Sample(f"{HUB}/alpine:3.20"),
    Sample(f"{HUB}/busybox:1.36", timedelta(days=40)),
    Sample(f"{SHOP}/api:2.4", timedelta(minutes=50)),
    Sample(f"{SHOP}/tools:2.4", timedelta(minutes=51)),
    Sample("docker.io/grafana/grafana:11.3", timedelta(days=31)),
    Sample("docker.io/prom/prometheus:v2.55", timedelta(days=31)),
    Sample(f"{KUBERNETES}/pause:3.10", namespace="k8s.io"),
    Sample(f"{KUBERNETES}/coredns/coredns:v1.11.3", namespace="k8s.io"),
    Sample(f"{SHOP}/web:7d9c", timedelta(hours=5, minutes=2), namespace="k8s.io"),
    Sample(f"{SHOP}/mailer:1.9", timedelta(days=3), namespace="k8s.io"),
    Sample(f"{HUB}/golang:1.23", timedelta(days=6), namespace=BUILDS),
    Sample(f"{HUB}/node:22", timedelta(days=6), namespace=BUILDS),
)


def _pod(
    name: str, space: str, ago: timedelta, parts: Mapping[str, str], attempt: int = 0
) -> Iterator[Part]:
    """A pod's sandbox and containers, with the labels of the kubelet and the CRI plugin."""
    pod = {
        "io.kubernetes.pod.name": name,
        "io.kubernetes.pod.namespace": space,
        "io.kubernetes.pod.uid": hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(),
    }
    kind = "io.cri-containerd.kind"
    sandbox = {**pod, kind: "sandbox"}
    yield Part(
        f"{name}/", f"{KUBERNETES}/pause:3.10", ago, ("/pause",), labels=sandbox, namespace="k8s.io"
    )
    for part, image in parts.items():
        labels = {**pod, kind: "container", "io.kubernetes.container.name": part}
        volumes = f"/var/lib/kubelet/pods/{pod['io.kubernetes.pod.uid']}"
        yield Part(
            f"{name}/{part}",
            image,
            ago,
            mounts=(
                f"{volumes}/etc-hosts:/etc/hosts",
                f"{volumes}/volumes/token:/var/run/secrets/kubernetes.io/serviceaccount:ro",
            ),
            labels=labels,
            namespace="k8s.io",
            attempt=attempt,
        )


# What dockerd alone knows of its containers: image, compose project, restarts.
_BOOKS = {"registry-mirror": ("registry:2.8", "", 0), "gitea": ("gitea/gitea:1.22", "git", 1)}


def _docker(name: str, command: str, ago: timedelta, mounts: tuple[str, ...] = ()) -> Part:
    """As dockerd makes them: no image in containerd, and files of the container's own."""
    id = hashlib.sha256(name.encode()).hexdigest()
    own = f"/var/lib/docker/containers/{id}"
    files = ("hostname", "hosts", "resolv.conf")
    return Part(
        name,
        "",
        ago,
        tuple(command.split()),
        (*mounts, *(f"{own}/{file}:/etc/{file}" for file in files)),
        labels={"com.docker/engine.bundle.path": f"/var/run/docker/containerd/{id}"},
        namespace=MOBY,
    )


def _compose(service: str) -> dict[str, str]:
    """The labels of `nerdctl compose up` in /srv/monitoring."""
    return {
        "nerdctl/name": f"monitoring-{service}-1",
        "nerdctl/namespace": "default",
        "nerdctl/networks": '["monitoring_default"]',
        "com.docker.compose.project": "monitoring",
        "com.docker.compose.service": service,
    }


_RESTARTS = {
    "containerd.io/restart.status": "running",
    "containerd.io/restart.policy": "on-failure",
}
_SITE = "/srv/site:/usr/share/nginx/html:ro"
_CONFIG = "/srv/api/config:/etc/shop:ro"

PARTS = (
    *_pod("coredns-5d78c", "kube-system", timedelta(days=12),
          {"coredns": f"{KUBERNETES}/coredns/coredns:v1.11.3"}),
    *_pod("web-7d9c4-k2m7q", "shop", timedelta(hours=5), {"app": f"{SHOP}/web:7d9c"}),
    *_pod("web-7d9c4-zn9qd", "shop", timedelta(hours=5), {"app": f"{SHOP}/web:7d9c"}),
    *_pod("mailer-68f4b-c9w2h", "shop", timedelta(days=3),
          {"mailer": f"{SHOP}/mailer:1.9"}, attempt=2),
    _docker("registry-mirror", "/entrypoint.sh /etc/registry/config.yml", timedelta(days=23),
            ("/srv/mirror:/var/lib/registry",)),
    _docker("gitea", "/usr/bin/entrypoint /bin/s6-svscan /etc/s6", timedelta(days=23),
            ("/srv/gitea:/data",)),
    Part("web2", f"{HUB}/nginx:1.27", timedelta(hours=3, minutes=11), mounts=(_SITE,),
         labels={"tier": "front"}),
    Part("api", f"{SHOP}/api:2.4", timedelta(minutes=47), ("--listen", ":8080"),
         (_CONFIG, "/srv/api/uploads:/var/lib/shop"),
         ("SHOP_ENV=production", "DATABASE_URL=postgres://shop@db/shop", "LOG_LEVEL=info"),
         {"tier": "back"}),
    Part("cache", f"{HUB}/redis:7.4", timedelta(days=2), ("--maxmemory", "256mb"),
         ("/srv/redis:/data",)),
    Part("db", f"{HUB}/postgres:17", timedelta(days=9), state="paused",
         mounts=("/srv/postgres:/var/lib/postgresql/data",),
         env=("POSTGRES_USER=shop", "POSTGRES_PASSWORD=not-a-real-one")),
    Part("backup-nightly", f"{HUB}/alpine:3.20", timedelta(hours=7),
         ("sh", "-c", "pg_dump shop > /to/shop.sql"), state="ended",
         ended=timedelta(hours=6, minutes=52),
         mounts=("/srv/postgres:/from:ro", "/srv/backup:/to")),
    Part("migrate-42", f"{SHOP}/tools:2.4", timedelta(minutes=49), ("migrate",), state="ended",
         ended=timedelta(minutes=48), status=1, mounts=(_CONFIG,)),
    Part("thumbnails", f"{SHOP}/tools:2.4", timedelta(hours=2), ("thumbnails", "--all"),
         ("/srv/site/img:/img", "/srv/old-site/img:/old:ro"), state="ended",
         ended=timedelta(hours=1, minutes=20), status=137),
    Part("queue-worker", f"{SHOP}/tools:2.4", timedelta(minutes=46), ("work", "--queue", "orders"),
         (_CONFIG,), labels=_RESTARTS, status=1, life=150.0),
    Part("search", f"{SHOP}/tools:2.4", timedelta(hours=26), ("index", "--watch"),
         ("/srv/search:/index",), labels={**_RESTARTS, "tier": "back"}, status=137, life=400.0),
    Part("debug", f"{HUB}/alpine:3.20", timedelta(seconds=40), ("sh",), state="created",
         terminal=True),
    Part("psql", f"{HUB}/postgres:17", timedelta(minutes=18), ("psql", "-h", "db"), terminal=True,
         mounts=("/srv/backup:/backup:ro",)),
    Part("grafana", "docker.io/grafana/grafana:11.3", timedelta(days=31),
         labels=_compose("grafana"), mounts=("/srv/monitoring/grafana:/var/lib/grafana",)),
    Part("prometheus", "docker.io/prom/prometheus:v2.55", timedelta(days=31),
         ("--config.file=/etc/prometheus.yml",), labels=_compose("prometheus"),
         mounts=("/srv/monitoring/prometheus.yml:/etc/prometheus.yml:ro",
                 "/srv/monitoring/data:/prometheus")),
    Part("build-1187", f"{HUB}/golang:1.23", timedelta(hours=2, minutes=9), ("make", "test"),
         ("/srv/builds/1187:/src",), state="ended", ended=timedelta(hours=2, minutes=4), status=2,
         namespace=BUILDS),
    Part("build-1188", f"{HUB}/golang:1.23", timedelta(minutes=4), ("make", "test"),
         ("/srv/builds/1188:/src",), namespace=BUILDS, life=240.0),
    Part("web1", f"{HUB}/nginx:1.27", timedelta(hours=3, minutes=12),
         mounts=(_SITE, "/srv/nginx/nginx.conf:/etc/nginx/nginx.conf:ro"),
         labels={"tier": "front"}),
)  # fmt: skip

# Folders of the host beside those that are mounted: for the jobs to come, and to look round in.
FOLDERS = (
    "/srv/cache", "/srv/spool", "/srv/builds/next", "/srv/backup/old",
    "/etc/ssl/certs", "/home/ops", "/mnt",
    "/opt/shop", "/root", "/tmp", "/var/cache", "/var/log/shop", "/var/lib/containerd",
)  # fmt: skip
# The sources of mounts that are files, and the one that somebody has removed.
FILES = ("nginx.conf", "prometheus.yml", "etc-hosts", "hostname", "hosts", "resolv.conf")
GONE = "/srv/old-site/img"

# What the doctor finds there: programs, a network without one of its plugins, a mount left behind.
PROGRAMS = ("/usr/bin/runc", "/usr/bin/containerd-shim-runc-v2", "/opt/cni/bin/bridge")
TEXTS = {
    "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids\n",
    "/etc/cni/net.d/10-shop.conflist": '{"cniVersion": "1.0.0", "name": "shop",'
    ' "plugins": [{"type": "bridge"}, {"type": "portmap"}]}\n',
}
MOUNT_TABLE = (
    "412 29 0:61 / /run/containerd/io.containerd.runtime.v2.task/default/migrate-41/rootfs rw"
    " - overlay overlay rw,upperdir={data}/io.containerd.snapshotter.v1.overlayfs"
    "/snapshots/93/fs\n"
)


def _books() -> Iterator[tuple[str, str]]:
    """dockerd's files about its containers: paths on the host, and what stands in them."""
    for part in PARTS:
        if part.namespace == MOBY:
            image, project, restarts = _BOOKS[part.name]
            labels = {
                "com.docker.compose.project": project,
                "com.docker.compose.service": part.name,
            }
            config = {"Image": image, "Labels": labels if project else {}}
            book = {"Name": f"/{part.name}", "RestartCount": restarts, "Config": config}
            yield f"/var/lib/docker/containers/{part.id}/config.v2.json", json.dumps(book)


TEXTS |= _books()
