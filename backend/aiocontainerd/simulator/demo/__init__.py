"""A lively, believable host: an invented small shop with a bit of everything on one server."""

from aiocontainerd.simulator.demo.host import Host, demo_world, make_host
from aiocontainerd.simulator.demo.life import live

__all__ = ["Host", "demo_world", "live", "make_host"]
