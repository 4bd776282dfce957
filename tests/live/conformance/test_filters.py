"""Filters that nobody would write: the simulator selects and refuses as the newest daemon does."""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError
from aiocontainerd.sample.image import Sample
from aiocontainerd.simulator import Simulator

from ..daemons import Daemon
from ..namespaces import new_name
from .there import There

PARTS = (
    *("id", "image", "labels", "runtime", "name", "nothing", "a", "b.c/d", '"b.c/d"', '"a"'),
    *("==", "!=", "~=", "=", "~", "!", ".", ",", " ", "|", "/", '"', "\\", "(", "^c", "é"),
    *("c1", "c2", '"c1"', "/c1/", "|c1|", "one", '"on', 'e"', "x", "1", ".*", "[", "\t", '"\\x41"'),
)
SENSIBLE = (
    *("id==c1", "id!=c1", "id~=c", "labels.a==1", 'labels."b.c/d"', "image==one", "id", "labels"),
    *("runtime.name==io.containerd.runc.v2", "labels.a", "id==c1,image==one", 'id~="^c[12]$"'),
)
COUNT = 400


def texts() -> list[str]:
    """The same on each day: sensible ones, and pieces put together at random."""
    dice = random.Random(7)
    made = ["".join(dice.choices(PARTS, k=dice.randint(1, 7))) for _ in range(COUNT)]
    mixed = [
        f"{dice.choice(SENSIBLE)}{dice.choice(PARTS)}{dice.choice(PARTS)}" for _ in range(COUNT)
    ]
    return [*SENSIBLE, *made, *mixed]


async def answers(there: There) -> dict[str, str]:
    await there.create("c1", image="one", labels={"a": "1", "b.c/d": "x"})
    await there.create("c2", image="two", labels={"a": "2"})
    await there.create("d1", image="one")
    found = {}
    for text in texts():
        try:
            listed = await there.client.containers.list(namespace=there.namespace, filters=[text])
            found[text] = " ".join(each.id for each in listed)
        except ContainerdError as error:
            found[text] = type(error).__name__  # not all of its words are copied
    await there.clean()
    return found


@pytest.mark.targets("2")
async def test_odd_filters(
    target: str, shared_daemon: Callable[[str], Daemon], sample: Sample
) -> None:
    daemon = shared_daemon(target)
    async with Client(str(daemon.socket)) as client:
        real = await answers(There(target, client, new_name(), daemon.snapshotter, sample))
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        simulator = Simulator(Path(folder) / "c.sock")
        async with simulator, Client(simulator.address) as client:
            ours = await answers(There("simulator", client, "n", "overlayfs", sample, simulator))
    different = {text: (ours[text], real[text]) for text in real if ours[text] != real[text]}
    assert not different
