"""What is true after a soak: the screen equals `ctr`'s view, and nothing of ours is left."""

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from tests.live.daemons import Daemon


def is_stopped(pid: int) -> bool:
    """Whether a signal has suspended it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def world_of(daemon: Daemon, namespaces: Iterable[str]) -> set[tuple[str, str, str]]:
    """Namespace, id and state of each container, as `ctr` tells them."""
    found = set()
    for namespace in namespaces:
        tasks = {}
        for line in daemon.ctr("tasks", "ls", namespace=namespace).splitlines()[1:]:
            name, _, state = line.split()[:3]
            tasks[name] = state.lower()
        for name in daemon.ctr("containers", "ls", "-q", namespace=namespace).split():
            found.add((namespace, name, tasks.get(name, "no task")))
    return found


def world_on(text: str, namespaces: Iterable[str]) -> set[tuple[str, str, str]]:
    """The same, from the rows of the list of containers: a sign stands before each state."""
    names = "|".join(map(re.escape, namespaces))
    row = re.compile(rf"^\W?({names})\s+(\S+)\s+\S (no task|\w+)")
    found = (row.search(line) for line in text.splitlines())
    return {(each[1], each[2], each[3].replace("exited", "stopped")) for each in found if each}


def left_behind(daemon: Daemon, state: Path, namespaces: Iterable[str]) -> list[str]:
    """In words: leases of ours, snapshots and logs without a container, FIFOs, ingests."""
    left: list[str] = []
    for namespace in namespaces:

        def ctr(*args: str, namespace: str = namespace) -> list[list[str]]:
            return [each.split() for each in daemon.ctr(*args, namespace=namespace).splitlines()]

        containers = {words[0] for words in ctr("containers", "ls", "-q")}
        leases = [words[0] for words in ctr("leases", "ls", "-q")]
        left += [f"{namespace}: lease {name}" for name in leases if name.startswith("ctdeck")]
        left += [f"{namespace}: ingest {words[0]}" for words in ctr("content", "active")[1:]]
        active = [w[0] for w in ctr("snapshots", "ls")[1:] if w[-1] == "Active"]
        left += [f"{namespace}: snapshot {name}" for name in active if name not in containers]
        logs = {folder.name for folder in state.glob(f"logs/*/{namespace}/*")}
        left += [f"{namespace}: log of {name}" for name in sorted(logs - containers)]
    fifos = (path for path in state.rglob("*") if stat.S_ISFIFO(path.lstat().st_mode))
    return left + [f"FIFO {os.fspath(path)}" for path in fifos]
