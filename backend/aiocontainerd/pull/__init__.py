"""Pulling images: `Pulls` runs them side by side, by the daemon or by ourselves.

    pulls = Pulls(client)
    job = pulls.start("busybox:1.36", namespace="default")
    async for progress in job.watch():
        print(progress.downloaded, progress.total)
    image = await job.wait()

What an image needs that is here but not unpacked: `aiocontainerd.pull.unpack.unpack_image`. The
modules that do the work are imported with the first pull: the first screen does not need them.
"""

from aiocontainerd.pull.jobs import PullJob, Pulls
from aiocontainerd.pull.progress import LayerProgress, PullProgress

__all__ = ["LayerProgress", "PullJob", "PullProgress", "Pulls"]
