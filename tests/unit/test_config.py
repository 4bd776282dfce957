"""The configuration file: what it allows, and each mistake as one line with its place."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from aiocontainerd.access import FREE, Access, stricter
from ctdeck.settings import from_arguments
from tests.unit.configs import fresh_file, read, write  # noqa: F401  a fixture


def test_without_a_file_all_is_allowed(file: Path) -> None:
    assert read(file).access is FREE
    assert from_arguments([], {}).access is FREE
    assert from_arguments([], {"HOME": "relative"}).access is FREE
    assert from_arguments([], {"XDG_CONFIG_HOME": "relative", "HOME": str(file)}).access is FREE


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
