"""Faults on demand: calls of the simulated daemon that wait, hang, break off, fail or say rubbish.

The rules stand in `faultrules`; they come from a test or from a JSON file, and may be changed
while the daemon serves. All rules that strike a call do so in their order. A call that hangs goes
on when its rule is taken away.
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import grpc
from grpc import aio

from aiocontainerd.simulator.faultrules import Action, BadFaults, Rule, parse

_LOOK_AGAIN = 0.2  # s: how soon a call that hangs sees that the file was changed
_IN_FLIGHT = 64  # messages of a stream that are made ahead
_CUT = "error reading from server: EOF"
_RUBBISH = b"\xff" * 16  # no message begins so
_LOG = logging.getLogger(__name__)


class Faults(aio.ServerInterceptor):
    """Rules for a simulator; they may be changed at any time."""

    def __init__(self, rules: Iterable[Rule] = (), *, file: Path | None = None) -> None:
        self._rules = tuple(dict.fromkeys(rules))
        self._counts: dict[Rule, int] = {}
        self._changed = asyncio.Event()
        self._file = file
        self._seen: tuple[int, int] | None = None
        self._streams: dict[_Stream, str] = {}
        if file is not None:
            self._rules = parse(file.read_bytes())
            self._seen = _version(file)

    @classmethod
    def from_file(cls, path: str | Path) -> "Faults":
        """Rules of a file, read again when it changes. Raises BadFaults, OSError."""
        return cls(file=Path(path))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those in force."""
        return self._rules

    @rules.setter
    def rules(self, rules: Iterable[Rule]) -> None:
        """New rules count from one; those that stay go on counting."""
        self._rules = tuple(dict.fromkeys(rules))
        self._counts = {rule: self._counts[rule] for rule in self._rules if rule in self._counts}
        self._changed.set()
        self._changed = asyncio.Event()

    def add(self, method: str, action: Action, **more: Any) -> Rule:
        """One rule more. Raises BadFaults."""
        rule = Rule(method, action, **more)
        self.rules = (*self._rules, rule)
        return rule

    def clear(self) -> None:
        """No faults any more; calls that hang go on."""
        self.rules = ()

    def cut(self, method: str = "Events/Subscribe") -> int:
        """Break off the streams that are open, now; returns how many there were."""
        pattern = re.compile(f"(?:{method})$")
        struck = [stream for stream, name in self._streams.items() if pattern.search(name)]
        for stream in struck:
            stream.cut()
        return len(struck)

    def striking(self, method: str, namespace: str = "") -> list[Rule]:
        """Count a call of this name; returns the rules that strike it."""
        self._reread()
        struck = []
        for rule in self._rules:
            if rule.is_about(method, namespace):
                number = self._counts[rule] = self._counts.get(rule, 0) + 1
                if rule.strikes(number):
                    struck.append(rule)
        return struck

    async def intercept_service(self, continuation, handler_call_details):  # type: ignore[no-untyped-def]
        """gRPC's hook: wraps the method in its faults."""
        found = await continuation(handler_call_details)
        if found is None:
            return None
        name: str = handler_call_details.method
        kind = (
            f"{'stream' if found.request_streaming else 'unary'}_"
            f"{'stream' if found.response_streaming else 'unary'}"
        )
        wrap = self._many if found.response_streaming else self._one
        return getattr(grpc, f"{kind}_rpc_method_handler")(
            wrap(name, getattr(found, kind)),
            request_deserializer=found.request_deserializer,
            response_serializer=found.response_serializer,
        )

    def _one(self, name: str, serve: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        async def faulty(request: Any, context: Any) -> Any:
            struck = self.striking(name, _namespace(context))
            for rule in struck:
                await self._strike(rule, context)
            answer = await serve(request, context)
            return _RUBBISH if any(rule.action == "rubbish" for rule in struck) else answer

        return faulty

    def _many(
        self, name: str, serve: Callable[..., AsyncGenerator[Any, None]]
    ) -> Callable[..., Any]:
        async def faulty(request: Any, context: Any) -> AsyncIterator[Any]:
            waiting = self.striking(name, _namespace(context))
            for rule in [rule for rule in waiting if not rule.after]:
                if rule.action == "rubbish":
                    yield _RUBBISH
                await self._strike(rule, context)
            stream = _Stream(serve(request, context))
            self._streams[stream] = name
            try:
                async for number, answer in stream.answers():
                    yield answer
                    for rule in [rule for rule in waiting if rule.after == number]:
                        if rule.action == "rubbish":
                            yield _RUBBISH
                        await self._strike(rule, context)
                if stream.is_cut:
                    await context.abort(grpc.StatusCode.UNAVAILABLE, _CUT)
            finally:
                del self._streams[stream]
                await stream.close()

        return faulty

    async def _strike(self, rule: Rule, context: Any) -> None:
        match rule.action:
            case "delay":
                await asyncio.sleep(rule.seconds)
            case "hang":
                await self._hang(rule)
            case "cut":
                await context.abort(grpc.StatusCode.UNAVAILABLE, _CUT)
            case "error":
                await context.abort(grpc.StatusCode[rule.code], rule.message)

    async def _hang(self, rule: Rule) -> None:
        while rule in self._rules:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN):  # not wait_for: it can lose a cancellation
                    await self._changed.wait()
            self._reread()

    def _reread(self) -> None:
        """Take what the file says now; while that is wrong, the rules stay as they are."""
        if self._file is None or (version := _version(self._file)) in (None, self._seen):
            return
        self._seen = version
        try:
            self.rules = parse(self._file.read_bytes())
        except (BadFaults, OSError) as error:
            _LOG.warning("%s: %s; the faults stay as they were", self._file, error)


class _Stream:
    """The answers of one call, made by a task of their own so that they can be cut off."""

    def __init__(self, source: AsyncGenerator[Any, None]) -> None:
        self.is_cut = False
        self._source = source
        self._queue: asyncio.Queue[tuple[Any, BaseException | None] | None] = asyncio.Queue(
            _IN_FLIGHT
        )
        self._pump = asyncio.create_task(self._fill())

    def cut(self) -> None:
        """Nothing more comes."""
        self.is_cut = True
        self._pump.cancel()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def answers(self) -> AsyncIterator[tuple[int, Any]]:
        """Each answer with its number, from 1. Raises what the source raises."""
        number = 0
        while (item := await self._queue.get()) is not None:
            answer, error = item
            if error is not None:
                raise error
            number += 1
            yield number, answer

    async def close(self) -> None:
        """Let the source clean up."""
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)

    async def _fill(self) -> None:
        try:
            async with aclosing(self._source) as source:
                async for answer in source:
                    await self._queue.put((answer, None))
        except Exception as error:
            await self._queue.put((None, error))
        else:
            await self._queue.put(None)


def _namespace(context: Any) -> str:
    return str(dict(context.invocation_metadata() or ()).get("containerd-namespace", ""))


def _version(file: Path) -> tuple[int, int] | None:
    """What tells one content of the file from another, None while it is not there."""
    try:
        info = file.stat()
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size
