"""The audit: a record for each changing call, whole, safe, and never in the way."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from aiocontainerd import audit as module
from aiocontainerd import auditfile
from aiocontainerd.access import Access
from aiocontainerd.audit import Audit, acting
from aiocontainerd.auditwords import result_of_status
from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, FailedPrecondition, NotFound, ReadOnly
from aiocontainerd.gate import FLEETING_CALLS, READING_CALLS
from aiocontainerd.pb import (
    containers_pb2,
    images_pb2,
    leases_pb2,
    namespaces_pb2,
    namespaces_pb2_grpc,
    snapshots_pb2,
    transfer_pb2,
    transfer_types_pb2,
    typeurl,
)
from aiocontainerd.pull import Pulls
from aiocontainerd.simulator import Simulator
from aiocontainerd.simulator.demo import make_host
from aiocontainerd.state import StateDirectory
from aiocontainerd.subjects import subject_of

PATIENCE = 20.0  # s


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    return StateDirectory(tmp_path / "state" / "ctdeck")


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        async with Simulator(Path(folder) / "c.sock", make_host().world) as simulator:
            yield simulator


@pytest.fixture
async def audit(state: StateDirectory, sim: Simulator) -> AsyncIterator[Audit]:
    made = Audit(state, sim.address)
    yield made
    await made.close()


def records(state: StateDirectory) -> list[dict[str, Any]]:
    if not state.audit.exists():
        return []
    return [json.loads(line) for line in state.audit.read_text().splitlines()]


def results(state: StateDirectory) -> list[tuple[str, str]]:
    return [(each["action"], each["result"]) for each in records(state)]


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
        if path not in READING_CALLS | FLEETING_CALLS
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


async def test_looking_makes_no_file(state: StateDirectory, sim: Simulator, audit: Audit) -> None:
    async with Client(sim.address, audit=audit) as client:
        await client.containers.list(namespace="default")
        await client.events.publish("/x/y", namespace="default")
    assert not state.root.exists()


async def test_no_secret_is_in_it(state: StateDirectory, sim: Simulator, audit: Audit) -> None:
    canary = "CANARY"
    spec = {"process": {"env": [f"TOKEN={canary}"], "args": ["x", canary]}}
    record = containers_pb2.Container(
        id="c",
        labels={"secret": canary},
        runtime=containers_pb2.Container.Runtime(name="x"),
        spec=typeurl.pack_json(typeurl.SPEC_URL, spec),
    )
    async with Client(sim.address, audit=audit) as client:
        await client.containers.create(record, namespace="default")
        await client.containers.set_labels("c", {"other": canary}, namespace="default")
        async with client.streaming.open("auth", namespace="default") as stream:
            await stream.send(record)
        async with client.content.writer("r", namespace="default") as writer:
            await writer.write(canary.encode(), 0)
    assert len(records(state)) == 8
    assert canary not in state.audit.read_text()


SECRETS = (
    'OCI runtime create failed: exec: "/bin/app --password CANARY": stat: no such file',
    'bad PASSWORD="CANARY CANARY"',
    'exec: "mysql" -pCANARY: permission denied',
    '{"auth":"CANARY"} token: CANARY',
    "https://user:p@CANARY@host/x?token=CANARY: no space left on device",
    'error mounting "/CANARY" to rootfs at "/CANARY": not a directory',
    "CANARY \x1b[2J\n" * 1000,
)


@pytest.mark.parametrize("text", SECRETS)
def test_no_word_of_the_daemons_error_is_in_it(text: str) -> None:
    """Any of them may be of somebody's command line: only sentences of our own are kept."""
    result = result_of_status("UNKNOWN", text)
    assert result.partition(":")[0] == "UNKNOWN"
    assert "CANARY" not in result
    assert result.isprintable()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('runc: exec: "a b": executable file not found in $PATH', "the image has no such program"),
        ("write /x: no space left on device", "no space left on the device"),
        ('error mounting "a" to rootfs at "b": x', "a mount cannot be made"),
        ("OCI runtime create failed: unable to set memory limit to 9", "too little memory"),
        ("failed to create shim task: something new", "the runtime refused it"),
        ("something else", ""),
    ],
)
def test_the_daemons_error_is_told_in_our_own_words(text: str, kept: str) -> None:
    assert result_of_status("UNKNOWN", text) == (f"UNKNOWN: {kept}" if kept else "UNKNOWN")


async def test_hostile_names_are_one_line_each(
    state: StateDirectory, sim: Simulator, audit: Audit
) -> None:
    async with Client(sim.address, audit=audit) as client:
        for name in ('a\n{"x": 1}', "\x1b[2J", "x" * 5000, "\u202e"):
            with pytest.raises(ContainerdError):
                await client.images.delete(name, namespace="default")
    written = records(state)
    assert len(written) == 8
    assert all(len(line) < 1500 for line in state.audit.read_text().splitlines())
    assert all(each["object"].isprintable() for each in written)


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


async def test_bytes_are_recorded_as_what_they_say() -> None:
    """Names that need not be UTF-8 are bytes in our stubs."""
    name = b"docker.io/x:1"
    for request in (
        images_pb2.DeleteImageRequest(name=name),
        images_pb2.CreateImageRequest(image=images_pb2.Image(name=name)),
        leases_pb2.DeleteRequest(id=name),
        snapshots_pb2.RemoveSnapshotRequest(key=name),
        transfer_pb2.TransferRequest(
            destination=typeurl.pack(transfer_types_pb2.ImageStore(name=name.decode()))
        ),
    ):
        assert subject_of(request) == "docker.io/x:1"


def write(state: StateDirectory, line: bytes, *, limit: int = 1 << 20, kept: int = 3) -> None:
    auditfile.append(state, line, limit=limit, kept=kept)


def test_old_files_are_few(state: StateDirectory) -> None:
    for number in range(100):
        write(state, f"{number:04}\n".encode(), limit=50, kept=2)
    files = sorted(state.root.iterdir())
    assert [file.name for file in files] == ["audit.log", "audit.log.1", "audit.log.2"]
    newest = "".join(file.read_text() for file in reversed(files)).split()
    assert newest == [f"{number:04}" for number in range(70, 100)]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


MANY = """
import sys
from pathlib import Path
from aiocontainerd.auditfile import append
from aiocontainerd.state import StateDirectory
for number in range(300):
    line = f"{sys.argv[2]}-{number}-".encode() + b"x" * 150 + b"\\n"
    append(StateDirectory(Path(sys.argv[1])), line, limit=8000, kept=100)
"""


def test_several_at_once_lose_and_mix_nothing(state: StateDirectory) -> None:
    """While each of them puts full files aside."""
    running = [
        subprocess.Popen([sys.executable, "-c", MANY, str(state.root), str(number)])
        for number in range(4)
    ]
    assert [process.wait(PATIENCE) for process in running] == [0] * 4
    files = list(state.root.iterdir())
    assert len(files) > 20
    lines = [line for file in files for line in file.read_text().splitlines()]
    wanted = {f"{who}-{number}-" + "x" * 150 for who in range(4) for number in range(300)}
    assert len(lines) == len(wanted)
    assert set(lines) == wanted


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """What is written past this many bytes of a file is cut off, as on a full disk."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def test_a_full_disk_leaves_no_half_line(state: StateDirectory) -> None:
    write(state, b"a" * 99 + b"\n")
    with largest_file(150), pytest.raises(FailedPrecondition, match="no space left"):
        write(state, b"b" * 99 + b"\n")
    assert state.audit.read_bytes() == b"a" * 99 + b"\n"


@pytest.mark.parametrize("left", [b'{"time": "torn', b""])
def test_a_torn_line_spoils_no_other(state: StateDirectory, left: bytes) -> None:
    """The power failed in the middle of it."""
    write(state, b"1\n")
    with state.audit.open("ab") as file:
        file.write(left)
    write(state, b"2\n")
    assert state.audit.read_bytes() == b"1\n" + (left + b"\n" if left else b"") + b"2\n"


async def test_a_file_that_somebody_took_away_begins_anew(
    state: StateDirectory, audit: Audit
) -> None:
    """And one that was torn since our last line is mended."""
    for name in "ab":
        async with audit.recorded(audit.entry("x", "default", name)):
            pass
    state.audit.unlink()
    async with audit.recorded(audit.entry("x", "default", "c")):
        pass
    assert audit.problem == ""
    with state.audit.open("ab") as file:
        file.write(b"torn")
    async with audit.recorded(audit.entry("x", "default", "d")):
        pass
    await audit.close()
    lines = state.audit.read_text().splitlines()
    assert [line for line in lines if line[0] != "{"] == ["torn"]
    assert [json.loads(line)["object"] for line in lines if line != "torn"] == list("ccdd")


async def test_an_unforeseen_error_ends_no_thread_and_is_told_once(
    state: StateDirectory, sim: Simulator, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> dict[str, str | int]:
        raise ZeroDivisionError("CANARY")

    told: list[str] = []
    audit.listen(told.append)
    with monkeypatch.context() as patch:
        patch.setattr(auditfile, "who", broken)
        async with asyncio.timeout(module.PATIENCE):  # no call waits for a thread that is gone
            async with audit.recorded(audit.entry("x", "default", "a")):
                pass
            async with audit.recorded(audit.entry("x", "default", "b")):
                pass
    assert len(told) == 1
    assert "ZeroDivisionError" in told[0]
    assert "CANARY" not in told[0]
    async with audit.recorded(audit.entry("x", "default", "c")):
        pass
    await audit.close()
    assert [each["object"] for each in records(state)] == list("aabbcc")


def _link(state: StateDirectory) -> None:
    state.audit.symlink_to(state.root.parent / "victim")


def _hard_link(state: StateDirectory) -> None:
    state.audit.hardlink_to(state.root.parent / "victim")


def _pipe(state: StateDirectory) -> None:
    os.mkfifo(state.audit)


def _folder(state: StateDirectory) -> None:
    state.audit.mkdir()


def _open_root(state: StateDirectory) -> None:
    state.root.chmod(0o777)


def _linked_root(state: StateDirectory) -> None:
    state.root.rmdir()
    (state.root.parent / "elsewhere").mkdir(mode=0o700)
    state.root.symlink_to(state.root.parent / "elsewhere")


def _foreign_root(state: StateDirectory) -> None:
    os.chown(state.root, 12345, 12345)


ROOTS = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.mark.parametrize(
    "plant",
    [
        _link,
        _hard_link,
        _pipe,
        _folder,
        _open_root,
        _linked_root,
        pytest.param(_foreign_root, marks=ROOTS),
    ],
)
async def test_what_was_planted_gets_nothing_and_is_told_once(
    state: StateDirectory, sim: Simulator, audit: Audit, plant: Callable[[StateDirectory], None]
) -> None:
    state.root.mkdir(parents=True, mode=0o700)
    victim = state.root.parent / "victim"
    victim.write_text("precious")
    plant(state)
    told: list[str] = []
    audit.listen(told.append)
    async with Client(sim.address, audit=audit) as client:
        await client.namespaces.create("a")
        await client.namespaces.create("b")
    assert {"a", "b"} <= set(sim.world.spaces)
    assert len(told) == 1
    assert told[0].startswith("No audit is written: ")
    assert str(state.root) in told[0]
    assert victim.read_text() == "precious"
    assert not list((state.root.parent / "elsewhere").glob("*"))


async def test_lines_that_could_not_be_written_come_later(
    state: StateDirectory, sim: Simulator, audit: Audit
) -> None:
    state.root.mkdir(parents=True)
    state.root.chmod(0o777)
    told: list[str] = []
    async with Client(sim.address, audit=audit) as client:
        await client.namespaces.create("a")
        audit.listen(told.append)  # later than the fault
        assert len(told) == 1
        state.root.chmod(0o700)
        await client.namespaces.create("b")
        assert audit.problem == ""
    assert [each["object"] for each in records(state)] == ["a", "a", "b", "b"]


async def test_a_hung_disk_holds_no_action(
    state: StateDirectory, sim: Simulator, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock, held by somebody else, stands for it."""
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    state.root.mkdir(parents=True, mode=0o700)
    told: list[str] = []
    audit.listen(told.append)
    holder = os.open(state.root, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    async with Client(sim.address, audit=audit) as client:
        await client.namespaces.create("a")
        await client.namespaces.create("b")
        assert len(told) == 1
        assert "it takes too long to write" in told[0]
        assert not state.audit.exists()
        os.close(holder)
        async with asyncio.timeout(PATIENCE):
            while len(records(state)) < 4:
                await asyncio.sleep(0.001)


async def test_a_disk_that_hangs_later_holds_neither_the_loop_nor_an_action(
    state: StateDirectory, sim: Simulator, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that were quick are written by the loop itself; not so if that would have to wait."""
    told: list[str] = []
    audit.listen(told.append)
    async with Client(sim.address, audit=audit) as client:
        await client.namespaces.create("a")
        monkeypatch.setattr(module, "PATIENCE", 0.05)
        holder = os.open(state.root, os.O_RDONLY)
        fcntl.flock(holder, fcntl.LOCK_EX)
        await client.namespaces.create("b")
        await client.namespaces.create("c")
        assert len(told) == 1
        os.close(holder)
        monkeypatch.setattr(module, "PATIENCE", PATIENCE)
        await client.namespaces.create("d")
    assert [each["object"] for each in records(state)] == list("aabbccdd")


@pytest.mark.parametrize(("quick", "names"), [(1e9, {"MainThread", "audit"}), (0, {"audit"})])
async def test_who_writes(
    state: StateDirectory,
    sim: Simulator,
    audit: Audit,
    monkeypatch: pytest.MonkeyPatch,
    quick: float,
    names: set[str],
) -> None:
    """The first line is the thread's, and so are those after a slow one."""
    monkeypatch.setattr(module, "_QUICK", quick)
    writers, append = [], auditfile.append

    def noted(*given: Any, **named: Any) -> None:
        writers.append(threading.current_thread().name)
        append(*given, **named)

    monkeypatch.setattr(auditfile, "append", noted)
    async with Client(sim.address, audit=audit) as client:
        for name in "abc":
            await client.namespaces.create(name)
    assert writers[0] == "audit"
    assert set(writers) == names
    assert [each["object"] for each in records(state)] == list("aabbcc")


def test_who_it_was_behind_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "1000")
    monkeypatch.setenv("SUDO_USER", "al\x1bice")
    found = auditfile.who()
    assert (found["sudo_uid"], found["sudo_user"]) == (1000, "al␛ice")
    assert found["uid"] == os.getuid()
    for nonsense in ("x; rm", "9" * 5000, "-1", "٣"):
        monkeypatch.setenv("SUDO_UID", nonsense)
        assert "sudo_uid" not in auditfile.who()
    monkeypatch.setenv("SUDO_UID", "1000")
    monkeypatch.setenv("SUDO_USER", "x" * 5000)
    assert len(str(auditfile.who()["sudo_user"])) < 400


@pytest.mark.parametrize(("kernel", "known"), [("1000", True), ("4294967295", False)])
def test_who_it_was_to_the_kernel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kernel: str, known: bool
) -> None:
    (tmp_path / "loginuid").write_text(kernel)
    monkeypatch.setattr(auditfile, "LOGIN", tmp_path / "loginuid")
    assert ("login_uid" in auditfile.who()) == known
