"""The configuration file: what it allows, and each mistake as one line with its place."""

from __future__ import annotations

import io
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from pwd import struct_passwd
from typing import Any

import pytest

from aiocontainerd.access import FREE, Access, stricter
from ctdeck.settings import Settings, from_arguments

ROOT = os.geteuid() == 0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "ctdeck"
    folder.mkdir(mode=0o700)
    return folder / "config.toml"


def read(file: Path, *arguments: str) -> Settings:
    """As if it lay where it is looked for."""
    return from_arguments(arguments, {"XDG_CONFIG_HOME": str(file.parent.parent)})


def write(file: Path, text: str | bytes) -> Path:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    file.chmod(0o600)
    return file


def test_without_a_file_all_is_allowed(file: Path) -> None:
    assert read(file).access is FREE
    assert from_arguments([], {}).access is FREE
    assert from_arguments([], {"HOME": "relative"}).access is FREE
    assert from_arguments([], {"XDG_CONFIG_HOME": "relative", "HOME": str(file)}).access is FREE


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


@pytest.mark.parametrize(
    ("mine", "theirs", "refused"),
    [
        (Access(), Access(read_only=True), "abc"),
        (Access(read_only=True), Access(), "abc"),
        (Access(read_only=True, writable=frozenset("a")), Access(), "bc"),
        (
            Access(read_only=True, writable=frozenset("ab")),
            Access(read_only=True, writable=frozenset("bc")),
            "ac",
        ),
        (
            Access(read_only=True, writable=frozenset("ab")),
            Access(namespaces=frozenset("a")),
            "ac",
        ),
        (Access(namespaces=frozenset("a")), Access(namespaces=frozenset("b")), "ab"),
    ],
)
def test_what_either_refuses_both_refuse(mine: Access, theirs: Access, refused: str) -> None:
    both = (stricter(mine, theirs), stricter(theirs, mine))
    for access in both:
        assert [name for name in "abc" if access.is_read_only(name)] == list(refused)


def test_each_reason_is_told() -> None:
    both = stricter(
        Access(read_only=True, remedies={"": "One."}), Access(read_only=True, remedies={"": "Two."})
    )
    assert both.refusal("x").remedy == "One. Two."


def test_lines_are_looked_for_when_somebody_asks(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To find one means to read the file again and again."""
    reads, loads = [], tomllib.loads

    def counted(text: str) -> dict[str, Any]:
        reads.append(len(text))
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", counted)
    tables = (f'[namespaces."ns{number}"]\nread-only = true\n' for number in range(200))
    write(file, "".join(tables))
    access = read(file).access
    assert len(reads) == 1
    assert len(access.namespaces) == 200
    assert f"{file}, line 400" in access.refusal("ns199").remedy
    assert f"{file}, line 2 " in access.refusal("ns0").remedy
    assert len(reads) < 50


def test_a_line_of_a_value_of_many_lines_is_its_first(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = '"""\nread-only = true\n[namespaces.a]\n' + "\n" * 30 + '"""'
    write(file, f"read-only = true\r\n\r\nx = {text}\n")
    with pytest.raises(SystemExit):
        read(file)
    assert f"{file}:3: there is no setting x" in capsys.readouterr().err


def test_a_path_that_cannot_be_followed_is_told(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.parent.rmdir()
    file.parent.symlink_to(file.parent.name)
    with pytest.raises(SystemExit):
        read(file)
    assert "it cannot be read: Too many levels" in capsys.readouterr().err


def test_it_lies_in_the_home_directory(tmp_path: Path) -> None:
    (tmp_path / ".config" / "ctdeck").mkdir(parents=True, mode=0o700)
    (tmp_path / ".config" / "ctdeck").chmod(0o700)
    write(tmp_path / ".config" / "ctdeck" / "config.toml", "read-only = true")
    assert from_arguments([], {"HOME": str(tmp_path)}).read_only


def test_all_or_one_namespace_is_read_only(file: Path) -> None:
    write(file, "# ours\nread-only = true\n")
    access = read(file).access
    assert access.is_read_only("any")
    assert f"{file}, line 2" in access.refusal("any").remedy
    write(file, '[namespaces.dev]\n[namespaces."k8s.io"]\n\nread-only = true\n')
    access = read(file).access
    assert access.is_read_only("k8s.io")
    assert not access.is_read_only("dev")
    assert f"{file}, line 4" in access.refusal("k8s.io").remedy


def test_a_namespace_may_be_excepted_but_not_from_the_flag(file: Path) -> None:
    write(file, "read-only = true\nnamespaces.dev.read-only = false\n")
    assert not read(file).access.is_read_only("dev")
    assert read(file).access.is_read_only("prod")
    flagged = read(file, "--read-only").access
    assert flagged.is_read_only("dev")
    assert flagged.refusal("dev").remedy == "Start ctdeck without --read-only."


def test_a_named_file_stands_for_the_usual_one(file: Path, tmp_path: Path) -> None:
    write(file, "nonsense")
    other = write(tmp_path / "other.toml", 'namespaces = { x = { "read-only" = true } }')
    assert read(file, "--config", str(other)).access == Access(namespaces=frozenset({"x"}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("read-only = 1", ":1: read-only is a number, and must be true or false. Write read-only"),
        ("\n\nreadonly = true", ":3: there is no setting readonly. Known here: read-only, names"),
        ("read-only = tru", ":1: this is not TOML: "),
        ("x = [", ":1: this is not TOML: "),
        ("# a\n# \xff", ":2: this is not UTF-8"),
        ("read-only = true\nread-only = true", ":2: this is not TOML: "),
        ("namespaces = 3", ':1: namespaces is a number. Write a table: [namespaces."k8s.io"]'),
        ("[namespaces]\na = true", ":2: namespaces.a is true or false. Write a table: [namespa"),
        (
            "\n[namespaces.k8s.io]\nread-only = true",
            'namespaces.k8s.io. A name with a dot is quoted: [namespaces."k8s.io"]',
        ),
        ("[namespaces.a]\nx = 1", ":2: there is no setting namespaces.a.x. Known here: read-only"),
        ("[namespaces.a]\nread-only = 'no'", ":2: read-only is a text, and must be"),
        ('[namespaces."a b"]', ':1: namespaces."a b": this is not a namespace'),
        ('"a\\u001b[2Jb" = 1', ":1: there is no setting "),
        ("x = " + "[" * 5000, ": its tables lie too deep"),
        ("namespaces.k8s.io" + ".a" * 3000 + "=1", ":1: there is no setting namespaces.k8s.io. "),
        ("a" + ".a" * 3000 + ".read-only=true", ":1: there is no setting a. Known here: read-only"),
        ("x" * 100_000 + " = 1", ":1: there is no setting xxxxxx"),
        ("#" * (1 << 20) + "\n", ": it is larger than 1048576 bytes"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(
    file: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    write(file, text.encode("latin-1") if "\xff" in text else text)
    with pytest.raises(SystemExit) as left:
        read(file)
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"ctdeck: {file}:")
    assert told in said
    assert said.count("\n") == 1
    assert said[:-1].isprintable()
    assert len(said) < 600
    assert said.rstrip()[-1] == "."


def refused(file: Path, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as left:
        read(file, "--config", str(file))
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


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
