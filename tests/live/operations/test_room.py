"""What could go when the disk is full: what each image holds by itself, and who does not run."""

import re
from pathlib import Path

import pytest

from aiocontainerd.operations import stop
from aiocontainerd.operations.room import what_could_go
from aiocontainerd.owners import PINNED_LABEL

from .. import images, layers
from ..namespaces import clean, new_name
from .conftest import Stage


@pytest.mark.containerd("2")
async def test_what_could_go(stage: Stage, tmp_path: Path) -> None:
    """Shared layers count for none alone; what is used, pinned or for pods is not named."""
    (shared,) = layers.filler(1, 3 * layers.MIB)
    small, large, used, twice = layers.filler(4, layers.MIB, seed=7)
    named = {
        "t.test/small:1": images.image([shared, small]),
        "t.test/large:1": images.image([shared, large, *layers.filler(1, 2 * layers.MIB, seed=1)]),
        "t.test/used:1": images.busybox(used),
        "t.test/twice:1": images.image([twice]),
        "t.test/twice:2": images.image([twice]),
        "t.test/pinned:1": images.image(layers.filler(1, layers.MIB, seed=2)),
        "registry.k8s.io/pause:3.9": images.image(layers.filler(1, layers.MIB, seed=3)),
        "t.test/more:1": images.image(layers.filler(1, 1000, seed=4)),
    }
    tar = images.save(tmp_path / "all.tar", named)
    other = new_name()
    stage.ctr("images", "import", str(tar))
    stage.ctr("images", "label", "t.test/pinned:1", f"{PINNED_LABEL}=pinned")
    stage.daemon.ctr("images", "import", str(tar), namespace=other)
    for name in set(named) - {"t.test/large:1"}:
        stage.daemon.ctr("images", "rm", "--sync", name, namespace=other)
    try:
        result = await stage.run("idle", image="t.test/used:1")
        await stage.run("busy", image=stage.image)
        await stop(stage.client, result.container, grace=0)
        said = await what_could_go(stage.client, stage.namespace)
    finally:
        clean(stage.daemon, other)
    assert re.fullmatch(
        rf"To make room, delete what is not needed: images that no container uses \(1[67].\d MB\): "
        rf"t.test/large:1 in {other} 6.\d MB, t.test/large:1 3.\d MB, t.test/small:1 2.\d MB "
        r"and 2 more; containers that do not run: idle\.",
        said,
    ), said
