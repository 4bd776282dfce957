"""An in-memory containerd that speaks the real protocol on a private unix socket.

For the demo, and for tests of scale and of faults. Nothing of the host is touched but the socket
and a small private folder; no process is run. What it does not do answers UNIMPLEMENTED.
"""

from aiocontainerd.simulator.scale import emit, populate
from aiocontainerd.simulator.server import Simulator
from aiocontainerd.simulator.world import World

__all__ = ["Simulator", "World", "emit", "populate"]
