"""containerd's restart monitor: every 10 s it starts what its labels want to run, whoever ended it.

Source: containerd `runtime/restart`. The labels of a container are told what the user wants, as
nerdctl does; 1.6 knows only the status, and nothing is told to containers without a policy.
"""

from collections.abc import Mapping
from types import MappingProxyType

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.models import Container
from aiocontainerd.operations.identity import same_container

STATUS_LABEL = "containerd.io/restart.status"
_ON_PURPOSE = "containerd.io/restart.explicitly-stopped"
RUNNING: Mapping[str, str] = MappingProxyType({STATUS_LABEL: "running", _ON_PURPOSE: "false"})
_STOPPED: Mapping[str, str] = MappingProxyType({STATUS_LABEL: "stopped", _ON_PURPOSE: "true"})


async def stay_stopped(client: Client, container: Container) -> None:
    """Let a container that was stopped on purpose be.

    To be said when it has ended: the monitor sends SIGKILL to what runs and should not.
    """
    if container.labels.get(STATUS_LABEL, "stopped") == "stopped":
        return
    try:
        await same_container(client, container)
        await client.containers.set_labels(container.id, _STOPPED, namespace=container.namespace)
    except (NotFound, FailedPrecondition):  # deleted meanwhile, or replaced
        return
