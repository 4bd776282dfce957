"""Where a log is, by who made the container; labels that anybody may have set lead nowhere else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.logs import LogFile, NoLog, find_log, makers
from aiocontainerd.logs.makers import by_docker, by_nerdctl, cri_log_path, nerdctl_hash
from aiocontainerd.models import Container, Mount
from tests.tui.logs import Client
from tests.tui.worlds import container

ID = "0123456789abcdef" * 4


def named(**more: Any) -> Container:
    return container(ID, **more)


async def found(made: Container, uri: str = "", root: str = "") -> tuple[LogFile, ...]:
    client = Client()
    client.tasks.uri = uri
    return (await find_log(client, made, root)).files  # type: ignore[arg-type]


async def test_ctdecks_own_by_its_labels() -> None:
    log = "/var/lib/ctdeck/logs/0a1b2c3d/default/web1/output.log"
    labels = {"io.ctdeck/log": log}
    assert await found(container("web1", labels=labels)) == (LogFile(log, "cri", own=3),)
    out, err = (log.replace("output", name) for name in ("stdout", "stderr"))
    terminal = {"io.ctdeck/stdout": out}
    plain = LogFile(out, "plain", "stdout", own=3)
    assert await found(container("web1", labels=terminal)) == (plain,)
    earlier = {**terminal, "io.ctdeck/stderr": err}
    assert await found(container("web1", labels=earlier)) == (
        plain,
        LogFile(err, "plain", "stderr", own=3),
    )
    files = await found(container("web1", labels={**earlier, **labels}))  # and started again
    assert [file.path for file in files] == [out, err, log]


async def test_ctdecks_own_may_be_on_our_side(tmp_path: Path) -> None:
    """A daemon in other mounts, and the demo."""
    path = tmp_path / "state" / "logs" / "default" / "web1" / "output.log"
    labels = {"io.ctdeck/log": str(path)}
    path.parent.mkdir(parents=True)
    path.touch()
    root = tmp_path / "root"
    (file,) = await found(container("web1", labels=labels), root=str(root))
    assert file.here
    there = root / str(path)[1:]
    there.parent.mkdir(parents=True)
    there.touch()
    (file,) = await found(container("web1", labels=labels), root=str(root))
    assert not file.here


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow",
        "/var/lib/ctdeck/logs/default/other/NAME.log",
        "/var/lib/ctdeck/logs/k8s.io/web1/NAME.log",
        "/var/lib/ctdeck/logs/default/web1/../../../../../etc/shadow",
        "/var/lib/ctdeck/logs/default/web1/../../default/other/NAME.log",
        "/var/lib/ctdeck/logs/default/web1/NAMExlog",
        "/var/lib/ctdeck/logs/default/web1/NAME.log\n",
        "/var/lib/ctdeck/logs/default/web1/x/NAME.log",
        "/var/lib/ctdeck/logs/default/web1/other.log",
        "logs/default/web1/NAME.log",
        "",
    ],
)
async def test_labels_of_an_image_lead_nowhere_else(path: str) -> None:
    for label, name in (("log", "output"), ("stdout", "stdout"), ("stderr", "stderr")):
        labels = {f"io.ctdeck/{label}": path.replace("NAME", name)}
        with pytest.raises(NoLog, match="/dev/null"):
            await found(container("web1", labels=labels))


def test_nerdctls_hash_is_that_of_the_sockets_real_path(tmp_path: Path) -> None:
    assert nerdctl_hash("/nowhere/containerd.sock") == nerdctl_hash(
        "unix:///nowhere/containerd.sock"
    )
    (tmp_path / "run").mkdir()
    (tmp_path / "var").symlink_to("run")
    real = hashlib.sha256(str(tmp_path.resolve() / "run" / "c.sock").encode()).hexdigest()[:8]
    assert nerdctl_hash(str(tmp_path / "var" / "c.sock")) == real


def test_nerdctls_state_folder_counts_only_for_its_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(makers, "_NERDCTL_ROOTS", (str(tmp_path),))
    right = f"/data/nerdctl/1935db59/containers/default/{ID}"
    for label, wanted in (
        (right, right),
        (right.replace("default", "other"), ""),
        ("/etc", ""),
        ("", ""),
    ):
        made = named(labels={"nerdctl/name": "x", "nerdctl/state-dir": label})
        (file,) = by_nerdctl(made, "/nowhere/c.sock").files
        own = f"{tmp_path}/{nerdctl_hash('/nowhere/c.sock')}/containers/default/{ID}"
        assert file.path == f"{wanted or own}/{ID}-json.log"


def test_dockers_folder_is_where_its_mounts_are_from(tmp_path: Path) -> None:
    source = f"{tmp_path}/containers/{ID}/hosts"
    made = named(namespace="moby", mounts=(Mount("/etc/hosts", "bind", source),))
    (file,) = by_docker(made).files
    assert (file.path, file.kind) == (f"{tmp_path}/containers/{ID}/{ID}-json.log", "json")
    (file,) = by_docker(named(namespace="moby", mounts=(Mount("/etc/hosts", "bind", "/x"),))).files
    assert file.path.startswith("/var/lib/docker/containers/")


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"LogConfig": {"Type": "journald"}}, "journald"),
        ({"LogConfig": {"Type": "none"}}, "no log"),
        ({"LogConfig": {"Type": "\x1b[2J" + "x" * 99}}, "␛"),
    ],
)
def test_dockers_other_drivers_are_named(tmp_path: Path, config: object, why: str) -> None:
    folder = tmp_path / "containers" / ID
    folder.mkdir(parents=True)
    (folder / "hostconfig.json").write_text(json.dumps(config))
    mounts = (Mount("/etc/hosts", "bind", f"{folder}/hosts"),)
    with pytest.raises(NoLog, match=why):
        by_docker(named(namespace="moby", mounts=mounts))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"LogConfig": 1}', "[" * 100_000])
def test_broken_settings_are_as_none(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "containers" / ID
    folder.mkdir(parents=True)
    (folder / "hostconfig.json").write_text(text)
    mounts = (Mount("/etc/hosts", "bind", f"{folder}/hosts"),)
    assert by_docker(named(namespace="moby", mounts=mounts)).files


METADATA = st.recursive(
    st.none() | st.text(),
    lambda inner: st.dictionaries(st.sampled_from(["Metadata", "LogPath"]), inner),
)


@given(st.binary() | METADATA.map(lambda value: json.dumps(value).encode()))
def test_any_metadata_has_a_path_or_none(raw: bytes) -> None:
    assert isinstance(cri_log_path({makers.CRI_METADATA: raw}), str)


async def test_a_file_by_its_uri() -> None:
    assert await found(named(), "file:///a/b%20c.log") == (LogFile("/a/b c.log"),)
    assert await found(named(), "/var/log/x.log") == (LogFile("/var/log/x.log"),)
