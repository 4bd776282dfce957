"""A run is made from what was seen: that image under the name, those files behind the sources."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aiocontainerd import operations
from aiocontainerd.errors import FailedPrecondition, InvalidArgument
from aiocontainerd.mounts import BindMount
from aiocontainerd.operations import Agreed, RunResult
from aiocontainerd.operations.agreed import pinned
from aiocontainerd.procfs import HostView
from aiocontainerd.run_options import RunOptions
from aiocontainerd.state import StateDirectory
from tests.unit.test_simulator_job import NAMESPACE, NGINX, Host, host

__all__ = ["host"]


@pytest.fixture
def link(tmp_path: Path) -> Path:
    """Leads to `one`; `two` is beside it."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    link = tmp_path / "link"
    link.symlink_to("one")
    return link


def turn(link: Path) -> None:
    link.unlink()
    link.symlink_to("two")


async def run(host: Host, agreed: Agreed, *sources: Path) -> RunResult:
    mounts = tuple(BindMount(str(source), f"/m{at}") for at, source in enumerate(sources))
    return await operations.run(
        host.client,
        RunOptions(NGINX, "web", mounts=mounts),
        namespace=NAMESPACE,
        state=host.state,
        agreed=agreed,
    )


def nothing_is_left(host: Host) -> bool:
    return not (host.space.containers or host.space.tasks or host.space.leases)


async def sources(host: Host) -> list[str]:
    spec = await host.client.containers.spec("web", namespace=NAMESPACE)
    return [mount["source"] for mount in spec["mounts"] if mount["type"] == "bind"]


async def test_an_image_whose_name_was_moved_is_not_run(host: Host) -> None:
    seen = (await host.client.images.get(NGINX, namespace=NAMESPACE)).target.digest
    with pytest.raises(FailedPrecondition, match="this name points to another image since you"):
        await run(host, Agreed(digest="sha256:" + "7" * 64))
    assert nothing_is_left(host)
    await run(host, Agreed(digest=seen))


async def test_the_spec_has_where_a_source_really_is(host: Host, link: Path) -> None:
    one = str(link.parent / "one")
    (link.parent / "one" / "sub").mkdir()
    await run(host, Agreed(sources={str(link): one}), link, link / "sub")
    assert await sources(host) == [one, f"{one}/sub"]


async def test_a_link_that_was_turned_since_the_question(host: Host, link: Path) -> None:
    agreed = Agreed(sources={str(link): str(link.parent / "one")})
    turn(link)
    with pytest.raises(FailedPrecondition, match=f"'{link}': .* leads elsewhere since you looked"):
        await run(host, agreed, link)
    assert nothing_is_left(host)


async def test_a_folder_that_became_a_link_just_before_the_launch(
    host: Host, link: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, make = link.parent / "one", StateDirectory.make_log

    def swapped(*args: Any, **more: Any) -> Any:
        one.rmdir()
        one.symlink_to("two")
        return make(*args, **more)

    monkeypatch.setattr(StateDirectory, "make_log", swapped)
    with pytest.raises(FailedPrecondition, match=f"'{one}': .* leads elsewhere since you looked"):
        await run(host, Agreed(), link)
    assert nothing_is_left(host)


async def test_where_the_daemons_files_are_not_known_a_source_stays(host: Host, link: Path) -> None:
    host.lives_at(HostView(root=None))
    mounts = (BindMount(str(link), "/m"),)
    assert await pinned(host.client, mounts, Agreed()) == mounts


async def test_a_link_of_proc_is_more_than_its_text(host: Host, tmp_path: Path) -> None:
    """Its text may name another file by now, or one in another file system."""
    (tmp_path / "file").write_text("mine")
    host.lives_at(HostView(root=""))
    with (tmp_path / "file").open() as opened:
        (tmp_path / "file").rename(tmp_path / "moved")
        (tmp_path / "file").write_text("another's")
        (tmp_path / "moved").unlink()  # the text: "…/moved (deleted)"
        (tmp_path / "moved (deleted)").write_text("a trap")
        mounts = (BindMount(f"/proc/{os.getpid()}/fd/{opened.fileno()}", "/m"),)
        assert await pinned(host.client, mounts, Agreed()) == mounts


async def test_a_source_that_is_not_there(host: Host, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="does not exist"):
        await run(host, Agreed(), tmp_path / "none")


async def test_links_below_the_daemons_own_root(host: Host, link: Path) -> None:
    host.lives_at(HostView(root=str(link.parent)))
    (found,) = await pinned(host.client, (BindMount("/link", "/m"),), Agreed())
    assert found == replace(found, source="/one")
