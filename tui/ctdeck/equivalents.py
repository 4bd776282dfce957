"""The `ctr` lines that do the same as our actions on a row; pure.

They are for reading and copying: ctdeck itself never runs them.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from signal import Signals

from aiocontainerd.models import Container, Image, TaskStatus
from ctdeck.rows import ContainerRow, DiskRow, EventRow, ImageRow, MountRow, Row, TaskRow


def _ctr(address: str, namespace: str, *words: str) -> str:
    head = ["ctr"]
    if address:
        head += ["-a", address.removeprefix("unix://")]
    return shlex.join([*head, "-n", namespace, *words])


def pull_line(reference: str, *, namespace: str, address: str = "", platform: str = "") -> str:
    """`ctr images pull` of a reference."""
    extra = ["--platform", platform] if platform else []
    return _ctr(address, namespace, "images", "pull", *extra, reference)


def stop_line(container: Container, *, address: str = "") -> str:
    """`ctr` has no stop: it is the image's stop signal, and the wait is yours."""
    from aiocontainerd.operations.signals import stop_signal

    return kill_line(container, signal_name(stop_signal(container)), address=address)


def signal_name(number: int) -> str:
    """``SIGTERM``; those without a name of their own by number."""
    names = {signal.value: signal.name for signal in Signals}
    return names.get(number, str(number))


def kill_line(container: Container, signal: str, *, address: str = "") -> str:
    """`ctr tasks kill`."""
    return _ctr(address, container.namespace, "tasks", "kill", "-s", signal, container.id)


def pause_line(container: Container, *, resume: bool = False, address: str = "") -> str:
    """`ctr tasks pause` or `resume`."""
    verb = "resume" if resume else "pause"
    return _ctr(address, container.namespace, "tasks", verb, container.id)


def exec_line(
    container: Container, args: Sequence[str], user: str = "", cwd: str = "", address: str = ""
) -> str:
    """`ctr tasks exec -t`; the words of the command may hold secrets: only the first is told."""
    flags = [*(["--user", user] if user else []), *(["--cwd", cwd] if cwd else [])]
    words = ["tasks", "exec", "-t", "--exec-id", "shell1", *flags, container.id, args[0]]
    more = " …" if len(args) > 1 else ""
    return f"{_ctr(address, container.namespace, *words)}{more}"


def attach_line(container: Container, address: str = "") -> str:
    """`ctr tasks attach`."""
    return _ctr(address, container.namespace, "tasks", "attach", container.id)


def toolbox_line(image: str, pid: int, *, namespace: str, address: str = "") -> str:
    """`ctr run --with-ns`, as near as it comes."""
    kinds = {"pid": "pid", "network": "net", "ipc": "ipc", "uts": "uts"}
    flags = [f"--with-ns={kind}:/proc/{pid}/ns/{file}" for kind, file in kinds.items()]
    words = ["run", "--rm", "-t", "--cap-add=CAP_SYS_PTRACE", *flags, image, "toolbox", "sh"]
    return _ctr(address, namespace, *words)


def start_line(container: Container, status: TaskStatus | None, *, address: str = "") -> str:
    """`ctr tasks start -d`, once its task of this status is gone: ctr makes it anew."""
    return _without_task(container, status, ("tasks", "start", "-d"), address)


def delete_line(container: Container, status: TaskStatus | None, *, address: str = "") -> str:
    """`ctr tasks delete` where there is a task, of this status, and `ctr containers delete`."""
    return _without_task(container, status, ("containers", "delete"), address)


def _without_task(
    container: Container, status: TaskStatus | None, words: tuple[str, ...], address: str
) -> str:
    then = _ctr(address, container.namespace, *words, container.id)
    if status is None:
        return then
    force = () if status is TaskStatus.STOPPED else ("-f",)  # also one that was never started
    first = _ctr(address, container.namespace, "tasks", "delete", *force, container.id)
    return f"{first}; {then}"


def delete_image_line(image: Image, *, address: str = "") -> str:
    """`ctr images delete`."""
    if image.exact_name:  # as bash and zsh write it
        return f"{_ctr(address, image.namespace, 'images', 'delete')} ${image.exact_name}"
    return _ctr(address, image.namespace, "images", "delete", image.name)


def lines_for(row: Row | None, *, address: str = "") -> list[tuple[str, str]]:
    """For a row: what each action would be in the words of `ctr`."""
    if isinstance(row, ImageRow):
        image = row.image
        return [
            ("pull it again", pull_line(image.name, namespace=image.namespace, address=address)),
            ("delete", delete_image_line(image, address=address)),
            ("check", _ctr(address, image.namespace, "images", "check", f"name=={image.name}")),
        ]
    if isinstance(row, EventRow):
        return [("follow", _ctr(address, row.event.namespace or "default", "events"))]
    if isinstance(row, DiskRow):
        return _disk_lines(row, address)
    container = row.container if row is not None else None
    if container is None:
        return []
    task = row.task if isinstance(row, ContainerRow | TaskRow) else None
    status = None if task is None else task.status
    lines = [
        ("look", _ctr(address, container.namespace, "containers", "info", container.id)),
        ("delete", delete_line(container, status, address=address)),
    ]
    if isinstance(row, MountRow):
        return lines[:1]
    if status in (TaskStatus.RUNNING, TaskStatus.PAUSED):
        return [
            ("shell", exec_line(container, ("sh",), address=address)),
            ("stop", stop_line(container, address=address)),
            ("kill", kill_line(container, "SIGKILL", address=address)),
            ("pause", pause_line(container, address=address)),
            *lines,
        ]
    return [("start", start_line(container, status, address=address)), *lines]


def _disk_lines(row: DiskRow, address: str) -> list[tuple[str, str]]:
    namespace, kind, key = row.thing.node
    if kind == "snapshot":
        snapshotter, _, name = key.partition("/")
        words = ("snapshots", "--snapshotter", snapshotter)
        return [
            ("look", _ctr(address, namespace, *words, "info", name)),
            ("usage", _ctr(address, namespace, *words, "usage", name)),
        ]
    words_of = {
        "blob": ("content", "get", key),
        "ingest": ("content", "active"),
        "lease": ("leases", "ls", f"id=={key}"),
        "image": ("images", "ls", f"name=={key}"),
    }
    return [("look", _ctr(address, namespace, *words_of.get(kind, ("containers", "info", key))))]
