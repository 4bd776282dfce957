"""The configuration file on the disk: one that somebody else could have written is refused."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from aiocontainerd.access import Access
from tests.unit.configs import ROOT, fresh_file, read, refused, write  # noqa: F401  a fixture

AS_NOBODY = """
import os, sys
from ctdeck.settings import from_arguments
os.setgroups([])
import contextlib, io
# Nobody may not be able to read the interpreter's own files: all is imported before.
for arguments in ([], ["--no-such"]):
    with contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(SystemExit):
        from_arguments(arguments, {"HOME": os.environ["HOME"]})
os.setgid(65534)
os.setuid(65534)
print(from_arguments(sys.argv[1:], {"HOME": os.environ["HOME"]}).access)
"""


@pytest.mark.skipif(not ROOT, reason="only root can become another user")
@pytest.mark.parametrize(
    ("owners", "code"),
    [
        ((65534, 65534, 65534), 2),
        ((65534, 0, 0), 2),
        ((0, 0, 0), 0),
        ((12345, 12345, 12345), 0),
    ],
    ids=["closed to ourselves", "root's in our home", "root's home", "another user's home"],
)
def test_a_home_of_ours_that_is_closed_to_us_is_told(
    owners: tuple[int, int, int], code: int
) -> None:
    """It may hold a `read-only` that we do not see; the home of another user holds none for us."""
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        home = Path(folder) / "home"
        config = home / ".config" / "ctdeck"
        config.mkdir(parents=True)
        write(config / "config.toml", "read-only = true")
        for path, owner in zip((home, home / ".config", config), owners, strict=True):
            os.chown(path, owner, owner)
        Path(folder).chmod(0o755)
        (home / ".config").chmod(0o000 if owners[1] == 65534 else 0o700)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY],
            env={"HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == code, done.stderr
    if code:
        assert done.stderr.startswith(f"ctdeck: {config}/config.toml: it cannot be read: Permissi")
        assert done.stderr.count("\n") == 1


def test_a_path_that_cannot_be_followed_is_told(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.parent.rmdir()
    file.parent.symlink_to(file.parent.name)
    with pytest.raises(SystemExit):
        read(file)
    assert "it cannot be read: Too many levels" in capsys.readouterr().err


def test_what_somebody_else_could_write_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(file, "read-only = false")
    file.chmod(0o620)
    assert f"other users can write to it. chmod go-w {file}" in refused(file, capsys)
    file.chmod(0o600)
    file.parent.chmod(0o770)
    assert f"can write to its folder {file.parent}. chmod go-w" in refused(file, capsys)
    file.parent.chmod(0o1777)  # sticky, as /tmp: others cannot replace it
    assert read(file, "--config", str(file)).access == Access()


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_what_belongs_to_somebody_else_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(file, "read-only = false")
    os.chown(file, 12345, 12345)
    assert "it belongs to another user (12345). chown 0 " in refused(file, capsys)
    os.chown(file, 0, 0)
    os.chown(file.parent, 12345, 12345)
    assert f"its folder {file.parent} belongs to another user" in refused(file, capsys)


def test_a_link_is_followed_to_a_safe_place_only(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dots").mkdir(mode=0o700)
    file.symlink_to(write(tmp_path / "dots" / "c.toml", "read-only = true"))
    assert read(file).read_only
    (tmp_path / "dots").chmod(0o777)
    assert f"can write to its folder {tmp_path}/dots" in refused(file, capsys)


def test_what_is_no_file_is_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "it is not there. Name a file that is" in refused(file, capsys)
    os.mkfifo(file)
    assert "it is not a file" in refused(file, capsys)
    file.unlink()
    file.mkdir()
    assert "it is a folder" in refused(file, capsys)
    file.rmdir()
    file.symlink_to(file.name)
    assert "it cannot be read: Too many levels" in refused(file, capsys)


def test_a_file_that_would_have_to_be_waited_for_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As /proc/kmsg, which says that it is a file."""
    write(file, "read-only = true")

    class Waiting(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes | None:  # type: ignore[override]
            return None

    monkeypatch.setattr(os, "fdopen", lambda descriptor, mode: Waiting(descriptor, mode))
    assert "it is not a file" in refused(file, capsys)


@pytest.mark.parametrize(("mode", "safe"), [(0o777, False), (0o1777, True), (0o755, True)])
def test_a_folder_further_above_that_others_could_write_to_is_refused(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: int, safe: bool
) -> None:
    """They could rename what is in it, and put a tree of their own there."""
    write(file, "read-only = true")
    tmp_path.chmod(mode)
    if safe:
        assert read(file).read_only
    else:
        said = refused(file, capsys)
        assert f"other users can write to {tmp_path}, above it. chmod go-w {tmp_path}" in said


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_a_way_through_what_belongs_to_somebody_else_is_refused(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where only a link leads through it."""
    theirs = tmp_path / "theirs"
    (theirs / "mine").mkdir(parents=True)
    write(theirs / "mine" / "c.toml", "read-only = true")
    (theirs / "out").symlink_to(tmp_path)
    file.symlink_to(theirs / "out" / "real.toml")
    write(tmp_path / "real.toml", "read-only = true")
    for named in (theirs / "mine" / "c.toml", file):
        os.chown(theirs, 0, 0)
        assert read(file, "--config", str(named)).read_only
        os.chown(theirs, 12345, 12345)
        said = refused(named, capsys)
        assert f"{theirs}, on the way to it, belongs to another user (12345). Name a file" in said
