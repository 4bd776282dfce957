"""Metrics and processes of simulated tasks, as the tasks service and a cgroup v2 host give them."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from aiocontainerd.pb import containers_pb2, types_pb2, typeurl
from aiocontainerd.simulator import loads, tasks
from aiocontainerd.simulator.rules import adaptor, chosen
from aiocontainerd.simulator.world import StoredTask, World

_ONE = re.compile(r'id=="([\w.-]+)"')


def metrics(world: World, namespace: str, filters: Sequence[str]) -> Iterator[types_pb2.Metric]:
    """Those of the tasks that any filter selects. Raises Refused for a bad one."""
    for id, task in _selected(world, namespace, filters):
        load, limits = load_of(world, namespace, id)
        used = loads.metrics(f"{namespace}/{id}", load, limits, task.has_run(world.now()))
        yield types_pb2.Metric(timestamp=world.stamp(), id=id, data=typeurl.pack(used))


def pids(world: World, namespace: str, id: str) -> list[int]:
    """Of all its processes. Raises Refused NOT_FOUND."""
    task = tasks.get(world, namespace, id)
    if task.process.status == tasks.STOPPED:
        return []
    return loads.pids(task.process.pid, load_of(world, namespace, id)[0])


def load_of(world: World, namespace: str, id: str) -> tuple[loads.Load, loads.Limits]:
    """What its program would use, and what its spec allows."""
    record = world.look(namespace).containers.get(id)
    if record is None:
        return loads.Load(), loads.Limits()
    args, limits = _spec(record.spec)
    image = record.without_spec.image.rpartition("/")[2]  # its registry tells nothing
    return loads.load_of(f"{image} {' '.join(args)}"), limits


def args_of(world: World, namespace: str, id: str) -> tuple[str, ...]:
    """The command of its first process, as its spec has it."""
    record = world.look(namespace).containers.get(id)
    return _spec(record.spec)[0] if record is not None else ()


@lru_cache(256)
def _spec(wire: bytes) -> tuple[tuple[str, ...], loads.Limits]:
    """The command of a spec, and its limits; the spec of others can be anything."""
    try:
        spec = json.loads(containers_pb2.Container.FromString(wire).spec.value)
        args = tuple(map(str, spec["process"]["args"]))
        found = (spec.get("linux") or {}).get("resources") or {}
        cpu, memory = found.get("cpu") or {}, found.get("memory") or {}
        quota = max(0, cpu.get("quota") or 0) / (cpu.get("period") or 100_000)
        bytes_, most = memory.get("limit") or 0, (found.get("pids") or {}).get("limit") or 0
        return args, loads.Limits(quota, max(0, bytes_), max(0, most))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return (), loads.Limits()


def _selected(
    world: World, namespace: str, filters: Sequence[str]
) -> Iterator[tuple[str, StoredTask]]:
    all_of_it = world.look(namespace).tasks
    names = [_ONE.fullmatch(text) for text in filters]
    if filters and all(names):  # quick, for thousands of them
        wanted = dict.fromkeys(name[1] for name in names if name)
        yield from ((id, all_of_it[id]) for id in wanted if id in all_of_it)
        return

    yield from chosen(
        all_of_it.items(), filters, lambda it: adaptor({"id": it[0], "namespace": namespace}, {})
    )
