"""What dockerd's files say: whatever stands in them, and only if they are what they seem."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.models import Container, Key, Mount, Told
from aiocontainerd.reconcile.dockerd import book_of, page_of, told_by
from aiocontainerd.reconcile.hostfiles import HostFiles
from aiocontainerd.reconcile.topics import Kind, Target

from .reconciling import make_world, put_list

ID = "ab" * 32
BOOK = {
    "Name": "/web",
    "RestartCount": 3,
    "Config": {
        "Image": "nginx:1.27",
        "Env": ["PASSWORD=x"],
        "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"},
    },
}
KNOWN = Told("web", "nginx:1.27", "shop", "web", 3)


def container(
    namespace: str = "moby", id: str = ID, root: str = "", labels: dict[str, str] | None = None
) -> Container:
    source = f"{root}/containers/{id}/hostname"
    mounts = (Mount("/etc/hostname", "bind", source, ("rbind",)),) if root else ()
    return Container(namespace, id, "", "r", "", "", labels=labels or {}, mounts=mounts)


def test_where_dockerd_writes_about_a_container() -> None:
    usual = f"/var/lib/docker/containers/{ID}/config.v2.json"
    assert book_of(container()) == usual
    assert book_of(container(root="/data/d")) == f"/data/d/containers/{ID}/config.v2.json"
    assert book_of(container(root="relative")) == usual
    assert book_of(container("other", labels={"com.docker/engine.bundle.path": "/x"})) == usual
    for another in (
        container("default"),
        container(id="../../etc"),
        container(labels={"nerdctl/name": "x"}),
    ):
        assert book_of(another) == ""


def test_what_is_told() -> None:
    assert told_by(BOOK) == KNOWN
    hostile = told_by({"Name": "/\x1b[2Jweb", "RestartCount": True, "Config": {"Labels": [1]}})
    assert hostile == Told(name="\u241b[2Jweb")
    assert len(told_by({"Name": "x" * 10**6}).name) < 1000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*BOOK, "Labels"]), inner),
)


@given(json_values)
def test_no_file_is_too_odd(value: object) -> None:
    assert isinstance(told_by(value), Told)


def write(folder: Path, text: str) -> str:
    path = folder / "containers" / ID / "config.v2.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_it_is_read_again_only_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, json.dumps(BOOK))
    page = page_of({}, "", path)
    assert page is not None
    assert page.told == KNOWN
    with monkeypatch.context() as patch:
        patch.setattr("aiocontainerd.rootfs.read_file", None)
        assert page_of({path: page}, "", path) is page
    write(tmp_path, json.dumps({**BOOK, "Name": "/another"}))
    again = page_of({path: page}, "", path)
    assert again is not None
    assert again.told.name == "another"


@pytest.mark.parametrize("kind", ["none", "folder", "fifo", "broken", "large", "deep", "link out"])
def test_what_is_no_such_file_says_nothing(tmp_path: Path, kind: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "secret"
    outside.write_text(json.dumps(BOOK))
    path = Path(write(root, ""))
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "link out":
        path.symlink_to(outside)
    elif kind != "none":
        path.write_text({"broken": "{", "large": " " * (2 << 20), "deep": "[" * 100_000}[kind])
    inside = f"/{path.relative_to(root)}"
    assert page_of({}, str(root), inside) is None


async def test_names_come_change_and_go(tmp_path: Path) -> None:
    write(tmp_path, json.dumps(BOOK))
    made, _ = make_world()
    target, key = Target(Kind.CONTAINERS, "n"), Key("n", ID)
    labels = {"com.docker/engine.bundle.path": "/x"}
    record = container("n", root=str(tmp_path), labels=labels)
    files = HostFiles(made)

    def name() -> str:
        return made.freeze().containers[key].short_name

    put_list(made, target, {ID: record}, made.records.asking(target))
    await files._look("")
    assert name() == "web"
    write(tmp_path, json.dumps({**BOOK, "Name": "/front"}))
    await files._look("")
    assert name() == "web"  # what is known is not read again and again
    files.look(everything=True)
    await files._look("")
    assert name() == "front"
    put_list(made, target, {}, made.records.asking(target))
    put_list(made, target, {ID: record}, made.records.asking(target))
    assert name() == "front"  # a restart removes the record and makes it anew
    put_list(made, target, {}, made.records.asking(target))
    files.look(everything=True)
    await files._look("")
    assert not made.findings.books
    assert not made.findings.told
