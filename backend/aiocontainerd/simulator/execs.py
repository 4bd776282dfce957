"""What is executed in simulated tasks: a played shell on the FIFOs that the client made."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiocontainerd.convert import spec_of
from aiocontainerd.models import STDOUT_LABEL
from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.pb import process_pb2, tasks_pb2
from aiocontainerd.simulator import containers, tasks
from aiocontainerd.simulator.fakeshell import FakeShell, knows
from aiocontainerd.simulator.refusals import already_exists, failed_precondition, not_found
from aiocontainerd.simulator.wires import Wires
from aiocontainerd.simulator.world import StoredTask, World

_SHELLS = frozenset({"bash", "sh", "ash"})
_SMALL = ("alpine", "busybox")  # images with no bash
_EMPTY = ("pause", "scratch", "distroless")  # images with no shell at all


@dataclass(slots=True)
class StoredExec:
    """One: `spec` is its OCI process; the shell and its wires are there while it runs.

    `end` ends it with an exit status, if it runs.
    """

    process: process_pb2.Process
    spec: dict[str, Any]
    end: Callable[[int], None] = field(default=lambda status: None)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    shell: FakeShell | None = None
    wires: Wires | None = None


def add(world: World, namespace: str, wanted: tasks_pb2.ExecProcessRequest) -> None:
    """Publishes /tasks/exec-added. Raises Refused."""
    task = tasks.get(world, namespace, wanted.container_id)
    if wanted.exec_id in task.execs:
        raise already_exists(f"id {wanted.exec_id}")
    if task.process.status != tasks.RUNNING:
        raise tasks.unknown(f"cannot exec in a {tasks.state_of(task)} state")
    process = process_pb2.Process(
        id=wanted.exec_id,
        status=tasks.CREATED,
        stdin=wanted.stdin,
        stdout=wanted.stdout,
        terminal=wanted.terminal,
    )
    process.exited_at.seconds = tasks.YEAR_ONE
    task.execs[wanted.exec_id] = one = StoredExec(process, json.loads(wanted.spec.value))
    one.end = partial(_end, world, namespace, wanted.container_id, one)
    event = payloads.TaskExecAdded(container_id=wanted.container_id, exec_id=wanted.exec_id)
    world.publish(namespace, "/tasks/exec-added", event)


def start(world: World, namespace: str, id: str, exec_id: str) -> int:
    """Publishes /tasks/exec-started; returns the pid. Raises Refused."""
    task, one = tasks.get(world, namespace, id), get(world, namespace, id, exec_id)
    record = containers.get(world, namespace, id).message
    args = [str(each) for each in one.spec.get("args") or ()]
    if not args or not _has(record.image, args[0]):
        name = args[0] if args else ""
        why = (
            f"stat {name}: no such file or directory"
            if name.startswith("/")
            else "executable file not found in $PATH"
        )
        raise tasks.unknown(
            "OCI runtime exec failed: exec failed: unable to start container process: "
            f'exec: "{name}": {why}'
        )
    spec = spec_of(record).get("process") or {}
    one.shell = shell = _shell(id, one.spec, args, [str(each) for each in spec.get("args") or ()])
    one.wires = Wires(
        one.process.stdin,
        one.process.stdout,
        lambda typed: _typed(task, one, typed),
    )
    one.process.pid, one.process.status = next(world.pids), tasks.RUNNING
    event = payloads.TaskExecStarted(container_id=id, exec_id=exec_id, pid=one.process.pid)
    world.publish(namespace, "/tasks/exec-started", event)
    one.wires.show(shell.begin())
    _look(one)
    return one.process.pid


def attach(world: World, namespace: str, id: str) -> None:
    """A task with a terminal that has been started: a played shell, where it is a shell.

    What it shows goes to the log that its container's label names, as its logger would write it.
    """
    task = tasks.get(world, namespace, id)
    record = containers.get(world, namespace, id).message
    process = spec_of(record).get("process") or {}
    args = [str(each) for each in process.get("args") or ()]
    log = record.labels.get(STDOUT_LABEL, "")
    if not (task.process.terminal and task.process.stdin and log and args):
        return
    one = StoredExec(task.process, process)
    with suppress(OSError):  # somebody has removed it
        one.shell = _shell(id, process, args, args)
        if one.shell.command:
            program = next((each for each in args if not each.endswith(".sh")), args[0])
            one.shell.command, one.shell.prompt = (), f"{program.rpartition('/')[2]}> "
        one.wires = Wires(task.process.stdin, log, lambda typed: _typed(task, one, typed))
        one.end = partial(_end_task, world, namespace, id, one)
        task.execs[""] = one
        one.wires.show(one.shell.begin())


def _end_task(world: World, namespace: str, id: str, one: StoredExec, status: int) -> None:
    if one.wires is not None:
        one.wires.close()
    tasks.exit(world, namespace, id, status)


def get(world: World, namespace: str, id: str, exec_id: str) -> StoredExec:
    """Raises Refused NOT_FOUND."""
    task = tasks.get(world, namespace, id)
    if exec_id not in task.execs:
        raise not_found(f"process does not exist {exec_id}")
    return task.execs[exec_id]


def kill(world: World, namespace: str, id: str, exec_id: str, signal: int) -> None:
    """HUP, KILL and their like end it. Raises Refused."""
    one = get(world, namespace, id, exec_id)
    if one.process.status == tasks.STOPPED:
        raise not_found("process already finished")
    if one.process.status == tasks.CREATED:
        raise failed_precondition("process not created")
    if signal in {1, 2, 3, tasks.KILL, 15}:
        one.end(128 + signal)


async def wait(world: World, namespace: str, id: str, exec_id: str) -> process_pb2.Process:
    """As soon as it has ended. Raises Refused NOT_FOUND."""
    one = get(world, namespace, id, exec_id)
    await one.ended.wait()
    return one.process


def resize(world: World, namespace: str, id: str, exec_id: str, size: tuple[int, int]) -> None:
    """Raises Refused NOT_FOUND."""
    execs = tasks.get(world, namespace, id).execs
    one = get(world, namespace, id, exec_id) if exec_id else execs.get("")
    if one is None or one.shell is None:
        return
    if one.process.status == tasks.STOPPED:
        raise tasks.unknown("cannot resize a stopped container")
    one.shell.size = size


def delete(world: World, namespace: str, id: str, exec_id: str) -> process_pb2.Process:
    """Raises Refused while it runs."""
    one = get(world, namespace, id, exec_id)
    if one.process.status == tasks.RUNNING:
        raise tasks.unknown("cannot delete a running process")
    del tasks.get(world, namespace, id).execs[exec_id]
    return one.process


def _end(world: World, namespace: str, id: str, one: StoredExec, status: int) -> None:
    """Publishes /tasks/exit."""
    if one.process.status != tasks.RUNNING:
        return
    process = one.process
    process.status, process.exit_status = tasks.STOPPED, status
    process.exited_at.CopyFrom(world.stamp())
    if one.wires is not None:
        one.wires.close()
    tasks.tell_exit(world, namespace, process, status, container=id)
    one.ended.set()


def _typed(task: StoredTask, one: StoredExec, typed: bytes) -> None:
    if task.process.status == tasks.RUNNING and one.shell and one.wires:  # a frozen one is deaf
        one.wires.show(one.shell.feed(typed))
        _look(one)


def _look(one: StoredExec) -> None:
    if one.shell is not None and one.shell.status is not None:
        one.end(one.shell.status)


def _has(image: str, program: str) -> bool:
    name = image.rpartition("/")[2]
    if name.startswith(_EMPTY):
        return False
    if program in {"bash", "/bin/bash"}:
        return not name.startswith(_SMALL)
    if program in {"ash", "/busybox/sh"}:
        return name.startswith(_SMALL)
    return program in {"sh", "/bin/sh"} or knows(program)


def _shell(id: str, spec: dict[str, Any], args: list[str], first: list[str]) -> FakeShell:
    is_shell = args[0].rpartition("/")[2] in _SHELLS
    is_shell = is_shell and (len(args) == 1 or args[-1].endswith("exec sh"))
    size = spec.get("consoleSize") or {}
    return FakeShell(
        hostname=id[:12],
        args=first,
        command=() if is_shell else args,
        uid=int((spec.get("user") or {}).get("uid") or 0),
        cwd=str(spec.get("cwd") or "/"),
        env=[str(each) for each in spec.get("env") or ()],
        size=(int(size.get("width") or 80), int(size.get("height") or 24)),
    )
