"""Reading a file out of a snapshot: layers, whiteouts, and links that want to escape."""

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.rootfs import FILE_MAX, read_file

PASSWD = "etc/passwd"


@dataclass(frozen=True)
class Mount:
    type: str
    source: str = ""
    options: Sequence[str] = ()


def bind(root: Path) -> list[Mount]:
    return [Mount("bind", str(root), ("rbind", "ro"))]


def overlay(
    *layers: Path, upper: bool = True, flags: Sequence[str] = ("userxattr",)
) -> list[Mount]:
    """An overlay mount as containerd's snapshotter describes it, uppermost layer first."""
    lower = [str(layer).replace(":", r"\:") for layer in layers[1 if upper else 0 :]]
    options = ["index=off", *flags, *([f"upperdir={layers[0]}", "workdir=/w"] if upper else [])]
    return [Mount("overlay", "overlay", (*options, "lowerdir=" + ":".join(lower)))]


def write(root: Path, path: str, content: str = "") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content or root.name)
    return file


def link(root: Path, path: str, target: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(target)


def whiteout(root: Path, path: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.mknod(file, 0o020000, os.makedev(0, 0))
    except PermissionError:
        pytest.skip("making a whiteout needs CAP_MKNOD or Linux 5.8")


def opaque(root: Path, path: str) -> None:
    (root / path).mkdir(parents=True, exist_ok=True)
    try:
        os.setxattr(root / path, "user.overlay.opaque", b"y")
    except OSError:
        pytest.skip("this file system has no user xattrs")


@pytest.fixture
def layers(tmp_path: Path) -> tuple[Path, Path, Path]:
    made = tuple(tmp_path / name for name in ("upper", "middle", "lower:1"))
    for layer in made:
        layer.mkdir()
    return made[0], made[1], made[2]


def test_bind(tmp_path: Path) -> None:
    write(tmp_path, PASSWD, "root")
    assert read_file(bind(tmp_path), PASSWD) == b"root"
    assert read_file(bind(tmp_path), "/etc//./passwd") == b"root"
    assert read_file(bind(tmp_path), "etc/group") is None
    assert read_file(bind(tmp_path), "etc/passwd/x") is None


def test_overlay_takes_the_uppermost(layers: tuple[Path, Path, Path]) -> None:
    upper, middle, lower = layers
    write(lower, PASSWD)
    write(lower, "etc/group")
    assert read_file(overlay(*layers), PASSWD) == b"lower:1"
    write(middle, PASSWD)
    assert read_file(overlay(*layers), PASSWD) == b"middle"
    write(upper, PASSWD)
    assert read_file(overlay(*layers), PASSWD) == b"upper"
    assert read_file(overlay(*layers, upper=False), "etc/group") == b"lower:1"


def test_whiteouts(layers: tuple[Path, Path, Path]) -> None:
    upper, middle, lower = layers
    write(lower, PASSWD)
    whiteout(middle, PASSWD)
    assert read_file(overlay(*layers), PASSWD) is None
    write(upper, PASSWD)
    assert read_file(overlay(*layers), PASSWD) == b"upper"


def test_a_whited_out_directory(layers: tuple[Path, Path, Path]) -> None:
    write(layers[2], PASSWD)
    whiteout(layers[1], "etc")
    assert read_file(overlay(*layers), PASSWD) is None


def test_opaque_directories(layers: tuple[Path, Path, Path]) -> None:
    write(layers[2], PASSWD)
    write(layers[1], "etc/group")
    opaque(layers[1], "etc")
    (layers[0] / "etc").mkdir()
    assert read_file(overlay(*layers), PASSWD) is None
    assert read_file(overlay(*layers), "etc/group") == b"middle"
    # the user.* mark counts only in a mount that says so
    assert read_file(overlay(*layers, flags=()), PASSWD) == b"lower:1"


def test_trusted_opaque_directories(layers: tuple[Path, Path, Path]) -> None:
    write(layers[2], PASSWD)
    (layers[1] / "etc").mkdir()
    try:
        os.setxattr(layers[1] / "etc", "trusted.overlay.opaque", b"y")
    except OSError:
        pytest.skip("trusted xattrs need CAP_SYS_ADMIN and a file system that has them")
    assert read_file(overlay(*layers, flags=()), PASSWD) is None


def test_a_file_over_a_directory_and_back(layers: tuple[Path, Path, Path]) -> None:
    upper, middle, lower = layers
    write(lower, "a/x")
    write(middle, "a")
    assert read_file(overlay(*layers), "a/x") is None
    write(upper, "a/y")
    assert read_file(overlay(*layers), "a/x") is None
    assert read_file(overlay(*layers), "a/y") == b"upper"


@pytest.mark.parametrize(
    ("target", "content"),
    [
        ("../../../../../../secret", b"inside"),
        ("/secret", b"inside"),
        ("/../../secret", b"inside"),
        ("../d/../secret", b"inside"),
        ("/up/secret", b"inside"),
        ("nowhere", None),
        ("/d/../../secret", b"inside"),
    ],
)
def test_links_stay_inside(tmp_path: Path, target: str, content: bytes | None) -> None:
    write(tmp_path, "secret", "outside")
    root = tmp_path / "root"
    write(root, "secret", "inside")
    (root / "d").mkdir()
    link(root, "up", "../..")
    link(root, PASSWD, target)
    assert read_file(bind(root), PASSWD) == content


def test_an_absolute_link_to_a_real_host_file(tmp_path: Path) -> None:
    outside = write(tmp_path, "outside", "secret")
    root = tmp_path / "root"
    link(root, PASSWD, str(outside))
    assert read_file(bind(root), PASSWD) is None


def test_links_cross_layers(layers: tuple[Path, Path, Path]) -> None:
    upper, middle, lower = layers
    link(upper, PASSWD, "../share/accounts/passwd")
    link(middle, "share/accounts", "/data")
    write(lower, "data/passwd")
    assert read_file(overlay(*layers), PASSWD) == b"lower:1"
    assert read_file(overlay(*layers), "share/accounts/../data/passwd") == b"lower:1"


def test_loops(tmp_path: Path) -> None:
    link(tmp_path, "etc", "/etc2")
    link(tmp_path, "etc2", "etc")
    with pytest.raises(InvalidArgument, match="loop"):
        read_file(bind(tmp_path), PASSWD)
    link(tmp_path, "bomb", "bomb/" * 300 + "x")
    with pytest.raises(InvalidArgument, match="links"):
        read_file(bind(tmp_path), "bomb")


def test_a_long_way_is_refused(tmp_path: Path) -> None:
    link(tmp_path, "a", "d/../" * 300 + "a")
    (tmp_path / "d").mkdir()
    with pytest.raises(InvalidArgument, match="too many directories"):
        read_file(bind(tmp_path), "a")


def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    os.mkfifo(tmp_path / PASSWD)
    caught: list[BaseException] = []

    def read() -> None:
        try:
            read_file(bind(tmp_path), PASSWD)
        except InvalidArgument as error:
            caught.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(5)
    assert "not a regular file" in str(caught[0])


def test_directories_and_large_files_are_refused(tmp_path: Path) -> None:
    write(tmp_path, PASSWD, "x" * FILE_MAX)
    assert len(read_file(bind(tmp_path), PASSWD) or b"") == FILE_MAX
    write(tmp_path, PASSWD, "x" * (FILE_MAX + 1))
    with pytest.raises(InvalidArgument, match="larger"):
        read_file(bind(tmp_path), PASSWD)
    with pytest.raises(InvalidArgument, match="directory"):
        read_file(bind(tmp_path), "etc")


@pytest.mark.parametrize(
    "mounts",
    [
        [],
        [Mount("erofs", "/x")],
        [Mount("bind", "/x"), Mount("overlay")],
        [Mount("bind", "x")],
        [Mount("overlay", "overlay", ("lowerdir=a:b",))],
        [Mount("overlay", "overlay", ())],
        [Mount("overlay", "overlay", ("lowerdir=/a::/b",))],
        [Mount("overlay", "overlay", ("lowerdir+=/a",))],
    ],
)
def test_unsupported(mounts: list[Mount]) -> None:
    with pytest.raises(InvalidArgument, match="without mounting") as caught:
        read_file(mounts, PASSWD)
    assert "numbers" in caught.value.remedy


def test_layers_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="No such file"):
        read_file(bind(tmp_path / "gone"), PASSWD)


def test_no_descriptor_is_left_open(layers: tuple[Path, Path, Path]) -> None:
    write(layers[2], PASSWD)
    link(layers[0], "loop", "loop")
    before = len(list(Path("/proc/self/fd").iterdir()))
    read_file(overlay(*layers), PASSWD)
    with suppress(InvalidArgument):
        read_file(overlay(*layers), "loop")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("./ae\0\udc80é"), max_size=20) | st.text(max_size=300))
def test_any_path_is_read_or_refused(tmp_path: Path, path: str) -> None:
    with suppress(InvalidArgument):
        assert read_file(bind(tmp_path), path) is None
