"""Faults on demand: which calls a rule strikes, how files tell it, and what callers then see."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import DaemonError, FailedPrecondition, Unavailable
from aiocontainerd.pb import event_payloads_pb2
from aiocontainerd.simulator import Simulator, World
from aiocontainerd.simulator.faultrules import BadFaults, Rule, parse
from aiocontainerd.simulator.faults import Faults

PATIENCE = 10.0  # s


def struck(rule: Rule, calls: int = 10) -> list[int]:
    return [number for number in range(1, calls + 1) if rule.strikes(number)]


def test_which_calls_are_struck() -> None:
    assert struck(Rule("x", "hang")) == list(range(1, 11))
    assert struck(Rule("x", "hang", nth=3)) == [3]
    assert struck(Rule("x", "hang", first=9)) == [9, 10]
    assert struck(Rule("x", "hang", every=4)) == [1, 5, 9]
    assert struck(Rule("x", "hang", first=2, every=4)) == [2, 6, 10]


def test_a_file_tells_all_that_a_rule_has() -> None:
    text = """{"rules": [
      {"method": "Tasks/Start", "action": "error", "code": "ABORTED", "message": "m", "nth": 2},
      {"method": "Images/(List|Get)", "action": "delay", "seconds": 1, "from": 4, "every": 3},
      {"method": "Events/Subscribe", "action": "cut", "after": 100},
      {"method": "Tasks/List", "action": "rubbish", "namespace": "n"}
    ]}"""
    assert parse(text) == (
        Rule("Tasks/Start", "error", code="ABORTED", message="m", nth=2),
        Rule("Images/(List|Get)", "delay", seconds=1, first=4, every=3),
        Rule("Events/Subscribe", "cut", after=100),
        Rule("Tasks/List", "rubbish", namespace="n"),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not JSON"),
        ("[]", "this is not"),
        ('{"rules": [], "more": 1}', "this is not"),
        ('{"rules": [1]}', "rule 1: it is not an object"),
        ('{"rules": [{"method": "x"}]}', "'action' is missing"),
        ('{"rules": [{"method": "x", "action": "explode"}]}', "'explode', not one of delay"),
        ('{"rules": [{"method": "(", "action": "hang"}]}', "no regular expression"),
        ('{"rules": [{"method": "x", "action": "hang", "when": 1}]}', "'when' is not known"),
        ('{"rules": [{"method": "x", "action": "hang", "nth": "1"}]}', "'nth' is of the wrong"),
        ('{"rules": [{"method": "x", "action": "hang", "nth": true}]}', "'nth' is of the wrong"),
        ('{"rules": [{"method": "x", "action": "hang", "every": 0}]}', "too small"),
        ('{"rules": [{"method": "x", "action": "hang", "nth": 0}]}', "too small"),
        ('{"rules": [{"method": "x", "action": "delay", "seconds": -1}]}', "too small"),
        ('{"rules": [{"method": "x", "action": "delay", "seconds": NaN}]}', "'seconds' is"),
        ('{"rules": [{"method": "x", "action": "delay", "seconds": 1e999}]}', "'seconds' is"),
        (f'{{"rules": [{{"method": "x", "action": "delay", "seconds": {10**400}}}]}}', "'seconds'"),
        ("[" * 100_000, "not JSON: it is nested too deeply"),
        (f'{{"rules": [{{"method": "{"(" * 9999}", "action": "hang"}}]}}', "no regular expression"),
        ('{"rules": [{"method": "x{1,9999999999}", "action": "hang"}]}', "no regular expression"),
        ('{"rules": [{"method": "x", "action": "error", "code": "OK"}]}', "not the code"),
        ('{"rules": [{"method": "x", "action": "error", "code": "BAD"}]}', "not the code"),
    ],
)
def test_what_cannot_be_understood_is_said(text: str, why: str) -> None:
    with pytest.raises(BadFaults, match=r".*") as caught:
        parse(text)
    assert why in str(caught.value)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def simulator(tmp_path: Path, faults: Faults) -> AsyncIterator[Simulator]:
    async with Simulator(tmp_path / "c.sock", World(), faults=faults) as running:
        yield running


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Client]:
    async with Client(simulator.address) as made:
        yield made


async def test_an_error_at_the_second_call(client: Client, faults: Faults) -> None:
    faults.add("Namespaces/List", "error", nth=2, code="ABORTED", message="no more")
    assert await client.namespaces.list() == ()
    with pytest.raises(FailedPrecondition, match="no more"):
        await client.namespaces.list()
    assert await client.namespaces.list() == ()
    assert await client.leases.list(namespace="n") == []


async def test_a_call_that_hangs_until_it_is_let_go(
    client: Client, faults: Faults, simulator: Simulator
) -> None:
    faults.add("Namespaces/List", "hang")
    call = asyncio.create_task(client.namespaces.list())
    assert await client.leases.list(namespace="n") == []  # others are answered
    assert not call.done()
    assert simulator.calls["/containerd.services.namespaces.v1.Namespaces/List"] == 0
    faults.clear()
    async with asyncio.timeout(PATIENCE):
        assert await call == ()


async def test_rubbish_in_one_namespace(client: Client, faults: Faults) -> None:
    faults.add("Leases/List", "rubbish", namespace="n")
    assert await client.leases.list(namespace="other") == []
    with pytest.raises(DaemonError, match="cannot be read"):
        await client.leases.list(namespace="n")


async def test_a_delay(client: Client, faults: Faults) -> None:
    faults.add("Namespaces/List", "delay", seconds=0.05)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await client.namespaces.list()
    assert loop.time() - begun >= 0.05


async def listen(client: Client, heard: list[str]) -> None:
    async for envelope in client.events.subscribe():
        heard.append(envelope.topic)


async def listening(simulator: Simulator, streams: int = 1) -> None:
    async with asyncio.timeout(PATIENCE):
        while simulator.world.bus.subscribers < streams:
            await asyncio.sleep(0)


def publish(simulator: Simulator, count: int) -> None:
    for _ in range(count):
        event = event_payloads_pb2.ContainerDelete(id="c")
        simulator.world.publish("n", "/containers/delete", event)


async def test_the_event_stream_is_cut_after_some_messages(
    client: Client, faults: Faults, simulator: Simulator
) -> None:
    faults.add("Events/Subscribe", "cut", after=3, nth=1)
    heard: list[str] = []
    task = asyncio.create_task(listen(client, heard))
    await listening(simulator)
    publish(simulator, 5)
    with pytest.raises(Unavailable):
        await task
    assert heard == ["/containers/delete"] * 3
    assert simulator.world.bus.subscribers == 0


async def test_all_event_streams_are_cut_now(
    client: Client, faults: Faults, simulator: Simulator
) -> None:
    tasks = [asyncio.create_task(listen(client, [])) for _ in range(2)]
    await listening(simulator, 2)
    assert faults.cut() == 2
    for task in tasks:
        with pytest.raises(Unavailable):
            await task
    assert simulator.world.bus.subscribers == 0
    assert faults.cut() == 0


async def test_a_stream_without_a_fault_is_whole_and_ends_with_its_caller(
    client: Client, simulator: Simulator
) -> None:
    heard: list[str] = []
    task = asyncio.create_task(listen(client, heard))
    await listening(simulator)
    publish(simulator, 200)
    async with asyncio.timeout(PATIENCE):
        while len(heard) < 200:
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(PATIENCE):
        while simulator.world.bus.subscribers:
            await asyncio.sleep(0)


async def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('{"rules": [{"method": "Namespaces/List", "action": "hang"}]}')
    faults = Faults.from_file(file)
    simulator = Simulator(tmp_path / "c.sock", faults=faults)
    async with simulator, Client(simulator.address) as client:
        call = asyncio.create_task(client.namespaces.list())
        await client.leases.list(namespace="n")
        assert not call.done()
        for wrong in (b'{"rules": ', b"\xff\xff", b"[" * 100_000):
            file.write_bytes(wrong)
            await client.leases.list(namespace="n")
            assert len(faults.rules) == 1, "what is wrong changes nothing"
        rule = {"method": "Leases/List", "action": "error", "code": "UNAVAILABLE"}
        file.write_text(json.dumps({"rules": [rule]}))
        async with asyncio.timeout(PATIENCE):
            assert await call == ()
        with pytest.raises(Unavailable):
            await client.leases.list(namespace="n")


def test_a_file_that_is_wrong_or_missing_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    with pytest.raises(OSError, match="faults"):
        Faults.from_file(file)
    file.write_text("{}")
    with pytest.raises(BadFaults):
        Faults.from_file(file)
    file.write_bytes(b"\xff")
    with pytest.raises(BadFaults, match="not JSON"):
        Faults.from_file(file)
