"""Writes the logs of the demo's containers: what was said before it began, and what is said now."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from aiocontainerd.pb import containers_pb2
from aiocontainerd.simulator import tasks
from aiocontainerd.simulator.demo.chatter import Said, speaker_of
from aiocontainerd.simulator.demo.logplaces import LogPlace, place_of
from aiocontainerd.simulator.world import World

BEAT = 0.5  # s between two rounds
LINES = 400  # of the past, at most
APART = timedelta(seconds=4)  # between two of them, about
SAYS = 0.35  # how likely it is that one says something in a round


class _Talk(NamedTuple):
    place: LogPlace
    image: str
    seed: str


class Journal:
    """The logs below `root`, the simulated host's files; `near` is where ctdeck's own ones are.

    What is said is the same for the same containers. Only regular files in the demo's own folder
    are written.
    """

    def __init__(self, world: World, root: Path, near: Path) -> None:
        self._world = world
        self._root = root
        self._near = near
        self._dice = Random(7)

    async def keep(self) -> None:
        """The past first, then a round at each beat, for ever."""
        await asyncio.to_thread(self._write, [*self._past()])
        while True:
            await asyncio.sleep(BEAT)
            if said := [*self._round()]:
                await asyncio.to_thread(self._write, said)

    def fill(self) -> None:
        """Only the past."""
        self._write(self._past())

    def _past(self) -> Iterator[tuple[_Talk, datetime, Said]]:
        for namespace, record in self._records():
            talk, task = _talk(namespace, record), self._world.look(namespace).tasks.get(record.id)
            if talk is None or task is None:
                continue
            began = record.created_at.ToDatetime(tzinfo=self._world.now().tzinfo)
            end = self._world.now()
            if task.process.status == tasks.STOPPED:
                end = task.process.exited_at.ToDatetime(tzinfo=end.tzinfo)
            dice, when = Random(talk.seed), max(began, end - APART * LINES)
            speaker = speaker_of(talk.image)
            while when < end:
                yield talk, when, speaker(dice, when)
                when += APART * dice.uniform(0.2, 1.8)

    def _round(self) -> Iterator[tuple[_Talk, datetime, Said]]:
        now = self._world.now()
        for namespace, record in self._records():
            task = self._world.look(namespace).tasks.get(record.id)
            if task is None or task.process.status != tasks.RUNNING:
                continue
            talk = _talk(namespace, record)
            if talk is not None and self._dice.random() < SAYS:
                yield talk, now, speaker_of(talk.image)(self._dice, now)

    def _records(self) -> list[tuple[str, containers_pb2.Container]]:
        return [
            (namespace, record.without_spec)
            for namespace, space in list(self._world.spaces.items())
            for record in list(space.containers.values())
        ]

    def _write(self, said: Iterable[tuple[_Talk, datetime, Said]]) -> None:
        files: dict[str, list[str]] = {}
        for talk, when, each in said:
            files.setdefault(talk.place.path, []).append(_line(talk.place.kind, when, each))
        for path, lines in files.items():
            own = Path(path)
            file = own if own.is_relative_to(self._near) else self._root / path.lstrip("/")
            if ".." in file.parts:
                continue
            with suppress(OSError):  # the folder goes when the demo ends
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("a", encoding="utf-8") as opened:
                    opened.writelines(lines)


def _talk(namespace: str, record: containers_pb2.Container) -> _Talk | None:
    place = place_of(namespace, record)
    return _Talk(place, record.image, record.id) if place else None


def _line(kind: str, when: datetime, said: Said) -> str:
    """In the format of the log."""
    stamp = f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond:06}321Z"
    if kind == "json":
        return json.dumps({"log": f"{said.text}\n", "stream": said.stream, "time": stamp}) + "\n"
    return f"{stamp} {said.stream} F {said.text}\n" if kind == "cri" else f"{said.text}\n"
