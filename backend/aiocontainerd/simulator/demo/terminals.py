"""The terminals of the cast: each can be attached to, as if ctdeck had started it."""

import os
from pathlib import Path

from aiocontainerd.models import STDOUT_LABEL
from aiocontainerd.operations.logger import log_uri
from aiocontainerd.simulator import containers, execs
from aiocontainerd.simulator.world import ContainerRecord, World
from aiocontainerd.state import TERMINAL, stdin_of


def give_terminal(world: World, namespace: str, id: str, folder: Path) -> None:
    """Give a running task a log and a FIFO in this folder, and a played program behind them.

    It was always so: no event tells of it. Only within a running loop.
    """
    log = folder / TERMINAL
    stdin = stdin_of(log)
    log.touch(0o600)
    os.mkfifo(stdin, 0o600)
    message = containers.get(world, namespace, id).message
    message.labels[STDOUT_LABEL] = os.fspath(log)
    space = world.look(namespace)
    space.containers[id] = ContainerRecord.of(message)
    process = space.tasks[id].process
    process.stdin, process.stdout = os.fspath(stdin), log_uri(log, terminal=True)
    execs.attach(world, namespace, id)
