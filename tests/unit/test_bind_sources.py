"""What a bind source really is: links, kinds, other names, mounts below it."""

import os
import socket
from pathlib import Path

import pytest

from aiocontainerd.bind_sources import look_at, real_path


@pytest.mark.parametrize("target", ["d", "../x/d", "./d/", "{root}/x/d", "chain"])
def test_links_are_followed_as_the_kernel_does(tmp_path: Path, target: str) -> None:
    (tmp_path / "x" / "d").mkdir(parents=True)
    (tmp_path / "x" / "chain").symlink_to("d")
    link = tmp_path / "x" / "link"
    link.symlink_to(target.format(root=tmp_path))
    assert real_path(f"{link}/f") == f"{os.path.realpath(link)}/f" == f"{tmp_path}/x/d/f"


def test_links_stay_below_the_daemons_root(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "link").symlink_to("/etc/../../../etc")
    assert real_path("/link/x", str(tmp_path)) == "/etc/x"
    assert look_at("/link", str(tmp_path)).kind == "directory"


def test_a_loop_is_no_hang(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert look_at(f"{tmp_path}/a").kind == ""


def test_kinds(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        kinds = [look_at(str(tmp_path / name)).kind for name in ("", "f", "s", "none")]
    assert kinds == ["directory", "file", "socket", ""]
    assert look_at("/dev/null").kind == "device"


def test_sockets_and_bundles_one_level_down(tmp_path: Path) -> None:
    for folder in ("plain/deeper", "run", "bundle/rootfs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "bundle" / "config.json").touch()
    (tmp_path / "run" / "config.json").touch()
    (tmp_path / "plain" / "link").symlink_to(tmp_path / "run" / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "run" / "s"))
        found = [look_at(str(tmp_path / name)) for name in ("plain", "run", "bundle")]
    assert [facts.sockets for facts in found] == [(), ("s",), ()]
    assert [facts.is_bundle for facts in found] == [False, False, True]


def test_another_name_of_something_known() -> None:
    pid = os.getpid()
    assert look_at(f"/proc/{pid}/root").real == "/"
    assert look_at(f"/proc/{pid}/cwd/../..").same_as in {"", "/"}
    assert look_at("/etc").same_as == ""


def test_mounts_below() -> None:
    assert "/proc" in look_at("/").submounts
    assert "/" not in look_at("/").submounts
    assert look_at("/etc/passwd").submounts == ()
