"""Where a file that is saved may go, and what is said of where it may not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aiocontainerd.errors import InvalidArgument
from ctdeck.command.copy_sides import here
from ctdeck.savefile import save_new
from ctdeck.screens.saving import proposed


def test_the_home_of_somebody_who_is_not_there() -> None:
    with pytest.raises(OSError, match="no such user"):
        save_new("~nobody-of-that-name/x.log", ["line"])


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder was removed."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    return gone


@pytest.mark.usefixtures("nowhere")
def test_a_current_folder_that_was_removed(tmp_path: Path) -> None:
    home = os.path.expanduser("~")  # noqa: PTH111 - as the code does
    assert proposed("web1", "log").startswith(f"{home}/web1-")
    with pytest.raises(OSError, match="No such file"):
        save_new("x.log", ["line"])
    with pytest.raises(InvalidArgument, match="current folder"):
        here("x/")
    assert here(f"{tmp_path}/x") == f"{tmp_path}/x"
