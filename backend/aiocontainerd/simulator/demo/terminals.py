"""The terminals of the cast: each can be attached to, as if ctdeck had started it."""

import os
from pathlib import Path

from aiocontainerd.operations.logger import log_uri
from aiocontainerd.operations.record import STDOUT_LABEL
from aiocontainerd.simulator import containers, execs
from aiocontainerd.simulator.world import ContainerRecord, World
from aiocontainerd.state import LogPaths


def give_terminal(world: World, namespace: str, id: str, folder: Path) -> None:
    """Give a running task a log and a FIFO in this folder, and a played program behind them.

    It was always so: no event tells of it. Only within a running loop.
    """
    paths = LogPaths(folder / "stdout.log", folder / "stderr.log")
    paths.stdout.touch(0o600)
    os.mkfifo(paths.stdin, 0o600)
    message = containers.get(world, namespace, id).message
    message.labels[STDOUT_LABEL] = os.fspath(paths.stdout)
    space = world.look(namespace)
    space.containers[id] = ContainerRecord.of(message)
    process = space.tasks[id].process
    process.stdin, process.stdout = os.fspath(paths.stdin), log_uri(paths, terminal=True)
    execs.attach(world, namespace, id)
