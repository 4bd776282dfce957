"""Pulling images: `Pulls` runs them side by side, by the daemon or by ourselves.

    pulls = Pulls(client)
    job = pulls.start("busybox:1.36", namespace="default")
    async for progress in job.watch():
        print(progress.downloaded, progress.total)
    image = await job.wait()

What an image needs that is here but not unpacked: `aiocontainerd.pull.unpack.unpack_image`. The
modules that do the work are imported with the first pull: the first screen does not need them.
"""

from typing import TYPE_CHECKING

from aiocontainerd.pull.jobs import PullJob, Pulls

if TYPE_CHECKING:
    from aiocontainerd.pull.progress import LayerProgress, PullProgress

__all__ = ["LayerProgress", "PullJob", "PullProgress", "Pulls"]


def __getattr__(name: str) -> object:
    """Import the pictures of a pull with the first one (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'aiocontainerd.pull' has no attribute {name!r}")
    from aiocontainerd.pull import progress

    return getattr(progress, name)
