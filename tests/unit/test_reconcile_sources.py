"""Which bind sources are looked at, and what is found."""

import threading
from collections import Counter
from pathlib import Path

import pytest

from aiocontainerd.models import Mount
from aiocontainerd.reconcile import asking
from aiocontainerd.reconcile.asking import Asker
from aiocontainerd.reconcile.binds import sources_of
from aiocontainerd.reconcile.hostfiles import exists

from .reconciling import container


def test_only_host_paths_count_as_sources() -> None:
    def bind(source: str) -> Mount:
        return Mount("/x", "bind", source, ("rbind",))

    wanted = container("c", bind("/a"), bind("rel"), bind("/b\u241b"), Mount("/p", "proc", "/p"))
    assert sources_of([wanted]) == {"/a"}


async def test_sources_that_are_there_and_not(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    paths = [str(tmp_path), f"{tmp_path}/no", f"{tmp_path}/dangling", "/etc/passwd/x", "/a\0"]
    found = await Asker[bool]().ask(paths, lambda path: exists(Path(path)))
    assert found == {
        str(tmp_path): True,
        f"{tmp_path}/no": False,
        f"{tmp_path}/dangling": False,
        "/etc/passwd/x": False,
    }


async def test_a_hung_source_does_not_keep_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    release, looked = threading.Event(), Counter[str]()

    def hangs(path: str) -> bool:
        looked[path] += 1
        if "hung" in path:
            release.wait()
        return True

    monkeypatch.setattr(asking, "PATIENCE", 0.05)
    asker = Asker[bool]()
    try:
        found = await asker.ask(["/a", "/hung/1", "/hung/2", "/z"], hangs)
        assert found == {"/a": True, "/z": True}
        assert await asker.ask(["/a", "/hung/1"], hangs) == {"/a": True}
        assert looked["/hung/1"] == 1, "a path that hangs is left alone"
        found = await asker.ask([f"/hung/{n}" for n in range(100)], hangs)
        assert found == {}
        assert sum(looked.values()) < 20, "hung threads pile up"
    finally:
        release.set()
