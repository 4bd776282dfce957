"""An asyncio client for containerd: its gRPC services, and the verbs of several calls.

    async with Client("/run/containerd/containerd.sock") as client:
        for container in await client.containers.list(namespace="default"):
            print(container.id)
"""

import os

# gRPC reads these when it is first imported: its fork handlers hang an app that starts helpers,
# and its log lines would land on the terminal, over the screen.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
