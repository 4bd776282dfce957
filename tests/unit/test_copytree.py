"""Copies between two open folders: what comes along, and what a hostile tree cannot do."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from aiocontainerd.errors import ContainerdError, FailedPrecondition, PermissionDenied
from aiocontainerd.operations import copyroot
from aiocontainerd.operations.copyroot import FOUND, open_in, root_of_snapshot
from aiocontainerd.operations.copytree import DEEPEST, Copied, Copy, Stopped
from aiocontainerd.services.snapshots import MountSpec


def copied(source: Path, folder: Path, report: Copied | None = None, **more: object) -> Copied:
    report = report or Copied()
    found, into = os.open(source, FOUND | os.O_NOFOLLOW), os.open(folder, FOUND | os.O_DIRECTORY)
    try:
        Copy(report, **more).node(found, into, source.name, source.name)  # type: ignore[arg-type]
    finally:
        os.close(found)
        os.close(into)
    return report


def refused(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    made = tmp_path / "tree"
    (made / "sub").mkdir(parents=True)
    (made / "sub/x").write_bytes(b"x" * 3_000_000)
    (made / "empty").touch()
    return made


@pytest.fixture
def target(tmp_path: Path) -> Path:
    made = tmp_path / "target"
    made.mkdir()
    return made


def test_bytes_modes_and_times(source: Path, target: Path) -> None:
    (source / "sub/x").chmod(0o6755)
    os.utime(source / "sub/x", (1, 2))
    report = copied(source, target)
    made = target / "tree/sub/x"
    assert made.read_bytes() == (source / "sub/x").read_bytes()
    assert (stat.S_IMODE(made.stat().st_mode), made.stat().st_mtime) == (0o755, 2)
    assert (report.files, report.bytes, report.stripped) == (2, 3_000_000, 1)


def test_holes_stay_holes(tmp_path: Path, target: Path) -> None:
    sparse = tmp_path / "sparse"
    with sparse.open("wb") as file:
        file.seek(5 << 20)
        file.write(b"middle")
        file.truncate(100 << 30)
    report = copied(sparse, target)
    made = (target / "sparse").stat()
    assert (made.st_size, made.st_blocks * 512 < 1 << 20) == (100 << 30, True)
    assert report.bytes < 1 << 20
    with (target / "sparse").open("rb") as file:
        file.seek(5 << 20)
        assert file.read(6) == b"middle"


def test_a_link_in_the_target_is_not_followed(source: Path, target: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (target / "tree").mkdir()
    (target / "tree/sub").symlink_to(elsewhere)
    report = copied(source, target, agreed=None)
    assert list(elsewhere.iterdir()) == []
    assert report.left_out == {"a file or link is there in place of the folder": 1}


def test_an_overwritten_link_is_replaced_and_not_written_through(
    tmp_path: Path, target: Path
) -> None:
    (tmp_path / "precious").write_text("precious")
    (target / "f").symlink_to(tmp_path / "precious")
    (tmp_path / "f").write_text("new")
    assert copied(tmp_path / "f", target).left_out == {"it is there already": 1}
    copied(tmp_path / "f", target, agreed=["f"])
    assert (tmp_path / "precious").read_text() == "precious"
    assert (target / "f").read_text() == "new"
    assert not (target / "f").is_symlink()


def test_what_was_there_stays_whole_until_the_new_one_is(tmp_path: Path, target: Path) -> None:
    (tmp_path / "f").write_bytes(b"n" * (3 << 20))
    (target / "f").write_text("old")
    report = Copied()
    copy = Copy(report, agreed=None)
    pour = copy._part

    def part(*arguments: int) -> None:
        report.stop = True
        pour(*arguments)

    copy._part = part  # type: ignore[method-assign]
    found, into = os.open(tmp_path / "f", FOUND), os.open(target, FOUND | os.O_DIRECTORY)
    with pytest.raises(Stopped):
        copy.node(found, into, "f", "f")
    os.close(found)
    os.close(into)
    assert (target / "f").read_text() == "old"
    assert [each.name for each in target.iterdir()] == ["f"]


def test_a_link_that_cannot_be_made_leaves_what_was_there(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").symlink_to("x")
    (target / "f").write_text("old")

    for call in ("symlink", "rename"):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, refused)
            report = copied(tmp_path / "f", target, agreed=None)
        assert (report.links, report.left_out) == (0, {"Operation not permitted": 1})
        assert [each.name for each in target.iterdir()] == ["f"]
        assert (target / "f").read_text() == "old"


def test_what_could_not_be_made_is_not_counted(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As below /proc: no file, no folder and no byte of them."""
    monkeypatch.setattr(os, "fchmod", refused)
    report = copied(source / "empty", target)
    assert (report.files, report.left_out) == (0, {"Operation not permitted": 1})
    report = copied(source / "sub/x", target)
    assert (report.files, report.bytes, list(target.iterdir())) == (0, 0, [])
    monkeypatch.setattr(os, "mkdir", refused)
    assert copied(source, target).folders == 0


@pytest.mark.parametrize("dry", [True, False])
def test_a_device_in_the_way_is_never_replaced(tmp_path: Path, target: Path, dry: bool) -> None:
    (tmp_path / "null").write_text("new")
    (tmp_path / "link").symlink_to("null")
    os.mkfifo(target / "link")
    with suppress(PermissionError):
        os.mknod(target / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        report = copied(tmp_path / "null", target, agreed=None, dry=dry)
        assert report.left_out == {"a device is there": 1}
        assert stat.S_ISCHR((target / "null").stat().st_mode)
    report = copied(tmp_path / "link", target, agreed=None, dry=dry)
    assert (report.left_out, report.there) == ({"a FIFO is there": 1}, [])


def test_too_deep_a_tree_is_cut_and_told(tmp_path: Path, target: Path) -> None:
    deep = tmp_path / "deep"
    deep.mkdir()
    here = os.open(deep, FOUND | os.O_DIRECTORY)
    for _ in range(DEEPEST + 50):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", FOUND | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert copied(deep, target).left_out == {"folder too deep": 1}


def test_files_that_say_they_are_empty_are_read(target: Path) -> None:
    copied(Path("/proc/self/status"), target)
    assert (target / "status").read_text().startswith("Name:")


def test_devices_and_the_like_are_left_out(tmp_path: Path, target: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert copied(tmp_path / "pipe", target).left_out == {"FIFO": 1}
    assert copied(Path("/dev/null"), target).left_out == {"device": 1}


def test_names_that_are_not_utf8_or_hostile_come_along(tmp_path: Path, target: Path) -> None:
    folder = tmp_path / "names"
    folder.mkdir()
    names = [b"\xff\xfe", b"\x1b[2J", b"a\nb"]
    for name in names:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).touch()
    os.mkfifo(folder / "\x1b[31mpipe")
    report = copied(folder, target)
    found = {os.fsencode(each.name) for each in (target / "names").iterdir()}
    assert found == {*names}
    assert not any("\x1b" in name for name in report.names)


def test_dots_and_links_end_in_the_root(tmp_path: Path) -> None:
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "outside").write_text("outside")
    (tmp_path / "root/inside").write_text("inside")
    (tmp_path / "root/etc/link").symlink_to("/inside")
    root = os.open(tmp_path / "root", FOUND | os.O_DIRECTORY)
    for path in ("../../inside", "etc/link", "/etc/../../../inside"):
        with os.fdopen(open_in(root, path, os.O_RDONLY), "r") as file:
            assert file.read() == "inside"
    for path in ("../outside", str(tmp_path / "outside"), "a\0b"):
        with pytest.raises(OSError):  # noqa: PT011  any
            open_in(root, path)
    os.close(root)


def test_without_the_right_to_mount_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Libc:
        def unshare(self, _: int) -> int:
            import ctypes

            ctypes.set_errno(1)
            return -1

    monkeypatch.setattr(copyroot, "_libc", Libc)
    overlay = [MountSpec("overlay", "overlay", options=("lowerdir=/a:/b", "upperdir=/c"))]
    with (
        pytest.raises(PermissionDenied, match="CAP_SYS_ADMIN"),
        root_of_snapshot(overlay, write=False),
    ):
        pass
    with (
        pytest.raises(FailedPrecondition, match="zfs"),
        root_of_snapshot([MountSpec("zfs", "x")], write=False),
    ):
        pass


def test_writing_never_opens_a_layer_of_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one layer there is nothing to mount for reading; for writing there is."""
    unshared: list[int] = []

    class Libc:
        def unshare(self, flags: int) -> int:
            unshared.append(flags)
            return -1

    monkeypatch.setattr(copyroot, "_libc", Libc)
    overlay = [
        MountSpec("overlay", "overlay", options=("lowerdir=/tmp", "upperdir=/x", "workdir=/y"))
    ]
    with pytest.raises(ContainerdError), root_of_snapshot(overlay, write=True):
        pass
    assert unshared
