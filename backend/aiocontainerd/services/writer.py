"""Writing one blob through containerd.services.content.v1.Content/Write."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

from grpc import aio

from aiocontainerd.errors import DaemonError, Unavailable, translated
from aiocontainerd.models import NO_LABELS
from aiocontainerd.pb import content_pb2 as pb

LAST_WORD = 0.2  # s for an answer that came together with the end of the call

WriteCall: TypeAlias = "aio.StreamStreamCall[pb.WriteContentRequest, pb.WriteContentResponse]"


class Writer:
    """One open ingest. The daemon answers each message with one of its own."""

    def __init__(self, call: WriteCall, ref: str) -> None:
        self._call = call
        self._ref = ref
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        call.add_done_callback(self._end)

    def _end(self, _: object) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    async def status(self, total: int, expected: str) -> int:
        """How many bytes the ingest holds already: write on from there.

        Raises AlreadyExists when the blob `expected` is there, Unavailable while another
        writer holds the ref.
        """
        answer = await self._exchange(
            pb.WriteContentRequest(
                action=pb.WRITE_ACTION_STAT, ref=self._ref, total=total, expected=expected
            )
        )
        return answer.offset

    async def write(self, data: bytes, offset: int) -> int:
        """Append at `offset` (0 throws away what is there); returns the new offset."""
        request = pb.WriteContentRequest(
            action=pb.WRITE_ACTION_WRITE, ref=self._ref, offset=offset, data=data
        )
        return (await self._exchange(request)).offset

    async def commit(self, total: int, expected: str, labels: Mapping[str, str] = NO_LABELS) -> str:
        """Turn the ingest into a blob; returns its digest.

        Raises FailedPrecondition for a wrong digest or size (the ingest stays), AlreadyExists.
        """
        # The offset must be said: a commit that omits it truncates the ingest to nothing.
        request = pb.WriteContentRequest(
            action=pb.WRITE_ACTION_COMMIT,
            ref=self._ref,
            total=total,
            expected=expected,
            offset=total,
            labels=dict(labels),
        )
        return (await self._exchange(request)).digest

    async def _exchange(self, request: pb.WriteContentRequest) -> pb.WriteContentResponse:
        with translated(self._ref):
            answer = await self._unless_ended(self._ask(request))
        if isinstance(answer, pb.WriteContentResponse):
            return answer
        raise DaemonError("the daemon ended the write", subject=self._ref)

    async def _ask(self, request: pb.WriteContentRequest) -> object:
        # When the daemon has ended the call already, or died, reading tells why.
        with suppress(asyncio.InvalidStateError, aio.AioRpcError):
            await self._call.write(request)
        return await self._call.read()

    async def _unless_ended(self, asking: Coroutine[object, object, object]) -> object:
        """Its answer. grpc.aio leaves who writes waiting for ever when the channel is closed."""
        asked = asyncio.ensure_future(asking)
        try:
            both: set[asyncio.Future[Any]] = {asked, self._ended}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if self._ended.done():  # what came before the end is still to be had
                await asyncio.wait({asked}, timeout=LAST_WORD)
        finally:
            was_done = asked.done()
            asked.cancel()
        if not was_done or asked.cancelled():
            raise Unavailable("the connection was closed", subject=self._ref)
        return asked.result()
