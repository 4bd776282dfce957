"""What tasks use: who is in the answer, and that counters grow."""

import asyncio

from aiocontainerd.metrics import rates

from .there import There


async def test_only_the_tasks_that_are_asked_for(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    for id in ("one", "two", "three"):
        await there.task(id)
    found = await tasks.metrics(["one", "three", "nobody"], namespace=namespace)
    assert sorted(found) == ["one", "three"]
    assert await tasks.metrics([], namespace=namespace) == {}
    assert await tasks.metrics(["one"], namespace="nowhere") == {}


async def test_the_counters_of_a_running_task(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    await there.task("c")
    before = (await tasks.metrics(["c"], namespace=namespace))["c"]
    await asyncio.sleep(0.2)  # the time between two samples
    after = (await tasks.metrics(["c"], namespace=namespace))["c"]
    assert before.memory is not None
    assert before.cpu is not None
    assert after.pids is not None
    assert 10_000 < before.memory < 100_000_000
    assert (after.memory_limit, after.pids_limit, after.oom_kills) == (None, None, 0)
    assert 1 <= after.pids <= 2
    found = rates(before, after)
    assert found.cpu is not None
    assert 0 <= found.cpu < 100


async def test_a_task_that_is_created_paused_or_gone(there: There) -> None:
    tasks, namespace = there.client.tasks, there.namespace
    await there.task("c", start=False)
    assert "c" in await tasks.metrics(["c"], namespace=namespace)
    await tasks.start("c", namespace=namespace)
    await tasks.pause("c", namespace=namespace)
    first = (await tasks.metrics(["c"], namespace=namespace))["c"]
    assert (await tasks.metrics(["c"], namespace=namespace))["c"].cpu == first.cpu
    await tasks.resume("c", namespace=namespace)
    await tasks.kill("c", 9, namespace=namespace)
    await there.wait("c")
    await tasks.delete("c", namespace=namespace)
    assert await tasks.metrics(["c"], namespace=namespace) == {}
