"""What /proc would tell of the invented processes: they are none of this machine."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from aiocontainerd.processes import Process, Traffic
from aiocontainerd.simulator import loads, measuring
from aiocontainerd.simulator.world import StoredTask, World

_MEMORY = 16 << 30  # bytes that the host has
_BUSY = 30.0  # percent of a core from which on processes are seen to run


class InventedProc:
    """The world's processes, as `processes.Proc` has them."""

    host_memory: int | None = _MEMORY

    def __init__(self, world: World) -> None:
        self._world = world

    async def traffic(self, pids: Sequence[int]) -> dict[int, Traffic]:
        """Of the tasks with these pids."""
        wanted, now = set(pids), self._world.now()
        return {
            task.process.pid: Traffic(*loads.traffic(f"{space}/{id}", load, task.has_run(now)))
            for space, id, task in self._tasks()
            if task.process.pid in wanted
            for load in [measuring.load_of(self._world, space, id)[0]]
        }

    async def processes(self, pids: Sequence[int]) -> list[Process]:
        """Those of one task: its memory and time are shared out among them."""
        for space, id, task in self._tasks():
            if task.process.pid in pids:
                return self._family(space, id, task)
        return []

    def _tasks(self) -> Iterator[tuple[str, str, StoredTask]]:
        for space, held in self._world.spaces.items():
            for id, task in held.tasks.items():
                yield space, id, task

    def _family(self, space: str, id: str, task: StoredTask) -> list[Process]:
        load, limits = measuring.load_of(self._world, space, id)
        used = loads.metrics(f"{space}/{id}", load, limits, task.has_run(self._world.now()))
        args = measuring.args_of(self._world, space, id)
        if args and args[0].endswith("entrypoint.sh"):
            args = args[1:]  # which it has become
        pids = loads.pids(task.process.pid, load)
        others = len(pids) - 1
        shares = [0.1, *[0.9 / others] * others] if others else [1.0]
        words = [args, *(line.split(" ") for line in load.children)]
        return [
            Process(
                pid,
                name=(line[0] if line else "?").rpartition("/")[2][:15],
                state="R" if number and load.cpu > _BUSY else "S",
                parent=pids[0] if number else 1,
                cpu=used.cpu.usage_usec / 1e6 * share,
                memory=int(used.memory.anon * share),
                user=101 if number else 0,
                began=self._began(task) + timedelta(seconds=0.3 * number),
                args=tuple(line),
            )
            for number, (pid, line, share) in enumerate(zip(pids, words, shares, strict=True))
        ]

    def _began(self, task: StoredTask) -> datetime:
        if task.since is not None and not task.ran:
            return task.since
        return self._world.now() - timedelta(seconds=task.ran)
