"""The demo's logs: where real ones would be, in the formats of their makers, the same each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiocontainerd.logs import LogFile, LogReader, LogSource, time_of
from aiocontainerd.simulator.demo import Host, make_host
from aiocontainerd.simulator.demo.journal import Journal
from aiocontainerd.simulator.demo.logplaces import place_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def host_now() -> Host:
    """As it is at NOW, where the clock stands."""
    host = make_host(NOW)
    host.world.now = lambda: NOW
    return host


def written(folder: Path) -> dict[str, bytes]:
    Journal(host_now().world, folder, folder / "near").fill()
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.log")}


def test_every_container_that_has_a_log_has_said_something(tmp_path: Path) -> None:
    host = host_now()
    Journal(host.world, tmp_path, tmp_path / "near").fill()
    kinds, silent = set(), set()
    for namespace, space in host.world.spaces.items():
        for id, stored in space.containers.items():
            place = place_of(namespace, stored.without_spec)
            if place is None or id not in space.tasks:
                silent.add(id if len(id) < 64 else "pod")
                continue
            kinds.add(place.kind)
            source = LogSource((LogFile(place.path, place.kind),), "demo")
            reader = LogReader(source, str(tmp_path))
            entries = reader.tail().entries
            reader.close()
            assert entries, id
            if place.kind != "plain":
                assert all(entry.stream in ("stdout", "stderr") for entry in entries)
                times = [time_of(entry) for entry in entries]
                assert all(time and NOW - timedelta(days=40) < time <= NOW for time in times)
    assert kinds == {"plain", "json", "cri"}
    assert silent == {"psql", "debug", "pod"}  # ctr's own, and those that hold pods together


def test_they_are_the_same_each_time(tmp_path: Path) -> None:
    assert written(tmp_path / "a") == written(tmp_path / "b") != {}
