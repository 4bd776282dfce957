"""Putting the sample image into a daemon through its own API, as good as a pulled one."""

import asyncio
import subprocess
from collections.abc import Mapping
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.errors import AlreadyExists, ContainerdError, FailedPrecondition, NotFound
from aiocontainerd.models import Image
from aiocontainerd.safe import safe
from aiocontainerd.sample.elf import read_program
from aiocontainerd.sample.image import SAMPLE_NAME, Blob, Sample, make_sample
from aiocontainerd.services.leases import purpose

_CHUNK = 512 << 10  # bytes; measured best


async def ensure_sample(client: Client, busybox: Path, *, namespace: str = "default") -> Image:
    """The sample image in `namespace`: made of the program `busybox` unless it is there.

    Raises InvalidArgument for a busybox that does not serve, FailedPrecondition when it cannot
    be read or run, and what the daemon says.
    """
    try:
        return await client.images.get(SAMPLE_NAME, namespace=namespace)
    except NotFound:
        sample = await asyncio.to_thread(_read_and_make, busybox)
        return await load_sample(client, sample, namespace=namespace)


async def load_sample(client: Client, sample: Sample, *, namespace: str) -> Image:
    """Write the blobs, unpack the layer, and name the image last: all, or nothing that stays."""
    from aiocontainerd.pull.unpack import unpack_image  # heavy, and needed once

    target = sample.manifest.descriptor
    image = Image(namespace, SAMPLE_NAME, SAMPLE_NAME.encode(), target)
    parts = {
        "containerd.io/gc.ref.content.config": sample.config.descriptor.digest,
        "containerd.io/gc.ref.content.l.0": sample.layer.descriptor.digest,
    }
    held = client.leases.held(namespace=namespace, labels=purpose("load", SAMPLE_NAME))
    async with held as lease:
        await _write(client, sample.layer, {}, namespace, lease)
        await _write(client, sample.config, {}, namespace, lease)
        await _write(client, sample.manifest, parts, namespace, lease)
        await unpack_image(client, image, namespace=namespace, lease=lease)
        return await client.images.put(SAMPLE_NAME, target, namespace=namespace, lease=lease)


def _read_and_make(busybox: Path) -> Sample:
    try:
        data = busybox.read_bytes()
        read_program(data)  # before it is run
        answer = subprocess.run(
            [busybox, "--list"], capture_output=True, text=True, check=True, timeout=10
        )
        return make_sample(data, answer.stdout.split())
    except ContainerdError as error:
        error.subject = safe(str(busybox))
        raise
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise FailedPrecondition(
            f"no sample image can be made of it ({safe(str(error))})", subject=safe(str(busybox))
        ) from error


async def _write(
    client: Client, blob: Blob, labels: Mapping[str, str], namespace: str, lease: str
) -> None:
    digest, size = blob.descriptor.digest, blob.descriptor.size
    async with client.content.writer(f"sample-{digest}", namespace=namespace, lease=lease) as out:
        try:
            offset = await out.status(size, digest)
            while offset < size:
                offset = await out.write(blob.data[offset : offset + _CHUNK], offset)
            await out.commit(size, digest, labels)
        except AlreadyExists:  # from an earlier try, perhaps without what it refers to
            if labels:
                await client.content.update_labels(digest, labels, namespace=namespace, lease=lease)
