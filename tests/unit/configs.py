"""Configuration files for tests, and ctdeck reading them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ctdeck.settings import Settings, from_arguments

ROOT = os.geteuid() == 0


@pytest.fixture(name="file")
def fresh_file(tmp_path: Path) -> Path:
    """Where one is looked for; it is not there yet."""
    folder = tmp_path / "ctdeck"
    folder.mkdir(mode=0o700)
    return folder / "config.toml"


def read(file: Path, *arguments: str) -> Settings:
    """As if it lay where it is looked for."""
    return from_arguments(arguments, {"XDG_CONFIG_HOME": str(file.parent.parent)})


def write(file: Path, text: str | bytes) -> Path:
    """This text in it, for its owner alone."""
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    file.chmod(0o600)
    return file


def refused(file: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that is told of it."""
    with pytest.raises(SystemExit) as left:
        read(file, "--config", str(file))
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said
