"""A made-up host of any size, as a snapshot: what the bench of the lists is done over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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

LABELLED = "io.example/changed"
EVENTS = 2_000
_BORN = datetime.now(UTC) - timedelta(days=30)
_SYSTEM = tuple(
    Mount(path, kind, kind, ("nosuid", "noexec"))
    for path, kind in (
        ("/proc", "proc"),
        ("/dev", "tmpfs"),
        ("/dev/pts", "devpts"),
        ("/dev/shm", "tmpfs"),
        ("/dev/mqueue", "mqueue"),
        ("/sys", "sysfs"),
    )
)


def host(containers: int) -> Snapshot:
    """So many containers, nearly all running, seven mounts each; a tenth as many images."""
    images = [_image(number) for number in range(max(1, containers // 10))]
    boxes = [_container(number, images[number % len(images)].name) for number in range(containers)]
    tasks = [_task(box.id, number) for number, box in enumerate(boxes) if number % 10]
    return Snapshot(
        phase=Phase.LIVE,
        loaded=True,
        server=ServerInfo("2.1.9"),
        namespaces=("default",),
        images={image.key: image for image in images},
        containers={box.key: box for box in boxes},
        tasks={task.key: task for task in tasks},
        sources={f"/srv/{number:05}": True for number in range(containers)},
        events=tuple(_event(number) for number in range(1, EVENTS + 1)),
        events_total=EVENTS,
    )


def _image(number: int) -> Image:
    digest = f"sha256:{number:064x}"
    name = f"docker.io/library/app{number:04}:latest"
    target = Descriptor("application/vnd.oci.image.index.v1+json", digest, 1000)
    details = ImageDetails(number * 10_000, ("linux/amd64",))
    born = _BORN + timedelta(seconds=number)
    return Image("default", name, name.encode(), target, {}, born, born, details, True)


def _container(number: int, image: str) -> Container:
    name = f"row{number:05}"
    bind = Mount("/data", "bind", f"/srv/{number:05}", ("rbind", "rw"))
    born = _BORN + timedelta(seconds=number * 7919 % 2_000_000)
    return Container(
        "default",
        name,
        image,
        "io.containerd.runc.v2",
        "overlayfs",
        name,
        born,
        born,
        mounts=(*_SYSTEM, bind),
        args=("sleep", "infinity"),
    )


def _task(name: str, number: int) -> Task:
    born = _BORN + timedelta(seconds=number * 7919 % 2_000_000)
    return Task("default", name, 1000 + number, TaskStatus.RUNNING, since=born)


def _event(number: int) -> Event:
    topic = ("/tasks/start", "/containers/update", "/tasks/exit")[number % 3]
    return Event(number, _BORN + timedelta(seconds=number), "default", topic, f"row{number:05}")
