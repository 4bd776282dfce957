"""A pull by the daemon's Transfer service: we name the image, lend logins, and watch."""

import asyncio
import re
from contextlib import suppress
from typing import Final

from google.protobuf.message import DecodeError

from aiocontainerd import imageinfo
from aiocontainerd.errors import ContainerdError, NotFound, RegistryError
from aiocontainerd.models import Image
from aiocontainerd.pb import transfer_types_pb2 as pb
from aiocontainerd.pb import typeurl
from aiocontainerd.platforms import Platform
from aiocontainerd.pull.docker_config import login
from aiocontainerd.pull.place import Place
from aiocontainerd.pull.progress import LayerStage, Tracker
from aiocontainerd.pull.unpack import unpack_image
from aiocontainerd.safe import safe
from aiocontainerd.services.content import Ingest
from aiocontainerd.services.streaming import Stream
from aiocontainerd.services.transfer import Source
from aiocontainerd.settled import settled

_LAST_WORDS_SECONDS = 20.0
# The daemon waits for ever for a registry that has fallen silent; we do not.
_SILENCE_SECONDS = 30.0  # twice: see `_stalls`
_LOOK_SECONDS = 1.0
_STAGES: Final[dict[str, LayerStage]] = {
    "waiting": "waiting",
    "downloading": "downloading",
    "complete": "downloaded",
    "already exists": "exists",
    "extracting": "unpacking",
    "extracted": "unpacked",
}
_LAYER = "layer-"
_BLOB = re.compile(r"[a-z]+-sha\d+:")
_AT_REST = frozenset({"complete", "already exists", "extracting", "extracted"})


class _Pulse:
    """Whether the daemon still gets something from the registry."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._last = self._clock()
        self._seen: dict[str, tuple[str, int]] = {}
        self.ingests: tuple[Ingest, ...] | None = None

    def beat(self) -> None:
        """Something has come."""
        self._last = self._clock()

    def note(self, message: pb.Progress) -> None:
        """Hear what it says of one blob; the same again and again is silence."""
        state = (message.event, message.progress)
        if self._seen.get(message.name) != state:
            self._seen[message.name] = state
            self.beat()

    @property
    def stalled(self) -> bool:
        """Silent for too long while a download is under way; unpacking is silent, too."""
        blobs = [event for name, (event, _) in self._seen.items() if _BLOB.match(name)]
        at_rest = bool(blobs) and all(event in _AT_REST for event in blobs)
        return not at_rest and self._clock() - self._last > _SILENCE_SECONDS


async def pull_by_daemon(place: Place, source: Source, wanted: Platform, tracker: Tracker) -> Image:
    """Pull and unpack; returns the image record.

    Raises what the daemon says, InvalidArgument when it does not unpack for our snapshotter.
    """
    before = await _record(place, source.reference)
    await _transfer(place, source, wanted, tracker)
    try:
        image = await place.client.images.get(source.reference, namespace=place.namespace)
        await _make_sure(place, image, wanted, tracker)
    except BaseException:  # the daemon does not look whether a lone manifest is for our platform
        await settled(_restore(place, source.reference, before))
        raise
    return image


async def _record(place: Place, name: str) -> Image | None:
    try:
        return await place.client.images.get(name, namespace=place.namespace)
    except NotFound:
        return None


async def _restore(place: Place, name: str, before: Image | None) -> None:
    """Make the name mean again what it meant, or nothing."""
    images, namespace = place.client.images, place.namespace
    with suppress(ContainerdError):  # the error that brought us here counts
        if before is None:
            await images.delete(name, namespace=namespace)
        else:
            await images.put(
                before.raw_name, before.target, namespace=namespace, labels=before.labels
            )


async def _transfer(place: Place, source: Source, wanted: Platform, tracker: Tracker) -> None:
    client, namespace = place.client, place.namespace
    async with (
        client.streaming.open("progress", namespace=namespace) as progress,
        client.streaming.open("auth", namespace=namespace) as auth,
    ):
        pulse = _Pulse()
        watching = asyncio.create_task(_watch(progress, tracker, pulse))
        lending = asyncio.create_task(_lend(auth))
        call = asyncio.create_task(
            client.transfer.pull(
                Source(source.reference, auth.id, source.host_dir, source.scheme),
                namespace=namespace,
                platform=wanted,
                snapshotter=place.snapshotter,
                progress_stream=progress.id,
                lease=place.lease,
            )
        )
        try:
            while not call.done():
                await asyncio.wait({call}, timeout=_LOOK_SECONDS)
                if not call.done() and await _stalls(place, pulse):
                    raise _silent(source.reference)
            call.result()
        finally:
            # The daemon closes it when it has really stopped: only then is the lease dropped.
            await settled(_end(call, watching, lending))


async def _stalls(place: Place, pulse: _Pulse) -> bool:
    """Whether nothing comes: neither for this pull, nor for another that gets a blob for it."""
    if not pulse.stalled:
        return False
    ingests = await place.client.content.list_statuses(namespace=place.namespace)
    if ingests == pulse.ingests:
        return True
    pulse.ingests = ingests
    pulse.beat()
    return False


def _silent(reference: str) -> RegistryError:
    return RegistryError(
        f"the daemon has heard nothing from the registry for {2 * _SILENCE_SECONDS:g} s",
        subject=reference,
        remedy="Try again, and check the network.",
    )


async def _end(
    call: "asyncio.Task[None]", watching: "asyncio.Task[None]", lending: "asyncio.Task[None]"
) -> None:
    call.cancel()
    await asyncio.wait({watching}, timeout=_LAST_WORDS_SECONDS)
    for task in (watching, lending):
        task.cancel()
    await asyncio.gather(call, watching, lending, return_exceptions=True)


async def _watch(stream: Stream, tracker: Tracker, pulse: _Pulse) -> None:
    """Progress is only for show: an odd message is passed over, a broken stream ends it."""
    with suppress(ContainerdError):
        async for packed in stream:
            with suppress(typeurl.TypeUrlError, DecodeError):
                message = typeurl.unpack(packed, pb.Progress)
                pulse.note(message)
                _note(message, tracker)


def _note(message: pb.Progress, tracker: Tracker) -> None:
    stage = _STAGES.get(message.event)
    name = message.name
    if stage is None or not name.startswith(_LAYER):
        return
    digest, total = safe(name.removeprefix(_LAYER)), message.total or message.desc.size
    downloaded = message.progress if stage == "downloading" else None
    tracker.layer(digest, stage, downloaded=downloaded, total=total or None)


async def _lend(stream: Stream) -> None:
    """Answer each request of the daemon for a login; an answer without one means anonymous."""
    async for packed in stream:
        with suppress(typeurl.TypeUrlError):
            request = typeurl.unpack(packed, pb.AuthRequest)
            await stream.send(await _answer(request.host))


async def _answer(host: str) -> pb.AuthResponse:
    try:
        found = await login(host)
    except ContainerdError:  # told by our own pull, which follows a failed one
        found = None
    # It has no way to take a registry token as it is; we have, when it has failed.
    if found is None or found.registry_token:
        return pb.AuthResponse(auth_type=pb.AUTH_TYPE_NONE)
    if found.refresh_token:
        return pb.AuthResponse(auth_type=pb.AUTH_TYPE_REFRESH, secret=found.refresh_token)
    return pb.AuthResponse(
        auth_type=pb.AUTH_TYPE_CREDENTIALS, username=found.user, secret=found.password
    )


async def _make_sure(place: Place, image: Image, wanted: Platform, tracker: Tracker) -> None:
    """The daemon passes over snapshotters that it is not set up for: unpack what is not."""
    _, _, chain_id, manifest = await imageinfo.image_config(
        place.client, image, namespace=place.namespace, platform=str(wanted)
    )
    layers = [(layer["digest"], layer["size"]) for layer in manifest.get("layers") or ()]
    tracker.expect(layers)
    try:
        if chain_id:
            await place.client.snapshots.stat(
                chain_id, snapshotter=place.snapshotter, namespace=place.namespace
            )
    except NotFound:
        await unpack_image(
            place.client,
            image,
            namespace=place.namespace,
            snapshotter=place.snapshotter,
            platform=str(wanted),
            lease=place.lease,
        )
    for digest, total in layers:
        tracker.layer(digest, "unpacked", total=total)
