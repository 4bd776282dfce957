"""`run`: what the container sees, where its output goes, and what ctr says of it."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.mounts import BindMount
from aiocontainerd.operations import (
    LOG_LABEL,
    REMOVE_LABEL,
    STDOUT_LABEL,
    Agreed,
    delete_container,
    remove_when_done,
    run,
    start,
)
from aiocontainerd.run_options import RunOptions
from aiocontainerd.state import StateDirectory

from .. import images, layers
from .conftest import Stage, output_of, until, written


async def test_it_runs_detached_and_its_labels_name_its_log(stage: Stage) -> None:
    result = await stage.run("c", "echo to-out; echo to-err >&2; sleep 1000")
    assert await written(result.log, "to-out\n", "stdout") == "to-out\n"
    assert await written(result.log, "to-err\n", "stderr") == "to-err\n"
    assert stage.task("c") == "RUNNING"
    assert str(result.pid) in stage.ctr("tasks", "ls")
    labels = json.loads(stage.ctr("containers", "info", "c"))["Labels"]
    assert labels[LOG_LABEL] == str(result.log)
    assert labels["io.containerd.image.config.stop-signal"] == "SIGTERM"
    assert stage.ctr("leases", "ls", "-q") == ""
    for path in (result.log, result.log.parent):
        assert path.stat().st_mode & 0o077 == 0


async def test_the_options_reach_the_process(stage: Stage, tmp_path: Path) -> None:
    source = tmp_path / "a b,c:d"
    source.mkdir()
    source.chmod(0o777)
    (source / "file").write_text("from the host\n")
    result = await stage.run(
        "c",
        "id; pwd; echo $COLOUR; hostname; cat '/d a,t:a/file'; cat '/once/file'; ls /sys/class/net;"
        "touch /x; echo >'/d a,t:a/new'; echo >/once/new; ulimit -n; echo $HOME; echo end",
        user="app",
        cwd="/tmp",
        env=("COLOUR=blue", "PATH=/bin"),
        hostname="box",
        mounts=(
            BindMount(str(source), "/d a,t:a", readonly=True),
            BindMount(str(source), "/once"),
        ),
        memory=64 << 20,
        cpus=0.5,
        pids=50,
        readonly=True,
        labels=(("who", "me"),),
    )
    await written(result.log, "end\n")
    lines = output_of(result.log, "stdout").splitlines()
    identity, cwd, colour, host, first, second, net, files, *_ = lines
    assert identity == "uid=1000(app) gid=1000(app) groups=29(audio),44(video),1000(app)"
    assert (cwd, colour, host, net, files) == ("/tmp", "blue", "box", "lo", "1024")
    assert (first, second) == ("from the host", "from the host")
    errors = output_of(result.log, "stderr")
    assert "/x: Read-only file system" in errors
    assert "/d a,t:a/new: Read-only file system" in errors.replace("can't create ", "")
    assert (source / "new").exists()
    info = json.loads(stage.ctr("containers", "info", "c"))
    assert info["Labels"]["who"] == "me"
    resources = info["Spec"]["linux"]["resources"]
    assert resources["memory"]["limit"] == 64 << 20
    assert resources["cpu"]["quota"] == 50_000
    assert resources["pids"]["limit"] == 50
    assert memory_limit(stage, "c") == 64 << 20


def memory_limit(stage: Stage, id: str) -> int:
    """What the kernel allows this container, in bytes (cgroup v1 or v2)."""
    top = Path("/sys/fs/cgroup")
    old = top / "memory" / stage.namespace / id / "memory.limit_in_bytes"
    new = top / stage.namespace / id / "memory.max"
    return int((old if old.exists() else new).read_text())


async def test_what_was_agreed_to_is_what_it_gets(stage: Stage, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    link = tmp_path / "link"
    link.symlink_to("one")
    agreed = Agreed(sources={str(link): str(tmp_path / "one")})

    async def listed(id: str) -> str:
        mounts = (BindMount(str(link), "/m"),)
        options = RunOptions(stage.image, id, command=("/bin/ls", "/m"), mounts=mounts)
        result = await run(
            stage.client, options, namespace=stage.namespace, state=stage.state, agreed=agreed
        )
        return (await written(result.log, "\n")).strip()

    assert await listed("a") == "one"
    link.unlink()
    link.symlink_to("two")
    with pytest.raises(FailedPrecondition, match="leads elsewhere since you looked"):
        await listed("b")
    container = await stage.container("a")
    await until(lambda: stage.task("a") == "STOPPED", "its end")
    await start(stage.client, container, state=stage.state)
    log = Path(container.labels[LOG_LABEL])
    await until(lambda: output_of(log) == "one\none\n", "the same folder again")
    seen = await stage.client.images.get(stage.image, namespace=stage.namespace)
    agreed = Agreed(digest=f"sha256:{'7' * 64}")
    with pytest.raises(FailedPrecondition, match="this name points to another image"):
        await listed("b")
    agreed = Agreed(digest=seen.target.digest)
    assert await listed("b") == "two"


async def test_with_the_host_network_it_has_the_host_names(stage: Stage) -> None:
    script = "cat /etc/resolv.conf; echo --; cat /etc/hosts; echo --; ls /sys/class/net; echo end"
    result = await stage.run("c", script, network="host")
    text = await written(result.log, "end\n")
    resolver, hosts, net = text.removesuffix("end\n").split("--\n")
    assert resolver == Path("/etc/resolv.conf").read_text()
    assert hosts == Path("/etc/hosts").read_text()
    assert net.split() == sorted(path.name for path in Path("/sys/class/net").iterdir())


async def test_the_images_settings_apply(stage: Stage, tmp_path: Path) -> None:
    made = images.busybox(
        user="app",
        cwd="/etc",
        env=["COLOUR=red", "PATH=/bin"],
        entrypoint=["/bin/sh", "-c"],
        cmd=["id; pwd; echo $COLOUR; exec sleep 1000"],
        stop_signal="SIGUSR1",
        labels={"of.image": "yes", "io.ctdeck/remove": "true", "containerd.io/gc.root": "x"},
    )
    stage.ctr("images", "import", str(images.save(tmp_path / "i.tar", {"a.test/i:1": made})))
    result = await stage.run("c", image="a.test/i:1", command=())
    text = await written(result.log, "red\n")
    groups = "groups=29(audio),44(video),1000(app)"
    assert text == f"uid=1000(app) gid=1000(app) {groups}\n/etc\nred\n"
    labels = json.loads(stage.ctr("containers", "info", "c"))["Labels"]
    assert labels["io.containerd.image.config.stop-signal"] == "SIGUSR1"
    assert labels["of.image"] == "yes"
    assert not {REMOVE_LABEL, "containerd.io/gc.root"} & set(labels)


async def test_the_spec_is_that_of_ctr_run(stage: Stage) -> None:
    stage.daemon.run(
        stage.image, "theirs", "sleep", "1000", namespace=stage.namespace, flags=("--detach",)
    )
    await stage.run("ours", command=("sleep", "1000"))
    ours, theirs = (
        json.loads(stage.ctr("containers", "info", id).replace(f"/{id}", "/ID"))["Spec"]
        for id in ("ours", "theirs")
    )
    for spec in (ours, theirs):
        del spec["ociVersion"]  # that of the vendored library
        masked = spec["linux"]["maskedPaths"]
        masked[:] = sorted(set(masked) - {"/sys/devices/virtual/powercap"})  # not yet in 1.6
    assert ours == theirs


async def test_a_terminal_logs_what_it_shows_and_never_blocks(stage: Stage) -> None:
    result = await stage.run(
        "c", "test -t 1 && echo is-a-terminal; seq 20000; echo end; sleep 1000", terminal=True
    )
    text = await written(result.log, "end\r\n")
    assert text.startswith("is-a-terminal\r\n")
    assert "\r\n20000\r\n" in text
    labels = json.loads(stage.ctr("containers", "info", "c"))["Labels"]
    assert labels[STDOUT_LABEL] == str(result.log)
    assert LOG_LABEL not in labels
    await delete_container(stage.client, result.container, state=stage.state, grace=0)
    assert stage.task("c") == ""


async def test_an_image_that_is_not_unpacked_is_unpacked(stage: Stage, tmp_path: Path) -> None:
    made = images.busybox(*layers.filler(1, 2000))
    archive = images.save(tmp_path / "i.tar", {"a.test/i:1": made})
    stage.ctr("images", "import", "--no-unpack", str(archive))
    before = stage.everything()["snapshots"]
    result = await stage.run("c", "cat /filler/0 | wc -c; sleep 1000", image="a.test/i:1")
    assert await written(result.log, "\n") == "2000\n"
    assert len(stage.everything()["snapshots"]) == len(before) + 2


async def test_removed_when_done(stage: Stage) -> None:
    before = stage.everything()
    result = await stage.run("c", "echo said; exit 3", remove=True)
    assert result.container.labels[REMOVE_LABEL] == "true"
    assert await remove_when_done(stage.client, result.container, state=stage.state) == 3
    assert stage.everything() == before


async def test_the_log_of_a_full_disk_never_blocks_the_container(
    stage: Stage, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k,mode=0700", "tmpfs", str(disk)], check=True
    )
    try:
        stage.state = StateDirectory(disk)
        mount = BindMount(str(tmp_path), "/host")
        script = "seq 100000; touch /host/went-on; while :; do seq 1000; sleep 0.1; done"
        result = await stage.run("c", script, mounts=(mount,))
        await until((tmp_path / "went-on").exists, "the container goes on")
        assert result.log.stat().st_size > 100_000
        with result.log.open("w"):
            pass  # space again: within 5 s it logs again
        told = "bytes of output are missing here: No space left on device\n"
        text = await written(result.log, told, "stderr")
        assert text.startswith("ctdeck: about ")
        await until(lambda: output_of(result.log, "stdout").count("\n") > 1000, "it logs again")
        await delete_container(stage.client, result.container, state=stage.state, grace=0)
        assert list(disk.rglob("*.log")) == []
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


async def test_many_at_once(stage: Stage) -> None:
    count = 4
    results = await asyncio.gather(
        *(stage.run(f"c{number}", f"echo {number}; sleep 1000") for number in range(count))
    )
    for number, result in enumerate(results):
        assert await written(result.log, "\n") == f"{number}\n"
        assert stage.task(f"c{number}") == "RUNNING"
