"""What is remembered of the lists: a small file of ours, and no harm from one that is not."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctdeck.remembered import FILE, LARGEST, Remembered, Sort


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


def filled(root: Path | str) -> Remembered:
    kept = Remembered(str(root))
    kept.set_theme("nord")
    kept.set_sort("containers", Sort("status", reverse=True))
    kept.set_sort("events", Sort("", reverse=True))
    kept.set_hidden("images", ("digest", "platforms"))
    return kept


def test_it_comes_back(root: Path) -> None:
    filled(root).save()
    again = Remembered(str(root))
    assert (again.theme, again.trouble, again.is_dirty) == ("nord", "", False)
    assert again.sorts == {"containers": Sort("status", True), "events": Sort("", True)}
    assert again.hidden == {"images": ("digest", "platforms")}
    assert stat.S_IMODE((root / FILE).stat().st_mode) == 0o600
    assert [each.name for each in root.iterdir()] == [FILE]


def test_only_changes_are_written(root: Path) -> None:
    kept = filled(root)
    kept.save()
    kept.set_theme("nord")
    kept.set_sort("tasks", Sort())
    assert not kept.is_dirty


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"theme nord\nsort containers status sideways\n", "line 2"),
        (b"\xff\xfe", "codec"),
        (b"theme " + b"x" * 100, "line 1"),
        (b"theme \x1b[2J\n", "line 1"),
        (b"hide images a\n" * LARGEST, "too large"),
        (b"{}", "line 1"),
    ],
)
def test_a_broken_file_is_left_out_and_written_anew(root: Path, content: bytes, why: str) -> None:
    (root / FILE).write_bytes(content)
    (root / FILE).chmod(0o600)
    kept = Remembered(str(root))
    assert why in kept.trouble
    assert (kept.theme, kept.sorts, kept.hidden) == ("", {}, {})
    kept.set_theme("nord")
    kept.save()
    assert Remembered(str(root)).theme == "nord"


def test_no_link_is_followed_and_no_file_of_others_believed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("theme nord\n")
    (root / FILE).symlink_to(tmp_path / "other")
    assert Remembered(str(root)).trouble
    kept = filled(root)
    kept.save()
    assert (tmp_path / "other").read_text() == "theme nord\n"
    (root / FILE).chmod(0o666)
    assert "others can write" in Remembered(str(root)).trouble


def test_a_folder_that_cannot_be_written_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    filled(tmp_path / "file").save()
    filled("").save()
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@given(st.binary(max_size=300))
def test_any_file_is_read_or_left_out(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(data)
        (Path(folder) / FILE).chmod(0o600)
        kept = Remembered(folder)
        assert kept.trouble == "" or not (kept.theme or kept.sorts or kept.hidden)


def test_it_imports_nothing_to_be_read() -> None:
    code = """
import sys
from ctdeck import remembered
from aiocontainerd import stateplace
before = set(sys.modules)
remembered.Remembered(stateplace.state_root({"XDG_STATE_HOME": "/nonexistent"}))
print(sorted(set(sys.modules) - before), "pathlib" in sys.modules, "shutil" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False False"
