"""Logs of real containers: ctdeck's own, ctr's, pods', Docker's, nerdctl's; growing, rotated."""

import asyncio
import json
import os
import time
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.logs import Entry, LogReader, LogSource, NoLog, find_log
from aiocontainerd.logs.makers import nerdctl_hash
from aiocontainerd.operations import start, starting, stop

from ..docker import NAMESPACE as MOBY
from ..docker import Docker
from ..kubernetes import NAMESPACE as PODS
from ..kubernetes import Kubelet
from .conftest import Stage

LATER = 30.0  # s


class Follower:
    """Reads a log as it grows."""

    def __init__(self, source: LogSource) -> None:
        self.reader = LogReader(source)
        self.entries: list[Entry] = []

    async def __aenter__(self) -> "Follower":
        self.entries += (await asyncio.to_thread(self.reader.tail)).entries
        return self

    async def __aexit__(self, *_: object) -> None:
        self.reader.close()

    @property
    def texts(self) -> list[str]:
        return [entry.text for entry in self.entries]

    async def until(self, text: str) -> Entry:
        """The entry with this text, as soon as it is there."""
        end = time.monotonic() + LATER
        while text not in self.texts:
            assert time.monotonic() < end, f"no {text} in {self.texts[-20:]}"
            self.entries += (await asyncio.to_thread(self.reader.news)).entries
            await asyncio.sleep(0.02)
        return self.entries[self.texts.index(text)]


async def log_of(stage: Stage, id: str) -> LogSource:
    return await find_log(stage.client, await stage.container(id))


async def test_the_log_of_what_ctdeck_runs_grows_is_emptied_and_put_aside(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "echo out; echo err >&2; n=0; while :; do n=$((n+1)); echo tick $n; sleep 0.1; done"
    await stage.run("a", script)
    async with Follower(await log_of(stage, "a")) as log:
        out, err = await log.until("out"), await log.until("err")
        assert (out.stream, err.stream) == ("stdout", "stderr")
        assert all(entry.time[:2] == "20" for entry in (out, err))
        await log.until("tick 3")
        file = Path(log.reader.source.files[0].path)
        os.truncate(file, 0)
        await log.until("the log was emptied here")
        count = len(log.entries)
        await stage.run("other", "true")  # some time
        while len(log.entries) == count:
            log.entries += (await asyncio.to_thread(log.reader.news)).entries
        assert log.texts[-1].startswith("tick ")
        monkeypatch.setattr(starting, "LOG_MAX", 0)
        container = await stage.container("a")
        await stop(stage.client, container, grace=0)
        await start(stage.client, container, state=stage.state)
        log.entries.clear()
        await log.until("tick 1")
        assert file.with_name("output.log.1").exists()


async def test_a_terminals_log(stage: Stage) -> None:
    await stage.run("t", "echo hello; sleep 1000", terminal=True)
    source = await log_of(stage, "t")
    assert [file.stream for file in source.files] == ["stdout"]
    async with Follower(source) as log:
        await log.until("hello")


async def test_ctr_keeps_none_and_says_where_it_does(stage: Stage, tmp_path: Path) -> None:
    snapshotter = ("--snapshotter", stage.daemon.snapshotter)
    command = ("awk", 'BEGIN { print "hello"; fflush(); system("sleep 1000") }')
    path = tmp_path / "own name.log"
    uri = f"file://{str(path).replace(' ', '%20')}"
    for id, flags in (("fifo", ()), ("null", ("--null-io",)), ("file", ("--log-uri", uri))):
        stage.ctr("run", "-d", *snapshotter, *flags, stage.image, id, *command)
    with pytest.raises(NoLog, match="through a FIFO") as caught:
        await log_of(stage, "fifo")
    assert "--log-uri" in caught.value.remedy
    with pytest.raises(NoLog, match="/dev/null"):
        await log_of(stage, "null")
    async with Follower(await log_of(stage, "file")) as log:
        await log.until("hello")
    stage.ctr("tasks", "kill", "-s", "KILL", "null")
    stage.ctr("tasks", "delete", "--force", "null", check=False)
    with pytest.raises(NoLog, match="has no task"):
        await log_of(stage, "null")


async def test_nerdctls_files(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nerdctl is no package here: its folders, labels and lines in their true form."""
    snapshotter = ("--snapshotter", stage.daemon.snapshotter)
    stage.ctr(
        *("containers", "create", *snapshotter, "--label", "nerdctl/name=db"),
        *(stage.image, "db", "true"),
    )
    root = tmp_path / "nerdctl"
    monkeypatch.setattr("aiocontainerd.logs.makers._NERDCTL_ROOTS", (str(root),))
    folder = root / nerdctl_hash(str(stage.daemon.socket)) / "containers" / stage.namespace / "db"
    folder.mkdir(parents=True)
    line = {"log": "hello\n", "stream": "stderr", "time": "2026-11-23T12:00:00.1Z"}
    (folder / "db-json.log").write_text(json.dumps(line) + "\n")
    async with Follower(await log_of(stage, "db")) as log:
        assert log.entries == [Entry("hello", "stderr", "2026-11-23T12:00:00.1Z")]
    for config, why in (
        ({"driver": "journald"}, "with the driver journald"),
        ({"driver": "none"}, "keep no log"),
    ):
        (folder / "log-config.json").write_text(json.dumps(config))
        with pytest.raises(NoLog, match=why):
            await log_of(stage, "db")
    moved = tmp_path / "moved.log"
    moved.write_text(json.dumps(line) + "\n")
    config = {"driver": "json-file", "opts": {"log-path": str(moved)}}
    (folder / "log-config.json").write_text(json.dumps(config))
    assert [file.path for file in (await log_of(stage, "db")).files] == [str(moved)]


async def test_a_pods_log_with_long_lines_and_rotated(kubelet: Kubelet) -> None:
    pod = await asyncio.to_thread(kubelet.run_pod, "web-0")
    script = (
        "head -c 40000 /dev/zero | tr '\\0' x; echo; echo err >&2; n=0; "
        "while :; do n=$((n+1)); echo tick $n; sleep 0.1; done"
    )
    id = await asyncio.to_thread(kubelet.run, pod, "app", ["sh", "-c", script])
    async with Client(str(kubelet.daemon.socket)) as client:
        container = await client.containers.get(id, namespace=PODS)
        source = await find_log(client, container)
        sandbox = await client.containers.get(pod.id, namespace=PODS)
        with pytest.raises(NoLog, match="holds its pod together"):
            await find_log(client, sandbox)
    path = pod.logs / "app" / "0.log"
    assert [file.path for file in source.files] == [str(path)]
    async with Follower(source) as log:
        long = await log.until("x" * 40_000)
        assert long.stream == "stdout"
        assert long.time[:2] == "20"
        assert (await log.until("err")).stream == "stderr"
        await log.until("tick 2")
        path.rename(path.with_name("0.log.20261130-060000"))
        await log.until(f"tick {len(log.entries) + 5}")  # the plugin has not been told so far
        path.write_text("2026-11-23T12:00:00Z stdout F anew\n")
        while "anew" not in log.texts:
            log.entries += (await asyncio.to_thread(log.reader.news)).entries


async def test_dockers_log_through_its_rotation(docker: Docker) -> None:
    options = ("--log-opt", "max-size=4k", "--log-opt", "max-file=3")
    script = "n=0; while [ $n -lt 300 ]; do n=$((n+1)); echo line $n; sleep 0.01; done; sleep 1000"
    id = await asyncio.to_thread(docker.run, "chatty", "sh", "-c", script, flags=options)
    none = await asyncio.to_thread(
        docker.run, "none", "sleep", "1000", flags=("--log-driver", "none")
    )
    local = await asyncio.to_thread(
        docker.run, "local", "sleep", "1000", flags=("--log-driver", "local")
    )
    async with Client(str(docker.daemon.socket)) as client:
        source = await find_log(client, await client.containers.get(id, namespace=MOBY))
        for other, why in ((none, "driver none"), (local, "with the driver local")):
            with pytest.raises(NoLog, match=why):
                await find_log(client, await client.containers.get(other, namespace=MOBY))
    async with Follower(source) as log:
        await log.until("line 300")
        numbers = [int(text.split()[1]) for text in log.texts]
        assert numbers == list(range(numbers[0], 301))
        folder = Path(source.files[0].path).parent
        assert len(list(folder.glob("*-json.log*"))) == 3
