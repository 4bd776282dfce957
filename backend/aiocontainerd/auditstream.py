"""A stream to the daemon in the audit: a line at its first message and one at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Generator
from dataclasses import replace
from typing import Any

from aiocontainerd.audit import Audit, Entry
from aiocontainerd.auditwords import OK, UNFINISHED, result_of_status
from aiocontainerd.pb.content_pb2 import WRITE_ACTION_COMMIT
from aiocontainerd.subjects import subject_of


class RecordedStream:
    """gRPC's call object with an eye on what goes through it; all else is the call's own."""

    def __init__(self, call: Any, audit: Audit, entry: Entry, *, begun: bool) -> None:
        self._call = call
        self._audit = audit
        self._entry = entry
        self._begun = begun
        self._answered = False
        if begun:
            audit.begin_soon(entry)
        call.add_done_callback(self._ended)

    async def write(self, request: Any) -> None:
        """The first message says what the stream is about."""
        if not self._begun:
            self._begun = True
            self._entry = replace(self._entry, object=subject_of(request))
            await self._audit.begin(self._entry)
        await self._call.write(request)

    async def read(self) -> Any:
        """A commit that was answered has been done, however the stream ends."""
        message = await self._call.read()
        if getattr(message, "action", WRITE_ACTION_COMMIT) == WRITE_ACTION_COMMIT:
            self._answered = True
        return message

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._call.__aiter__()  # type: ignore[no-any-return]

    def __await__(self) -> Generator[Any, None, Any]:
        return self._call.__await__()  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def _ended(self, call: Any) -> None:
        if not self._begun:
            return
        if call.cancelled():
            result = OK if self._answered else UNFINISHED
        else:
            code, text = _known(call.code()), _known(call.details())
            result = result_of_status(code.name, text or "") if code else "failed"
        self._audit.end(self._entry, result)


def _known(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a call that has ended says at once, though its methods would wait."""
    try:
        coroutine.send(None)
    except StopIteration as answer:
        return answer.value
    coroutine.close()
    return None
