"""Our own files: for us alone, and never through what somebody else has put in the way."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aiocontainerd.errors import ContainerdError, FailedPrecondition
from aiocontainerd.state import StateDirectory
from ctdeck.command.history import History
from ctdeck.embedded.place import Place

ROOT = os.geteuid() == 0
FOREIGN = pytest.mark.skipif(not ROOT, reason="only root can give files away")


def make_history(root: Path) -> None:
    history = History(root / "history")
    history.add("rm web1")
    history.save()
    if not (root / "history").exists():
        raise FailedPrecondition("it does not tell")


MAKERS: dict[str, Callable[[Path], object]] = {
    "logs": lambda root: StateDirectory(root).make_log("default", "web", terminal=False),
    "audit": lambda root: os.close(StateDirectory(root).open_root()),
    "history": make_history,
    "embedded": lambda root: Place.below(root).make(),
}


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Callable[[Path], object]:
    return MAKERS[request.param]


def test_folders_are_0700_and_files_0600(tmp_path: Path, make: Callable[[Path], object]) -> None:
    old = os.umask(0)
    try:
        make(tmp_path / "a" / "b" / "ctdeck")
    finally:
        os.umask(old)
    for path in (tmp_path / "a").rglob("*"):
        assert path.lstat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


def test_a_linked_root_is_refused(tmp_path: Path, make: Callable[[Path], object]) -> None:
    (tmp_path / "victim").mkdir(mode=0o700)
    (tmp_path / "ctdeck").symlink_to(tmp_path / "victim")
    with pytest.raises(ContainerdError):
        make(tmp_path / "ctdeck")
    assert not list((tmp_path / "victim").iterdir())


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_root_that_others_can_write_to_is_refused(
    tmp_path: Path, make: Callable[[Path], object], mode: int
) -> None:
    (tmp_path / "ctdeck").mkdir()
    (tmp_path / "ctdeck").chmod(mode)
    with pytest.raises(ContainerdError):
        make(tmp_path / "ctdeck")
    assert not list((tmp_path / "ctdeck").iterdir())


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_a_root_of_somebody_else_is_refused(tmp_path: Path, make: Callable[[Path], object]) -> None:
    (tmp_path / "ctdeck").mkdir(mode=0o700)
    os.chown(tmp_path / "ctdeck", 12345, 12345)
    with pytest.raises(ContainerdError):
        make(tmp_path / "ctdeck")
    assert not list((tmp_path / "ctdeck").iterdir())


@pytest.mark.parametrize(
    ("owner", "mode"),
    [(0, 0o777), (0, 0o772), pytest.param(12345, 0o755, marks=FOREIGN), (0, 0o1777), (0, 0o755)],
)
@pytest.mark.parametrize("exists", [False, True])
def test_every_folder_above_it_is_safe(
    tmp_path: Path, make: Callable[[Path], object], owner: int, mode: int, exists: bool
) -> None:
    """Who can rename a folder above it, can put another one in its place."""
    above = tmp_path / "above"
    root = above / "mine" / "ctdeck"
    (root if exists else above).mkdir(mode=0o700, parents=True)
    above.chmod(mode)
    if owner:
        os.chown(above, owner, owner)
    if owner == 0 and mode in {0o1777, 0o755}:
        make(root)
        return
    with pytest.raises(ContainerdError):
        make(root)
    assert [*above.rglob("*")] == ([root.parent, root] if exists else [])


def test_a_link_on_the_way_leads_through_safe_folders_only(tmp_path: Path) -> None:
    """Also those that only another link leads through."""
    (tmp_path / "real" / "ctdeck").mkdir(mode=0o700, parents=True)
    (tmp_path / "between").mkdir()
    (tmp_path / "first").symlink_to("between/second")
    (tmp_path / "between" / "second").symlink_to(tmp_path / "real" / ".." / "real")
    state = StateDirectory(tmp_path / "first" / "ctdeck")
    (tmp_path / "between").chmod(0o777)
    with pytest.raises(FailedPrecondition, match=r"others may write") as refused:
        os.close(state.open_root())
    assert refused.value.subject == str(tmp_path / "between")
    (tmp_path / "between").chmod(0o755)
    os.close(state.open_root())


def test_a_private_group_may_write_above_it(tmp_path: Path) -> None:
    """As a umask of 002 makes them, where each user has a group of his own."""
    (tmp_path / "above").mkdir()
    (tmp_path / "above").chmod(0o775)
    group = os.getuid()
    if (tmp_path / "above").stat().st_gid != group:
        pytest.skip("this user has no group of his own")
    os.close(StateDirectory(tmp_path / "above" / "ctdeck").open_root())


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_a_shared_group_may_not_write_above_it(tmp_path: Path) -> None:
    (tmp_path / "above").mkdir()
    os.chown(tmp_path / "above", 0, 12345)
    (tmp_path / "above").chmod(0o775)
    with pytest.raises(FailedPrecondition, match="others may write"):
        os.close(StateDirectory(tmp_path / "above" / "ctdeck").open_root())


def test_a_refusal_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "x y").mkdir()
    (tmp_path / "x y").chmod(0o777)
    with pytest.raises(FailedPrecondition, match="others may write to this folder") as refused:
        os.close(StateDirectory(tmp_path / "x y").open_root())
    assert refused.value.remedy.endswith(f"chmod go-w '{tmp_path}/x y'")
    assert StateDirectory(tmp_path / "file").root.touch() is None
    with pytest.raises(FailedPrecondition, match="a link or belongs to someone else"):
        os.close(StateDirectory(tmp_path / "file").open_root())


def test_a_history_that_others_could_write_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "ctdeck").mkdir()
    (tmp_path / "ctdeck" / "history").write_text("rm precious\n")
    (tmp_path / "ctdeck").chmod(0o777)
    history = History(tmp_path / "ctdeck" / "history")
    history.load()
    assert history.lines == ()
