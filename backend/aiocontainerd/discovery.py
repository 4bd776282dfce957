"""Which containerd to talk to: where to look, in which order, and what is wrong where it is not."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, DeadlineExceeded, Unavailable, Unimplemented
from aiocontainerd.models import ServerInfo
from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe
from aiocontainerd.sniff import Speech, listen_to
from aiocontainerd.sockets import Fault, find_fault, path_of

# In the order of asking. k3s and RKE2 share one path.
WELL_KNOWN = (
    "/run/containerd/containerd.sock",
    "/run/k3s/containerd/containerd.sock",
    "/var/snap/microk8s/common/run/containerd.sock",
    "/var/run/docker/containerd/containerd.sock",
)
PATIENCE = 5.0  # s for a daemon to answer: a loaded one takes 3

_DIFFERENT = "Name containerd's own socket with --address."


@dataclass(frozen=True, slots=True)
class Probe:
    """What one address gave: a server, or a problem and its remedy, one plain line each."""

    address: str
    server: ServerInfo | None = None
    problem: str = ""
    remedy: str = ""
    client: Client | None = None  # open, for those who gave a `connect`; theirs to close


Connect = Callable[[str], Client]


def candidates(
    address: str | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Where to look: only `address` if given, only $CONTAINERD_ADDRESS if set, else all."""
    if address:
        return (address,)
    if named := environ.get("CONTAINERD_ADDRESS"):
        return (named,)
    return (*WELL_KNOWN, *_rootless(environ))


def _rootless(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The sockets of this user's own containerd: in plain sight, and in RootlessKit's namespace."""
    runtime = environ.get("XDG_RUNTIME_DIR")
    if not runtime:
        return ()
    found = [f"{runtime}/containerd/containerd.sock"]
    try:
        child = (Path(runtime) / "containerd-rootless" / "child_pid").read_text().strip()
    except (OSError, ValueError):
        child = ""
    if child.isascii() and child.isdigit():
        found.append(f"/proc/{child}/root/run/containerd/containerd.sock")
    return tuple(found)


async def probe(
    address: str, *, patience: float = PATIENCE, connect: Connect | None = None
) -> Probe:
    """Find out what answers at this address, within about `patience` seconds; never raises.

    With `connect`, which makes a client, the client that was asked stays open for the caller.
    """
    fault = find_fault(address)
    if fault is not None:
        return _failed(address, fault)
    begun = asyncio.get_running_loop().time()
    try:
        speech = await listen_to(path_of(address), patience=patience * 2 / 3)
    except OSError as error:
        text = f"it cannot be connected to: {error.strerror or error}"
        return _failed(address, find_fault(address) or Fault(text, _DIFFERENT))
    if speech is not Speech.HTTP2:
        return _failed(address, _misheard(address, speech))
    left = patience - (asyncio.get_running_loop().time() - begun)
    return await _ask(address, max(left, patience / 4), connect)


async def discover(
    addresses: Sequence[str], *, patience: float = PATIENCE, connect: Connect | None = None
) -> tuple[Probe, ...]:
    """Probe all at once; end with the first, in order, that answers, else with all that failed.

    So the last probe of the result has a server, or none has. `connect`: see `probe`.
    """
    tasks = [
        asyncio.create_task(probe(address, patience=patience, connect=connect))
        for address in addresses
    ]
    probes: list[Probe] = []
    try:
        for task in tasks:
            probes.append(await task)
            if probes[-1].server is not None:
                break
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for other in ended[len(probes) :]:
            if isinstance(other, Probe) and other.client is not None:
                await other.client.close()
    return tuple(probes)


async def _ask(address: str, patience: float, connect: Connect | None) -> Probe:
    """It speaks HTTP/2: is it containerd?"""
    async with AsyncExitStack() as closing:
        client = await closing.enter_async_context((connect or Client)(address))
        found = await _judge(client, address, patience)
        if connect is not None and found.server is not None:
            closing.pop_all()
            return replace(found, client=client)
        return found


async def _judge(client: Client, address: str, patience: float) -> Probe:
    try:
        async with asyncio.timeout(patience):
            return Probe(address, await client.server_info())
    except (TimeoutError, DeadlineExceeded, Unavailable):
        return _failed(address, find_fault(address) or _misheard(address, Speech.SILENT))
    except Unimplemented:
        text = "this speaks gRPC, but it is not containerd (BuildKit's or CRI-O's socket?)"
        return _failed(address, Fault(text, _DIFFERENT))
    except ContainerdError as error:
        text = f"the daemon does not say who it is: {error.what}"
        return _failed(address, Fault(text, error.remedy or "Look at the daemon's log."))


def _misheard(address: str, speech: Speech) -> Fault:
    if speech is Speech.TTRPC:
        plain = path_of(address).removesuffix(".ttrpc")
        return Fault(f"this {speech.value}", f"Use its neighbour: --address {safe(plain)}")
    if speech in (Speech.SILENT, Speech.CLOSES):
        remedy = "The daemon may be starting, stopped or hung: look at its log, or restart it."
        return Fault(f"it {speech.value}", remedy)
    return Fault(f"this {speech.value}", _DIFFERENT)


def _failed(address: str, fault: Fault) -> Probe:
    return Probe(address, None, fault.problem, fault.remedy)


def others_here(address: str) -> tuple[str, ...]:
    """Well-known sockets that do exist, but for this one: to mention beside a failure."""
    return tuple(
        path
        for path in candidates(environ={})
        if path != path_of(address) and os.access(path, os.F_OK, effective_ids=True)
    )
