"""Hand-made snapshots for the screen tests: no daemon, a fixed clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from aiocontainerd.models import (
    Container,
    Descriptor,
    Event,
    Image,
    ImageDetails,
    Mount,
    Phase,
    ServerInfo,
    Snapshot,
    Task,
    TaskStatus,
)

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def ago(**span: float) -> datetime:
    """A time before NOW."""
    return NOW - timedelta(**span)


def image(name: str, namespace: str = "default", mb: float = 20, unpacked: bool = True) -> Image:
    digest = f"sha256:{sha256(name.encode()).hexdigest()}"
    return Image(
        namespace=namespace,
        name=name,
        raw_name=name.encode(),
        target=Descriptor("application/vnd.oci.image.index.v1+json", digest, 1000),
        created_at=ago(days=9),
        details=ImageDetails(int(mb * 1e6), ("linux/amd64", "linux/arm64")),
        unpacked=unpacked,
    )


def container(
    name: str,
    image: str = "docker.io/library/nginx:1.27",
    namespace: str = "default",
    **more: object,
) -> Container:
    values: dict[str, object] = {
        "created_at": ago(hours=3),
        "runtime": "io.containerd.runc.v2",
        "snapshotter": "overlayfs",
        "snapshot_key": name,
        "args": ("nginx", "-g", "daemon off;"),
        "mounts": (
            Mount("/proc", "proc", "proc", ("nosuid", "noexec")),
            Mount("/usr/share/nginx/html", "bind", "/srv/www", ("rbind", "ro")),
        ),
    }
    return Container(namespace=namespace, id=name, image=image, **{**values, **more})  # type: ignore[arg-type]


def task(name: str, status: TaskStatus, namespace: str = "default", **more: object) -> Task:
    values: dict[str, object] = {"pid": 4121, "since": ago(hours=3), **more}
    return Task(namespace=namespace, id=name, status=status, **values)  # type: ignore[arg-type]


def snapshot(
    images: list[Image] | None = None,
    containers: list[Container] | None = None,
    tasks: list[Task] | None = None,
    events: list[Event] | None = None,
    **more: object,
) -> Snapshot:
    values: dict[str, object] = {
        "phase": Phase.LIVE,
        "loaded": True,
        "server": ServerInfo("2.1.9"),
        "namespaces": ("default", "k8s.io"),
        "sources": {"/srv/www": True, "/data": False},
        **more,
    }
    return Snapshot(
        images={i.key: i for i in images or []},
        containers={c.key: c for c in containers or []},
        tasks={t.key: t for t in tasks or []},
        events=tuple(events or ()),
        **values,  # type: ignore[arg-type]
    )


def of(*pairs: tuple[Container, Task]) -> Snapshot:
    """These containers with their tasks, and nothing else."""
    return snapshot(containers=[c for c, _ in pairs], tasks=[t for _, t in pairs])


def world() -> Snapshot:
    """A small believable host."""
    run, stop, pause = TaskStatus.RUNNING, TaskStatus.STOPPED, TaskStatus.PAUSED
    pod = {
        "io.kubernetes.pod.name": "web-7d4b9c",
        "io.kubernetes.pod.namespace": "shop",
        "io.kubernetes.container.name": "app",
    }
    return snapshot(
        images=[
            image("docker.io/library/nginx:1.27", mb=71.2),
            image("docker.io/library/busybox:1.36", mb=2.2),
            image("ghcr.io/some-organisation/very-long-team-name/service:2026.11.23", mb=412),
            image("docker.io/library/postgres:17", mb=151, unpacked=False),
            image("registry.k8s.io/pause:3.10", "k8s.io", mb=0.3),
            image("docker.io/shop/web:4.2", "k8s.io", mb=88),
        ],
        containers=[
            container("web1"),
            container("web2", created_at=ago(seconds=12)),
            container(
                "db",
                "docker.io/library/postgres:17",
                labels={"nerdctl/name": "database"},
                created_at=ago(days=2),
                mounts=(Mount("/var/lib/postgresql", "bind", "/data", ("rbind", "rw")),),
            ),
            container("batch-20261123", "docker.io/library/busybox:1.36", created_at=ago(days=1)),
            container("never-started", created_at=ago(minutes=40)),
            container(
                "f1b2c3d4e5f60718293a4b5c6d7e8f90",
                "docker.io/shop/web:4.2",
                "k8s.io",
                labels=pod,
                created_at=ago(hours=4),
            ),
        ],
        tasks=[
            task("web1", run),
            task("web2", run, pid=9120, since=ago(seconds=11)),
            task("db", pause, pid=811, since=ago(days=2)),
            task("batch-20261123", stop, exit_status=137, exited_at=ago(hours=20)),
            task("f1b2c3d4e5f60718293a4b5c6d7e8f90", run, "k8s.io", pid=22001),
        ],
        events=[
            Event(1, ago(minutes=2), "default", "/images/create", "docker.io/library/nginx:1.27"),
            Event(
                2,
                ago(seconds=13),
                "default",
                "/containers/create",
                "web2",
                {"id": "web2", "image": "docker.io/library/nginx:1.27"},
            ),
            Event(3, ago(seconds=12), "default", "/tasks/create", "web2", {"pid": "9120"}),
            Event(4, ago(seconds=11), "default", "/tasks/start", "web2", {"pid": "9120"}),
            Event(
                5,
                ago(seconds=5),
                "k8s.io",
                "/tasks/exit",
                "f1b2c3d4e5f6",
                {"exit_status": "137", "id": "x"},
            ),
        ],
        events_total=5,
    )
