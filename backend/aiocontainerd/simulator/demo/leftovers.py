"""What nobody needs any more and nobody has cleared away: for a look at the disk, and a prune."""

from dataclasses import replace
from datetime import timedelta

from aiocontainerd.simulator import leases
from aiocontainerd.simulator.demo.cast import SHOP
from aiocontainerd.simulator.imaging import digest, layer, make_image, put_content, put_image
from aiocontainerd.simulator.world import World


def leave_behind(world: World, namespace: str) -> None:
    """A build that nobody tagged, half of a pull, and the lease of a builder that is gone."""
    built = make_image("", [layer("shop build 1102", 61_000_000)], {"Cmd": ["/shop"]})
    name = f"{SHOP}/api@{digest(built.manifest)}"
    put_image(world, namespace, replace(built, name=name))
    half = make_image("", [layer("shop build 1103", 48_000_000)], {"Cmd": ["/shop"]})
    put_content(world, namespace, half, snapshotter="")
    until = (world.now() + timedelta(hours=1)).isoformat(timespec="seconds")
    leases.create(world, namespace, "builder-771", {"containerd.io/gc.expire": until})
