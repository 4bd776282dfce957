"""The least Textual app that lists containers over gRPC: the floor under any start of ours.

No models, no events, no columns: generated stubs, one channel, one list, one text. What it takes
more than `bare.py` nobody who shows containers can save.
"""

import gc
import sys

gc.disable()  # as ctdeck does while it starts

from grpc import aio  # noqa: E402
from textual.app import App, ComposeResult  # noqa: E402
from textual.widgets import Label  # noqa: E402

from aiocontainerd.pb import (  # noqa: E402
    containers_pb2,
    containers_pb2_grpc,
    events_pb2_grpc,
    images_pb2_grpc,
    introspection_pb2_grpc,
    namespaces_pb2_grpc,
    tasks_pb2_grpc,
    version_pb2_grpc,
)

# What ctdeck's first lists need.
STUBS = (
    events_pb2_grpc,
    images_pb2_grpc,
    introspection_pb2_grpc,
    namespaces_pb2_grpc,
    tasks_pb2_grpc,
    version_pb2_grpc,
)
SCREENFUL = 35


class BareList(App[None]):
    """One text, which the first screenful of ids is put into."""

    def __init__(self, socket: str, namespace: str) -> None:
        super().__init__()
        self.socket, self.namespace = socket, namespace

    def compose(self) -> ComposeResult:
        """Empty before the daemon has answered."""
        yield Label("")

    async def on_mount(self) -> None:
        """Ask, and show the first that come."""
        channel = aio.insecure_channel(f"unix:{self.socket}")
        metadata = (("containerd-namespace", self.namespace),)
        containers = containers_pb2_grpc.ContainersStub(channel)
        request = containers_pb2.ListContainersRequest()
        ids: list[str] = []
        async for answer in containers.ListStream(request, metadata=metadata):
            ids.append(answer.container.id)
            if len(ids) == SCREENFUL:
                break
        self.query_one(Label).update("\n".join(ids))


if __name__ == "__main__":
    BareList(*sys.argv[1:]).run()
