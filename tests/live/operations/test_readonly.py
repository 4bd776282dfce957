"""Read-only mounts with a real mount below them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.mounts import BindMount
from aiocontainerd.operations import readonly, stop
from aiocontainerd.operations.readonly import has_rro, writable_below

from .conftest import Stage

TRY = "echo x > /m/own; echo x > /m/sub/deep; exit 0"


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file system of its own mounted at `sub`."""
    folder = tmp_path / "so urce"
    (folder / "sub").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "t", str(folder / "sub")], check=True)
    yield folder
    subprocess.run(["umount", str(folder / "sub")], check=True)


async def tried(stage: Stage, mount: BindMount) -> None:
    """A container that tries to write through the mount has come and gone."""
    result = await stage.run("c", TRY, mounts=(mount,))
    assert await stage.client.tasks.wait("c", namespace=stage.namespace)
    await stop(stage.client, result.container, grace=0)


async def test_what_is_mounted_below_is_read_only_too(stage: Stage, source: Path) -> None:
    mount = BindMount(str(source), "/m", readonly=True)
    assert await writable_below(stage.client, [mount]) == {str(source): (f"{source}/sub",)}
    assert await has_rro(stage.client)
    await tried(stage, mount)
    assert not (source / "own").exists()
    assert not (source / "sub" / "deep").exists()
    spec = await stage.client.containers.spec("c", namespace=stage.namespace)
    (made,) = [each for each in spec["mounts"] if each["destination"] == "/m"]
    assert made["options"] == ["rbind", "ro", "rro"]


async def test_without_rro_it_stays_writable_and_that_is_known(
    stage: Stage, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def old(_: str) -> list[str]:
        return ["ro", "rbind"]

    monkeypatch.setattr(readonly, "_mount_options", old)
    monkeypatch.setattr(readonly, "_KNOWN", {})
    mount = BindMount(str(source), "/m", readonly=True)
    await tried(stage, mount)
    assert not (source / "own").exists()
    assert (source / "sub" / "deep").exists(), "this is what is warned of"
    assert await has_rro(stage.client) is False
    with pytest.raises(InvalidArgument, match="has no recursive read-only"):
        await stage.run("d", mounts=(BindMount(str(source), "/m", recursive_readonly=True),))
    assert stage.ctr("containers", "ls", "-q").split() == ["c"]
    assert stage.ctr("leases", "ls", "-q") == ""


async def test_what_is_read_only_itself_is_no_gap(stage: Stage, source: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro,bind", str(source / "sub")], check=True)
    mount = BindMount(str(source), "/m", readonly=True)
    assert await writable_below(stage.client, [mount]) == {}
