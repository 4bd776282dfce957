"""From servicers to gRPC: one handler for each method that a servicer has.

A servicer is an object with `DESCRIPTOR` (a protobuf service) and methods named as the service's:
`async def Get(self, request, call)` returns the answer; for a streaming answer it is an async
generator; for a streaming request, `request` is an async iterator. An answer may be bytes that are
serialized already. A method that it lacks answers UNIMPLEMENTED. `Refused` becomes the status.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Protocol

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc import aio

from aiocontainerd.simulator.refusals import Refused, failed_precondition
from aiocontainerd.simulator.rules import check_id

MAX_MESSAGE = 16 << 20  # bytes; the real daemon's limit, both ways


def text(name: bytes) -> str:
    """A name that is `bytes` on the wire; what is kept by `str` is never one that is not UTF-8."""
    return name.decode("utf-8", "replace")


class Servicer(Protocol):
    """What `handler` serves."""

    DESCRIPTOR: ServiceDescriptor


class Call:
    """One call: its headers, checked when they are asked for, and gRPC's own context."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self._headers = dict(context.invocation_metadata() or ())

    @property
    def namespace(self) -> str:
        """The namespace header. Raises Refused when it is missing or malformed."""
        namespace = str(self._headers.get("containerd-namespace", ""))
        if not namespace:
            raise failed_precondition("namespace is required")
        check_id(namespace, "namespace validation")
        return namespace

    @property
    def lease(self) -> str:
        """The lease header, "" without one; that it exists is checked where it gets something."""
        return str(self._headers.get("containerd-lease", ""))


def framed(number: int, data: bytes) -> bytes:
    """A message with nothing but `data` as its submessage in field `number` (below 16)."""
    size, length = len(data), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes((number << 3 | 2, *length, size)) + data


def handler(servicer: Servicer, calls: Counter[str]) -> grpc.GenericRpcHandler:
    """All methods of one servicer; `calls` counts them by full name."""
    service = servicer.DESCRIPTOR
    methods = {
        method.name: _method(method, getattr(servicer, method.name), calls)
        for method in service.methods
        if hasattr(servicer, method.name)
    }
    return grpc.method_handlers_generic_handler(service.full_name, methods)


def _method(
    method: MethodDescriptor, serve: Callable[..., Any], calls: Counter[str]
) -> "grpc.RpcMethodHandler[Any, Any]":
    path = f"/{method.containing_service.full_name}/{method.name}"
    streams = bool(method.server_streaming)

    async def one(request: Any, context: "aio.ServicerContext[Any, Any]") -> Any:
        calls[path] += 1
        try:
            return _sized(await serve(request, Call(context)))
        except Refused as refused:
            await _abort(context, refused)

    async def many(request: Any, context: "aio.ServicerContext[Any, Any]") -> AsyncIterator[Any]:
        calls[path] += 1
        try:
            async with aclosing(serve(request, Call(context))) as answers:
                async for answer in answers:
                    yield answer
        except Refused as refused:
            await _abort(context, refused)

    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[bool(method.client_streaming), streams]
    return make(
        many if streams else one,
        request_deserializer=GetMessageClass(method.input_type).FromString,
        response_serializer=_serialized,
    )


async def _abort(context: "aio.ServicerContext[Any, Any]", refused: Refused) -> None:
    await context.abort(grpc.StatusCode[refused.code], refused.text)


def _serialized(answer: Message | bytes) -> bytes:
    return answer if isinstance(answer, bytes) else answer.SerializeToString()


def _sized(answer: Message | bytes) -> bytes:
    """The answer as bytes. Raises Refused, as the real daemon, when it is too large to send."""
    data = _serialized(answer)
    check_size(len(data))
    return data


def check_size(size: int) -> None:
    """Raises Refused, as the real daemon, for an answer of too many bytes."""
    if size > MAX_MESSAGE:
        raise Refused(
            "RESOURCE_EXHAUSTED",
            f"grpc: trying to send message larger than max ({size} vs. {MAX_MESSAGE})",
        )
