"""What simulated tasks do by themselves: they end, obey signals, die for want of memory, restart.

A task's life is read from the command of its container's spec, as far as a few words of shell
tell it: `sleep 5`, `exit 3`, `trap 'exit 0' TERM`. A shell or sleep that traps nothing ignores
SIGTERM, as the first process of a container does; any other program ends well when it is told to.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from aiocontainerd.convert import spec_of
from aiocontainerd.pb import containers_pb2, tasks_pb2
from aiocontainerd.simulator import containers, tasks
from aiocontainerd.simulator.refusals import Refused
from aiocontainerd.simulator.world import World

RESTART = 10.0  # s: how often the real restart monitor looks
_LABEL = "containerd.io/restart."
_STATUS = f"{_LABEL}status"
_DEADLY = frozenset({1, 2, 3, 15})  # HUP, INT, QUIT, TERM: what a process may trap
_TRAP = re.compile(r"trap\s+(?:'([^']*)'|\"([^\"]*)\")")
_EXIT = re.compile(r"\bexit\s+(\d+)")
_SLEEP = re.compile(r"\bsleep\s+(\d+(?:\.\d+)?)")
_ENDLESS = re.compile(r"\bwhile\s+(?::|true)|\bsleep\s+inf|\btail\s+-f")
_QUICK = frozenset({"true", "false", "echo", "date", "ls", "env", "id", "hostname", "uname"})
_DEAF = frozenset({"sh", "ash", "bash", "dash", "sleep", "tail", "cat", "busybox"})


@dataclass(frozen=True, slots=True)
class Life:
    """`lasts` is in seconds, None for ever; then it exits with `status`, or dies by `oom`.

    `obeys` is its exit status when it is told to end, None if it takes no notice.
    """

    lasts: float | None = None
    status: int = 0
    oom: bool = False
    obeys: int | None = 0


class Handle(Protocol):
    """What a clock gives back."""

    def cancel(self) -> None:
        """The call is not wanted any more."""


Later = Callable[[float, Callable[[], None]], Handle]


def read_life(args: Sequence[str]) -> Life:
    """The life of a process with these arguments. Pure."""
    program = args[0].rpartition("/")[2] if args else ""
    script = " ".join(args)
    traps = ["".join(found) for found in _TRAP.findall(script)]
    rest = _TRAP.sub("", script)
    exits, sleeps = _EXIT.search(rest), _SLEEP.search(rest)
    lasts: float | None = None
    if not _ENDLESS.search(rest):
        if sleeps:
            lasts = float(sleeps[1])
        elif exits or program in _QUICK:
            lasts = 0.0
    status = int(exits[1]) if exits else int(program == "false")
    return Life(lasts, status, obeys=_obeys(program, traps))


def _obeys(program: str, traps: Sequence[str]) -> int | None:
    if traps:
        found = _EXIT.search(traps[0])
        return int(found[1]) if found else None
    return None if program in _DEAF else 0


class Lives:
    """The lives of a world's tasks; `later` is its clock (the running loop's without one).

    `chosen` overrules what is read from the command: by (namespace, container id).
    """

    def __init__(self, world: World, later: Later | None = None) -> None:
        self.chosen: dict[tuple[str, str], Life] = {}
        self._world = world
        self._later = later
        self._frozen: dict[int, Callable[[], None]] = {}  # what waits for a resume, by pid

    def begin(self, namespace: str, id: str) -> None:
        """Its process has been started."""
        life = self._life(namespace, id)
        if life.lasts is None:
            return
        end = tasks.oom if life.oom else partial(tasks.exit, status=life.status)
        self._in(life.lasts, namespace, id, partial(end, self._world, namespace, id))

    def signal(self, namespace: str, id: str, number: int) -> None:
        """It gets a signal that it may get."""
        task = self._world.look(namespace).tasks[id]
        life = self._life(namespace, id)
        if number == tasks.KILL:
            self._frozen.pop(task.process.pid, None)
            status = 128 + number
        elif number in _DEADLY and task.process.status == tasks.CREATED:
            status = 128 + number
        elif number in _DEADLY and life.obeys is not None:
            status = life.obeys
        else:
            return
        end = partial(tasks.exit, self._world, namespace, id, status)
        if number == tasks.KILL:
            end()
        else:
            self._in(0.0, namespace, id, end)

    def resume(self, namespace: str, id: str) -> None:
        """It goes on, and what it missed comes to pass."""
        missed = self._frozen.pop(self._world.look(namespace).tasks[id].process.pid, None)
        if missed is not None:
            missed()

    async def monitor(self, every: float = RESTART) -> None:
        """containerd's restart monitor, for ever; `every` in seconds."""
        while True:
            await asyncio.sleep(every)
            self.restart()

    def restart(self) -> None:
        """One look of the monitor: what its labels want to run runs, what they do not ends."""
        for namespace, space in list(self._world.spaces.items()):
            for record in list(space.containers.values()):
                if _LABEL.encode() in record.head:
                    self._look_after(namespace, record.without_spec)

    def _look_after(self, namespace: str, container: containers_pb2.Container) -> None:
        labels, id = container.labels, container.id
        task = self._world.look(namespace).tasks.get(id)
        runs = task is not None and task.process.status not in {tasks.STOPPED, tasks.CREATED}
        if labels.get(_STATUS) == "stopped" and runs:
            self.signal(namespace, id, tasks.KILL)
        elif labels.get(_STATUS) == "running" and not runs:
            status = task.process.exit_status if task is not None else None
            if _wants(labels, status):
                self._run_again(namespace, container)

    def _run_again(self, namespace: str, container: containers_pb2.Container) -> None:
        world, id = self._world, container.id
        if container.labels.get(f"{_LABEL}policy", "").startswith("on-failure"):
            again = _number(container.labels.get(f"{_LABEL}count", "")) + 1
            key = f"{_LABEL}count"
            counted = containers_pb2.Container(id=id, labels={key: str(again)})
            containers.update(world, namespace, counted, [f"labels.{key}"])
        if id in world.look(namespace).tasks:
            tasks.delete(world, namespace, id)
        uri = container.labels.get(f"{_LABEL}loguri", "")
        wanted = tasks_pb2.CreateTaskRequest(container_id=id, stdout=uri, stderr=uri)
        tasks.create(world, namespace, wanted)
        tasks.start(world, namespace, id)
        self.begin(namespace, id)

    def _life(self, namespace: str, id: str) -> Life:
        if (namespace, id) in self.chosen:
            return self.chosen[namespace, id]
        try:
            record = containers.get(self._world, namespace, id)
        except Refused:  # its record was deleted under it
            return Life()
        process = spec_of(record.message).get("process") or {}
        return read_life([str(arg) for arg in process.get("args") or ()])

    def _in(self, seconds: float, namespace: str, id: str, then: Callable[[], None]) -> None:
        """Later, if it is still the same process; when it is frozen, when it goes on."""
        pid = self._world.look(namespace).tasks[id].process.pid

        def due() -> None:
            task = self._world.look(namespace).tasks.get(id)
            if task is None or task.process.pid != pid:
                return
            if task.process.status == tasks.PAUSED:
                self._frozen[pid] = then
            else:
                then()

        later = self._later or asyncio.get_running_loop().call_later
        later(seconds, due)


def _wants(labels: Mapping[str, str], status: int | None) -> bool:
    """Whether the policy wants it to run again; `status` is None if it never ran."""
    policy, _, most = labels.get(f"{_LABEL}policy", "always").partition(":")
    if policy == "unless-stopped":
        return labels.get(f"{_LABEL}explicitly-stopped") != "true"
    if policy == "on-failure":
        count = _number(labels.get(f"{_LABEL}count", ""))
        return bool(status) and (not most or count < _number(most))
    return policy == "always"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0
