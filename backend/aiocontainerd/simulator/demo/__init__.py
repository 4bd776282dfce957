"""A lively, believable host: an invented small shop with a bit of everything on one server."""

from aiocontainerd.simulator.demo.host import Host, demo_world, make_host
from aiocontainerd.simulator.demo.life import live
from aiocontainerd.simulator.demo.proc import InventedProc
from aiocontainerd.simulator.demo.terminals import give_terminal

__all__ = ["Host", "InventedProc", "demo_world", "give_terminal", "live", "make_host"]
