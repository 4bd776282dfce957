"""The audit: a record for each changing call, and how the call ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from aiocontainerd import audit as audit_module
from aiocontainerd import auditfile
from aiocontainerd.access import Access
from aiocontainerd.audit import Audit, acting
from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, FailedPrecondition, NotFound, ReadOnly
from aiocontainerd.gate import READING_CALLS, UNRECORDED_CALLS
from aiocontainerd.pb import (
    namespaces_pb2,
    namespaces_pb2_grpc,
)
from aiocontainerd.pull import Pulls
from aiocontainerd.simulator import Simulator
from aiocontainerd.state import StateDirectory
from tests.unit.audits import (  # noqa: F401  fixtures
    PATIENCE,
    fresh_audit,
    fresh_state,
    records,
    results,
    simulator,
)


async def test_one_record_for_each_changing_call(
    state: StateDirectory, sim: Simulator, audit: Audit
) -> None:
    async with Client(sim.address, audit=audit) as client:
        await client.namespaces.create("new")
        with acting("stop"), pytest.raises(NotFound):
            await client.tasks.kill("nope", 9, namespace="default")
        await client.containers.list(namespace="default")
        pull = Pulls(client, config_dirs=(), daemon_only=True)
        await pull.start("nginx:latest", namespace="new").wait()
        async with client.leases.held(namespace="new") as lease:
            async with client.content.writer("ref", namespace="new", lease=lease) as writer:
                await writer.write(b"x" * 1000, 0)
                await writer.write(b"y", 1000)
            async with client.content.writer("ref", namespace="new", lease=lease) as writer:
                with pytest.raises(FailedPrecondition):
                    await writer.commit(1001, "sha256:" + "0" * 64)
        image = await client.images.get("docker.io/library/nginx:latest", namespace="new")
        await client.images.delete(image.name, namespace="new")
    written = records(state)
    begun = Counter(each["action"] for each in written if each["result"] == "begun")
    called = {
        path.rpartition(".")[2].replace("/", "."): times
        for path, times in sim.calls.items()
        if path not in READING_CALLS | UNRECORDED_CALLS
    }
    assert begun == called
    assert Counter(each["call"] for each in written) == dict.fromkeys(
        (each["call"] for each in written), 2
    )
    ends = [each for each in written if each["result"] != "begun"]
    created, killed, *_ = ends
    assert created["object"] == created["namespace"] == "new"
    assert (created["result"], created["verb"], created["address"]) == ("OK", "", sim.address)
    assert (killed["verb"], killed["object"]) == ("stop", "nope signal 9")
    assert killed["result"] == "NOT_FOUND"
    assert datetime.fromisoformat(killed["time"]).utcoffset() is not None
    assert (killed["uid"], killed["pid"]) == (os.getuid(), os.getpid())
    assert [(each["object"], each["verb"]) for each in ends if "Transfer" in each["action"]] == [
        ("docker.io/library/nginx:latest", "pull")
    ]
    writes = [each["result"] for each in ends if each["action"] == "Content.Write"]
    assert writes[0] == "left unfinished"
    assert writes[1] == "FAILED_PRECONDITION"
    assert state.audit.stat().st_mode & 0o777 == 0o600
    assert state.root.stat().st_mode & 0o777 == state.root.parent.stat().st_mode & 0o777 == 0o700


async def test_a_refusal_is_recorded(state: StateDirectory, sim: Simulator, audit: Audit) -> None:
    async with Client(sim.address, audit=audit, access=Access(read_only=True)) as client:
        with pytest.raises(ReadOnly):
            await client.namespaces.create("new")
    assert results(state) == [("Namespaces.Create", "refused: read-only")]


async def test_looking_and_resizing_make_no_file(
    state: StateDirectory, sim: Simulator, audit: Audit
) -> None:
    async with Client(sim.address, audit=audit) as client:
        await client.containers.list(namespace="default")
        await client.events.publish("/x/y", namespace="default")
        await client.tasks.resize("web1", namespace="default", columns=80, rows=24)
    assert not state.root.exists()


@asynccontextmanager
async def silent() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """The address of a daemon that never answers, and whether somebody has come."""
    came, writers = asyncio.Event(), list[asyncio.StreamWriter]()

    def accept(_: object, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        came.set()

    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        async with await asyncio.start_unix_server(accept, f"{folder}/s"):
            yield f"{folder}/s", came
            for writer in writers:
                writer.close()


async def test_a_call_without_an_answer(state: StateDirectory) -> None:
    """Cancelled, or past its deadline: what became of it is not known."""
    async with silent() as (address, came), Client(address, audit=Audit(state)) as client:
        task = asyncio.create_task(client.namespaces.create("a"))
        async with asyncio.timeout(PATIENCE):
            await came.wait()
        task.cancel()
        await asyncio.wait({task})
        stub = client.channel.stub(namespaces_pb2_grpc.NamespacesStub)
        request = namespaces_pb2.DeleteNamespaceRequest(name="b")
        with pytest.raises(ContainerdError):
            await client.channel.unary(stub.Delete, request, timeout=0.05)
    assert [each[1] for each in results(state)] == ["begun", "unanswered", "begun", "unanswered"]


DYING = """
import asyncio, sys
from pathlib import Path
from aiocontainerd.audit import Audit
from aiocontainerd.client import Client
from aiocontainerd.state import StateDirectory
async def main():
    async with Client(sys.argv[1], audit=Audit(StateDirectory(Path(sys.argv[2])))) as client:
        await client.namespaces.create("a")
asyncio.run(main())
"""


async def test_a_kill_before_the_answer_leaves_a_trace(state: StateDirectory) -> None:
    async with silent() as (address, came):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", DYING, address, str(state.root)
        )
        async with asyncio.timeout(PATIENCE):
            await came.wait()
            process.send_signal(signal.SIGKILL)
            await process.wait()
    assert results(state) == [("Namespaces.Create", "begun")]


async def test_a_result_goes_with_the_next_line_and_is_not_kept_waiting(
    state: StateDirectory, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verb of several calls waits for the disk once for each, and no line for what comes next."""
    monkeypatch.setattr(audit_module, "_QUICK", 1e9)
    writes, append = [], auditfile.append

    def noted(state: StateDirectory, lines: bytes, **more: Any) -> int:
        writes.append(lines.count(b"\n"))
        return append(state, lines, **more)

    async with audit.recorded(audit.entry("x", "default", "first")):  # the thread's
        pass
    await asyncio.sleep(0)
    monkeypatch.setattr(auditfile, "append", noted)
    for name in "abc":
        async with audit.recorded(audit.entry("x", "default", name)):
            pass
    assert writes == [1, 2, 2]
    await asyncio.sleep(0)
    assert writes == [1, 2, 2, 1]
    assert [each["object"] for each in records(state)] == ["first", "first", *"aabbcc"]


async def test_what_is_refused_before_there_is_a_call(state: StateDirectory, audit: Audit) -> None:
    with acting("task.stop"):
        audit.refuse("default", "web\x1b1")
    await audit.close()
    (line,) = records(state)
    assert (line["action"], line["verb"], line["result"]) == (
        "task.stop",
        "task.stop",
        "refused: read-only",
    )
    assert (line["namespace"], line["object"]) == ("default", "web␛1")
