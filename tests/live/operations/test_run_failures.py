"""What `run` refuses, in whose words, and that it leaves nothing behind however it ends."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiocontainerd.access import Access
from aiocontainerd.client import Client
from aiocontainerd.errors import (
    AlreadyExists,
    ContainerdError,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    ReadOnly,
    RuntimeFailed,
    Unavailable,
)
from aiocontainerd.mounts import BindMount
from aiocontainerd.operations import LOG_LABEL, STDOUT_LABEL, delete_container, run, stop
from aiocontainerd.run_options import RunOptions
from aiocontainerd.state import StateDirectory

from ..conftest import BUSYBOX
from ..daemons import Daemon
from ..namespaces import clean, new_name
from .conftest import Stage, output_of, until, written
from .dying import mortal

WRONG: dict[str, tuple[dict[str, Any], type[ContainerdError], str]] = {
    "missing source": (
        {"mounts": (BindMount("/no/such", "/x"),)},
        InvalidArgument,
        "mount '/no/such': the source of the mount does not exist. Create it first",
    ),
    "file on directory": (
        {"mounts": (BindMount("/etc/passwd", "/etc"),)},
        RuntimeFailed,
        "'/etc/passwd' cannot be mounted at '/etc': one is a directory and the other is not",
    ),
    "over /proc": (
        {"mounts": (BindMount("/etc", "/proc/sys"),)},
        RuntimeFailed,
        "nothing can be mounted at '/proc/sys'",
    ),
    "missing program": (
        {"command": ("no-such-thing",)},
        RuntimeFailed,
        "c: the image has no program 'no-such-thing' (exec: ",
    ),
    "missing path": (
        {"command": ("/no/such",)},
        RuntimeFailed,
        "c: the image has no program '/no/such' (",
    ),
    "not executable": (
        {"command": ("/etc/passwd",)},
        RuntimeFailed,
        "c: '/etc/passwd' is not a program that can be executed",
    ),
    "a file as directory": (
        {"cwd": "/etc/passwd"},
        RuntimeFailed,
        "c: the working directory '/etc/passwd' cannot be used",
    ),
    "unknown user": (
        {"user": "nobody-here"},
        InvalidArgument,
        "user 'nobody-here': the image has no user 'nobody-here'. Its users: root, app",
    ),
    "huge user": (
        {"user": "4294967296"},  # 0 for who cuts it to 32 bits: CVE-2024-40635
        InvalidArgument,
        "user '4294967296': the uid is out of range. Use 0 to 2147483647",
    ),
    "huge group": ({"user": "1000:2147483648"}, InvalidArgument, "the gid is out of range"),
    "too little memory": ({"memory": 1000}, InvalidArgument, "Give at least 4194304 bytes"),
    "unknown group": (
        {"user": "app:none"},
        InvalidArgument,
        "user 'app:none': the image has no group 'none'",
    ),
    "unknown image": (
        {"image": "no/such"},
        NotFound,
        "Pull it first: docker.io/no/such:latest",
    ),
    "no reference": ({"image": "no such"}, InvalidArgument, ""),
}


async def test_what_is_wrong_is_named_and_nothing_is_left(stage: Stage) -> None:
    before = stage.everything()
    for case, (options, kind, text) in WRONG.items():
        with pytest.raises(kind) as caught:
            await stage.run("c", **options)
        assert text in str(caught.value), case
        assert caught.value.remedy, case
        assert not hasattr(caught.value, "__notes__"), case
        assert stage.everything() == before, case


async def test_a_taken_id_is_refused_and_its_owner_untouched(stage: Stage) -> None:
    first = await stage.run("c", "echo first; sleep 1000")
    await written(first.log, "first")
    before = stage.everything()
    with pytest.raises(AlreadyExists, match="c: a container of this name exists already"):
        await stage.run("c")
    assert stage.everything() == before
    assert stage.task("c") == "RUNNING"
    assert output_of(first.log) == "first\n"


async def test_of_two_with_one_id_one_wins(stage: Stage) -> None:
    both = (stage.run("c", f"echo {name}; sleep 1000") for name in "ab")
    results = await asyncio.gather(*both, return_exceptions=True)
    losers = [result for result in results if isinstance(result, BaseException)]
    assert [type(loser) for loser in losers] == [AlreadyExists]
    assert stage.task("c") == "RUNNING"
    (winner,) = (result for result in results if not isinstance(result, BaseException))
    assert await written(winner.log, "\n") in {"a\n", "b\n"}
    assert stage.ctr("leases", "ls", "-q") == ""


async def test_a_snapshot_without_container_is_named_and_stays(stage: Stage) -> None:
    held = {"containerd.io/gc.root": "by someone"}
    where = {"snapshotter": stage.daemon.snapshotter, "namespace": stage.namespace}
    await stage.client.snapshots.prepare("c", "", labels=held, **where)
    before = stage.everything()["snapshots"]
    with pytest.raises(AlreadyExists, match="a snapshot of this name exists already, without"):
        await stage.run("c")
    assert stage.everything()["snapshots"] == before
    assert stage.ctr("leases", "ls", "-q") == ""


@pytest.mark.containerd("1.6", "2")
async def test_another_daemon_with_the_same_names_keeps_its_log(
    stage: Stage, start_daemon: Callable[..., Daemon], busybox_tar: Path
) -> None:
    first = await stage.run("c", "echo first; sleep 1000")
    await written(first.log, "first")
    daemon = start_daemon(stage.daemon.name)
    daemon.ctr("images", "import", str(busybox_tar), namespace=stage.namespace)
    async with Client(str(daemon.socket)) as client:
        options = RunOptions(stage.image, "c")
        # All daemons of a machine share runc's own folder of what runs.
        with pytest.raises(RuntimeFailed, match="runc still has a container of this id"):
            await run(client, options, namespace=stage.namespace, state=stage.state)
        await stop(stage.client, first.container, grace=0)
        second = await run(client, options, namespace=stage.namespace, state=stage.state)
        await delete_container(client, second.container, state=stage.state, grace=0)
    assert output_of(first.log) == "first\n"


async def test_no_daemon(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    async with Client(str(tmp_path / "none.sock")) as client:
        with pytest.raises(Unavailable):
            await run(client, RunOptions("busybox", "c"), namespace="default", state=state)
    assert not state.root.exists()


async def test_read_only_makes_nothing(stage: Stage) -> None:
    before = stage.everything()
    async with Client(str(stage.daemon.socket), access=Access(read_only=True)) as client:
        stage.client = client
        with pytest.raises(ReadOnly):
            await stage.run("c")
    assert stage.everything() == before


class Cut:
    """Does something to the n-th call of a client, after it had its effect."""

    def __init__(self, client: Client, number: int, act: Callable[[], None]) -> None:
        self.left = number
        self._unary = client.channel.unary
        self._act = act
        client.channel.unary = self.unary  # type: ignore[method-assign]

    async def unary(self, *args: Any, **kwargs: Any) -> Any:
        answer = await self._unary(*args, **kwargs)
        self.left -= 1
        if self.left == 0:
            self._act()
        return answer


@pytest.mark.parametrize("how", ["cancelled", "failed"])
async def test_however_far_it_came_all_is_undone(stage: Stage, how: str) -> None:
    await stage.client.server_info()
    before = stage.everything()
    original = stage.client.channel.unary
    for number in range(1, 100):
        task = asyncio.ensure_future(stage.run("c"))

        def act(task: "asyncio.Future[Any]" = task) -> None:
            if how == "failed":
                raise DeadlineExceeded("as if it were so")
            task.cancel()

        cut = Cut(stage.client, number, act)
        result, *_ = await asyncio.gather(task, return_exceptions=True)
        stage.client.channel.unary = original  # type: ignore[method-assign]
        if cut.left > 0:  # it made fewer calls than that: it got through
            assert not isinstance(result, BaseException)
            await delete_container(stage.client, result.container, state=stage.state, grace=0)
            break
        if not isinstance(result, BaseException):  # a call whose failure does not matter
            await delete_container(stage.client, result.container, state=stage.state, grace=0)
        await until(lambda: stage.everything() == before, f"nothing left after call {number}")
    assert number > 6
    assert stage.everything() == before


@pytest.mark.parametrize("terminal", [False, True])
async def test_our_death_stops_nothing(stage: Stage, terminal: bool) -> None:
    script = "while [ ! -e /tmp/x ]; do sleep 0.05; done; seq 30000; sleep 1000"
    async with mortal(stage) as process:
        assert await process.die("run", script=script, terminal=terminal)
    container = await stage.container("c")
    log = Path(container.labels[STDOUT_LABEL if terminal else LOG_LABEL])
    assert output_of(log) == ""
    stage.ctr("tasks", "exec", "--exec-id", "go", "c", "touch", "/tmp/x")
    text = await written(log, "30000\r\n" if terminal else "30000\n")
    assert len(text) > 2 * 65536
    assert stage.task("c") == "RUNNING"
    await delete_container(stage.client, container, state=stage.state, grace=0)
    assert stage.everything()["files"] == []


@pytest.mark.containerd("1.6", "2")
async def test_a_daemon_that_died_in_between_does_not_keep_the_name(
    containerd_name: str,
    start_daemon: Callable[..., Daemon],
    busybox_tar: Path,
    state: StateDirectory,
) -> None:
    daemon = start_daemon(containerd_name)
    name = new_name()
    daemon.ctr("images", "import", str(busybox_tar), namespace=name)
    async with Client(str(daemon.socket)) as client:
        stage = Stage(client, daemon, name, BUSYBOX, state)
        prepare = client.snapshots.prepare

        async def prepared(*args: Any, **kwargs: Any) -> Any:
            made = await prepare(*args, **kwargs)
            daemon.kill()
            return made

        client.snapshots.prepare = prepared  # type: ignore[method-assign]
        with pytest.raises(Unavailable):
            await stage.run("c")
        client.snapshots.prepare = prepare  # type: ignore[method-assign]
        await asyncio.to_thread(daemon.start)
        assert stage.ctr("leases", "ls", "-q")
        async with asyncio.timeout(20):
            while True:
                try:
                    await client.version.get()
                    break
                except Unavailable:  # the channel needs a moment to see that it is back
                    await asyncio.sleep(0.01)
        await stage.run("c")
        assert stage.task("c") == "RUNNING"
        assert stage.ctr("leases", "ls", "-q") == ""
    clean(daemon, name)


async def test_the_loggers_end_with_the_task(stage: Stage) -> None:
    result = await stage.run("c", "echo hello; sleep 1000")
    await written(result.log, "hello")
    folder = str(stage.state.root.parent)
    loggers = _mentioning(folder, "keeper.py")
    assert len(loggers) == 2, "a shell, and our Python"
    await delete_container(stage.client, result.container, state=stage.state, grace=0)
    await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in loggers), "all ended")


def _mentioning(*texts: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if all(text in line for text in texts):
                found.append(int(entry.name))
    return found


async def test_odd_characters_in_the_state_path_stay_text(stage: Stage) -> None:
    result = await stage.run("c", "echo said; sleep 1000")
    await written(result.log, "said")
    info = json.loads(stage.ctr("containers", "info", "c"))
    assert Path(info["Labels"][LOG_LABEL]) == result.log
    assert {path.name for path in stage.state.root.iterdir()} == {"logs", "runs"}
    assert {path.name for path in stage.state.root.parent.iterdir()} == {stage.state.root.name}
