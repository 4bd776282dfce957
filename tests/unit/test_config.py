"""The configuration file: what it allows, and each mistake as one line with its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aiocontainerd.access import FREE, Access
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


def test_the_home_of_another_user_has_none_for_us(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under `sudo -u`, which may leave HOME as it was."""
    write(file, "nonsense")

    def closed(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "lstat", closed)
    assert read(file).access is FREE


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
