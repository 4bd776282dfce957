"""What a container may use, in human words: from `linux.resources` of its spec. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ctdeck.descriptions.facts import Fact
from ctdeck.descriptions.json import number, objects, part, text
from ctdeck.formatting import size

_UNLIMITED = 1 << 62  # bytes from which on the kernel means none


def limit_facts(spec: object) -> Iterator[Fact]:
    """Memory, processors, processes, disks, huge pages and rlimits; also where there is none."""
    resources = part(spec, "linux.resources")
    memory = part(resources, "memory")
    yield Fact("memory", _memory(memory))
    if (reserved := _bytes(number(memory, "reservation"))) is not None:
        yield Fact("", f"{size(reserved)} are reserved for it when memory is short", "muted")
    if memory.get("disableOOMKiller") is True:
        yield Fact("", "stands still without memory: its OOM killer is off", "warn")
    yield from _cpu(part(resources, "cpu"), cpus_of(spec))
    pids = number(part(resources, "pids"), "limit")
    yield Fact("processes", f"at most {pids:,}" if pids and pids > 0 else "no limit")
    for page in objects(resources, "hugepageLimits"):
        most = number(page, "limit") or 0
        yield Fact("huge pages", f"{size(most)} in pages of {text(page, 'pageSize')}")
    yield from _block_io(part(resources, "blockIO"))
    for name, value in sorted(part(resources, "unified").items()):
        if isinstance(name, str) and isinstance(value, str):
            yield Fact("cgroup v2", f"{name[:200]} = {value[:200]}", "muted")
    for each in objects(part(spec, "process"), "rlimits"):
        name = text(each, "type").removeprefix("RLIMIT_").lower()
        soft, hard = number(each, "soft"), number(each, "hard")
        more = f", up to {_count(hard)}" if hard != soft else ""
        yield Fact("rlimit", f"{name} {_count(soft)}{more}", "muted")


def _bytes(value: int | None) -> int | None:
    return value if value is not None and 0 < value < _UNLIMITED else None


def _memory(memory: Mapping[str, Any]) -> str:
    most, with_swap = _bytes(number(memory, "limit")), number(memory, "swap")
    if most is None:
        return "no limit: all of the host's"
    if with_swap is None or with_swap == 0:
        return size(most)
    if with_swap < 0:
        return f"{size(most)}, and swap without limit"
    swap = with_swap - most
    return f"{size(most)}, and {size(swap)} of swap" if swap > 0 else f"{size(most)}, no swap"


def cpus_of(spec: object) -> float | None:
    """How many cores it may use at a time, None for all of the host's."""
    cpu = part(spec, "linux.resources.cpu")
    quota, period = number(cpu, "quota"), number(cpu, "period") or 100_000
    return quota / period if quota and quota > 0 and period > 0 else None


def _cpu(cpu: Mapping[str, Any], most: float | None) -> Iterator[Fact]:
    if most is not None:
        yield Fact("cpus", f"at most {most:.3g} at a time")
    else:
        yield Fact("cpus", "no limit: all of the host's")
    if cores := text(cpu, "cpus"):
        yield Fact("", f"only on the cores {cores}", "muted")
    if nodes := text(cpu, "mems"):
        yield Fact("", f"only memory of the nodes {nodes}", "muted")
    shares = number(cpu, "shares")
    if shares and shares != 1024:
        yield Fact("", f"weighs {shares / 1024:.3g} of an ordinary one when all want it", "muted")
    realtime = number(cpu, "realtimeRuntime")
    if realtime and realtime > 0:
        yield Fact("", f"real time: {realtime:,} µs in each period", "muted")


_SPEEDS = (
    ("throttleReadBpsDevice", "reads at most {} a second", True),
    ("throttleWriteBpsDevice", "writes at most {} a second", True),
    ("throttleReadIOPSDevice", "reads at most {} times a second", False),
    ("throttleWriteIOPSDevice", "writes at most {} times a second", False),
)


def _block_io(block: Mapping[str, Any]) -> Iterator[Fact]:
    if weight := number(block, "weight"):
        yield Fact("disks", f"weight {weight}", "muted")
    for name, words, in_bytes in _SPEEDS:
        for each in objects(block, name):
            rate = number(each, "rate") or 0
            device = f"{number(each, 'major') or 0}:{number(each, 'minor') or 0}"
            yield Fact("disks", f"{device} {words.format(size(rate) if in_bytes else f'{rate:,}')}")


def _count(value: int | None) -> str:
    if value is None:
        return "?"
    return "without limit" if value >= _UNLIMITED or value < 0 else f"{value:,}"
