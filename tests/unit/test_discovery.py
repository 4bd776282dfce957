"""Discovery: where to look, and one plain line for each thing that can be wrong there."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from aiocontainerd import discovery
from aiocontainerd.discovery import WELL_KNOWN, candidates, discover, others_here, probe
from aiocontainerd.simulator import Simulator, World
from aiocontainerd.simulator.faults import Faults
from aiocontainerd.sniff import Speech, listen_to
from aiocontainerd.sockets import find_fault, path_of

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="changes its user")


@asynccontextmanager
async def serving(path: Path, talk: Talk) -> AsyncIterator[str]:
    """A server on a unix socket; `talk` is all it says."""
    done: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done.append(writer)
        await talk(reader, writer)

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield str(path)
    finally:
        server.close()
        for writer in done:
            writer.transport.abort()


@contextmanager
def listening(path: Path) -> Iterator[Path]:
    """A socket that accepts; nobody reads."""
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(str(path))
        server.listen()
        yield path


@contextmanager
def as_nobody() -> Iterator[None]:
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


async def http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def ttrpc(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    header = await reader.readexactly(10)
    length = int.from_bytes(header[:4], "big")
    if length > 1 << 22:  # containerd's reads on and on, and never answers
        await reader.read()
    writer.write(bytes(4) + header[4:8] + bytes([2, 0]))


async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-something_else\r\n")
    await reader.read()


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


def test_an_address_given_is_the_only_one() -> None:
    assert candidates("/a.sock", {"CONTAINERD_ADDRESS": "/b.sock"}) == ("/a.sock",)


def test_the_environment_comes_next() -> None:
    assert candidates(None, {"CONTAINERD_ADDRESS": "/b.sock"}) == ("/b.sock",)
    assert candidates("", {"CONTAINERD_ADDRESS": ""}) == WELL_KNOWN


def test_rootless_sockets_are_looked_for(tmp_path: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    own = f"{tmp_path}/containerd/containerd.sock"
    assert candidates(None, environ) == (*WELL_KNOWN, own)
    (tmp_path / "containerd-rootless").mkdir()
    (tmp_path / "containerd-rootless/child_pid").write_text("4242\n")
    inside = "/proc/4242/root/run/containerd/containerd.sock"
    assert candidates(None, environ) == (*WELL_KNOWN, own, inside)
    (tmp_path / "containerd-rootless/child_pid").write_text("../../etc\n")
    assert candidates(None, environ) == (*WELL_KNOWN, own)


@pytest.mark.parametrize("scheme", ["", "unix:", "unix://"])
def test_addresses_are_paths_with_or_without_a_scheme(scheme: str) -> None:
    assert path_of(f"{scheme}/run/a.sock") == "/run/a.sock"


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("tcp://10.0.0.1:1234", "not the absolute path"),
        ("containerd.sock", "not the absolute path"),
        ("", "not the absolute path"),
        ("/" + "x" * 200, "longer than"),
        ("/nowhere/at/all.sock", "no such socket"),
        ("/etc/passwd/containerd.sock", "no such socket"),
        ("/etc/passwd", "a file"),
        ("/a\0b", "cannot be read"),
    ],
)
def test_a_bad_path_is_named(address: str, word: str) -> None:
    fault = find_fault(address)
    assert fault is not None
    assert word in fault.problem
    assert "\n" not in str(fault)
    assert fault.remedy


def test_a_directory_points_at_the_socket_in_it(tmp_path: Path) -> None:
    fault = find_fault(str(tmp_path))
    assert fault is not None
    assert "directory" in fault.problem
    (tmp_path / "containerd.sock").touch()
    fault = find_fault(str(tmp_path))
    assert fault is not None
    assert f"{tmp_path}/containerd.sock" in fault.remedy


def test_a_dead_socket_is_told_from_a_live_one(tmp_path: Path) -> None:
    with listening(tmp_path / "s") as path:
        assert find_fault(str(path)) is None
        assert find_fault(f"unix://{path}") is None
    fault = find_fault(str(path))
    assert fault is not None
    assert "nobody listens" in fault.problem
    assert fault.remedy == "Start it, or name another socket with --address."


def test_a_full_queue_is_not_a_fault(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(str(tmp_path / "s"))
        server.listen(0)
        with closing(socket.socket(socket.AF_UNIX)) as waiting:
            waiting.connect(str(tmp_path / "s"))
            assert find_fault(str(tmp_path / "s")) is None


def test_datagrams_are_not_containerd(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as server:
        server.bind(str(tmp_path / "s"))
        fault = find_fault(str(tmp_path / "s"))
    assert fault is not None
    assert "another kind" in fault.problem


@root_only
def test_no_permission_names_owner_and_remedy() -> None:
    with TemporaryDirectory() as folder, listening(Path(folder) / "s") as path:
        path.parent.chmod(0o755)
        path.chmod(0o660)
        with as_nobody():
            fault = find_fault(str(path))
        assert fault is not None
        assert "root:root" in fault.problem
        assert "sudo" in fault.remedy
        os.chown(path, 0, 12345)
        with as_nobody():
            fault = find_fault(str(path))
        assert fault is not None
        assert "group 12345" in fault.remedy
        path.parent.chmod(0o700)
        with as_nobody():
            fault = find_fault(str(path))
        assert fault is not None
        assert "folder" in fault.problem


@pytest.mark.parametrize(
    ("talk", "speech"),
    [
        (http1, Speech.HTTP1),
        (silence, Speech.SILENT),
        (ttrpc, Speech.TTRPC),
        (babble, Speech.OTHER),
        (hang_up, Speech.CLOSES),
    ],
)
async def test_what_speaks_there(tmp_path: Path, talk: Talk, speech: Speech) -> None:
    async with serving(tmp_path / "s.sock", talk) as address:
        assert await listen_to(address, patience=0.2) is speech
        found = await probe(address, patience=0.3)
    assert found.server is None
    assert speech.value in found.problem
    assert found.remedy


async def test_a_probe_ends_in_time(tmp_path: Path) -> None:
    clock = asyncio.get_running_loop().time
    begun = clock()
    async with serving(tmp_path / "s", silence) as address:
        await probe(address, patience=0.3)
    assert clock() - begun < 5


async def test_a_slow_daemon_is_one_that_answers(tmp_path: Path) -> None:
    faults = Faults()
    faults.add("Version/Version|Introspection/.*", "delay", seconds=2.5)
    async with Simulator(str(tmp_path / "s"), World(), faults=faults) as sim:
        assert (await probe(sim.address)).server is not None


async def test_discovery_tells_what_was_wrong_with_each(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.sock")
    async with serving(tmp_path / "docker.sock", http1) as docker:
        probes = await discover([missing, docker, str(tmp_path)], patience=1.0)
    assert [found.address for found in probes] == [missing, docker, str(tmp_path)]
    assert not any(found.server for found in probes)
    assert [bool(found.problem) for found in probes] == [True, True, True]
    assert "Docker" in probes[1].problem


def test_others_are_mentioned_only_where_they_are() -> None:
    assert all(Path(path).exists() for path in others_here("/a.sock"))


@root_only
def test_others_that_may_not_be_seen_are_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryDirectory() as folder, listening(Path(folder) / "s") as path:
        monkeypatch.setattr(discovery, "candidates", lambda **_: (str(path),))
        assert others_here("/a.sock") == (str(path),)
        path.parent.chmod(0o700)
        with as_nobody():
            assert others_here("/a.sock") == ()


def test_only_containerds_own_socket_is_the_service_containerd() -> None:
    from aiocontainerd.sockets import _start

    assert "systemctl start containerd" in _start("/run/containerd/containerd.sock")
    assert "systemctl" not in _start("/run/k3s/containerd/containerd.sock")
