"""The configuration of the user behind sudo: read with that user's rights alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from pwd import struct_passwd

import pytest

from aiocontainerd.access import FREE
from ctdeck.settings import from_arguments
from tests.unit.configs import ROOT, fresh_file, write  # noqa: F401  a fixture


@pytest.fixture
def sudoer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The configuration file of a user who is behind sudo; it is not there yet."""
    home = Path(tempfile.mkdtemp(prefix="ctd-"))
    entry = struct_passwd(("al", "x", 12345, 12345, "", str(home), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", {12345: entry}.__getitem__)
    folder = home / ".config" / "ctdeck"
    folder.mkdir(mode=0o700, parents=True)
    yield folder / "config.toml"
    shutil.rmtree(home)


def own(file: Path, text: str = "") -> None:
    if text:
        write(file, text)
    for path in (*file.parents[:3], file):
        os.chown(path, 12345, 12345, follow_symlinks=False)


SUDO = {"SUDO_UID": "12345", "SUDO_GID": "12345"}


NEEDS_ROOT = pytest.mark.skipif(not ROOT, reason="sudo is for root")


@NEEDS_ROOT
def test_the_read_only_of_the_user_behind_sudo_holds(file: Path, sudoer: Path) -> None:
    environ = SUDO | {"XDG_CONFIG_HOME": str(file.parent.parent)}
    assert from_arguments([], environ).access is FREE
    own(sudoer, '[namespaces."k8s.io"]\nread-only = true\n')
    access = from_arguments([], environ).access
    assert access.is_read_only("k8s.io")
    assert not access.is_read_only("dev")
    assert f"{sudoer}, line 2" in access.refusal("k8s.io").remedy
    assert os.geteuid() == os.getegid() == 0
    write(file, "[namespaces.prod]\nread-only = true\n")
    access = from_arguments([], environ).access
    assert [access.is_read_only(name) for name in ("k8s.io", "prod", "dev")] == [True, True, False]
    named = from_arguments(["--config", str(file)], environ).access
    assert not named.is_read_only("k8s.io")
    assert from_arguments([], {**environ, "SUDO_UID": "9" * 5000}).access == named
    assert from_arguments([], {**environ, "SUDO_UID": "7"}).access == named  # nobody has it


@NEEDS_ROOT
def test_a_file_of_the_user_behind_sudo_is_read_with_his_rights(
    sudoer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not what only root may read or open, and no file that yet another user could write."""
    secret = write(tmp_path / "secret", "CANARY = 1")
    sudoer.symlink_to(secret)
    own(sudoer)
    told = f"ctdeck: {sudoer}: it cannot be read: Permission denied"
    with pytest.raises(SystemExit) as left:
        from_arguments([], SUDO)
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(told)
    assert "CANARY" not in said
    sudoer.unlink()
    own(sudoer, "read-only = true")
    os.chown(sudoer, 54321, 54321)
    sudoer.chmod(0o644)
    with pytest.raises(SystemExit):
        from_arguments([], SUDO)
    assert "belongs to another user (54321)" in capsys.readouterr().err
    assert (os.geteuid(), os.getegid()) == (0, 0)


@NEEDS_ROOT
def test_where_root_may_not_become_that_user_it_is_told(
    sudoer: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container without that capability."""

    def forbidden(uid: int) -> None:
        if uid:
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "seteuid", forbidden)
    with pytest.raises(SystemExit) as left:
        from_arguments([], SUDO)
    assert left.value.code == 2
    assert "with the rights of al: Operation not permitted. Name" in capsys.readouterr().err
    assert os.getegid() == 0


READ_ALONE = """
import json, os, pwd, sys
from ctdeck.settings import from_arguments

class Unreadable:
    def find_spec(self, name, path=None, target=None):
        if os.geteuid():
            raise ModuleNotFoundError(f"{name} cannot be read by this user")

sys.meta_path.insert(0, Unreadable())
entry = pwd.struct_passwd(("al", "x", 12345, 12345, "", sys.argv[1], "/bin/sh"))
pwd.getpwuid = {12345: entry}.__getitem__
print(from_arguments([], {"SUDO_UID": "12345"}).access)
"""


@NEEDS_ROOT
@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        ('[namespaces."k8s.io"]\nread-only = true\n', 0o600, "frozenset({'k8s.io'})"),
        ("[namespaces.'a b']", 0o600, "config.toml:1: namespaces"),
        ("read-only = true", 0o602, "other users can write to it"),
    ],
)
def test_the_user_need_not_be_able_to_read_the_interpreter(
    sudoer: Path, text: str, mode: int, told: str
) -> None:
    """It may lie in root's home: whatever is imported, is so before or after."""
    own(sudoer, text)
    sudoer.chmod(mode)
    done = subprocess.run(
        [sys.executable, "-c", READ_ALONE, str(sudoer.parents[2])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
