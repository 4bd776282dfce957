"""How far inside a server is: one out there must not lead us to what only we can reach.

A registry names token servers and redirects, and by its DNS decides where these are. What they
resolve to is looked at when a connection is made, so that a name cannot mean one thing when it is
checked and another when it is used.
"""

import ipaddress
import socket
from collections.abc import Iterable
from enum import IntEnum
from urllib.parse import urlsplit

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAMES = (".localhost", "-localhost", "-loopback")


class Reach(IntEnum):
    """From where an address can be reached, from all the world to this machine alone."""

    WORLD = 0
    NETWORK = 1  # private ones, and all that are not for all the world
    LINK = 2  # clouds tell secrets there (169.254.169.254)
    MACHINE = 3


class LedInwardError(Exception):
    """A server that was not named by the user is further inside than the one that was."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class Bounds:
    """Where one server that the user has named may lead us: no further in than it is itself.

    `host` is its name or address. What it is by its addresses is learnt when it is connected to;
    before, and behind a proxy, a name is taken to be out in the world.
    """

    def __init__(self, host: str) -> None:
        self._host = host.lower().rstrip(".")
        self._own: set[Reach] = set()
        if (reach := literal(self._host)) is not None:
            self._own.add(reach)

    def passed(self, host: str, addresses: Iterable[str]) -> list[str]:
        """Those that may be connected to for `host`. Raises LedInwardError if that is none."""
        every = list(addresses)
        if host.lower().rstrip(".") == self._host:
            self._own.update(map(reach_of, every))
            return every
        fine = [address for address in every if self._allows(reach_of(address))]
        if every and not fine:
            raise LedInwardError(every[0])
        return fine

    def check(self, netloc: str) -> None:
        """The same for an address that is not looked up. Raises LedInwardError."""
        host = _host(netloc)
        reach = literal(host)
        if reach is not None and host != self._host and not self._allows(reach):
            raise LedInwardError(host)

    def _allows(self, reach: Reach) -> bool:
        # All that it has ever been: else a name that is both could lead anywhere.
        own = self._own or {Reach.WORLD}
        if reach is Reach.NETWORK:
            return min(own) >= reach
        return reach is Reach.WORLD or own == {reach}


def reach_of(address: str) -> Reach:
    """By the address; one that holds another of IPv4 is as far inside as that."""
    found: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = inner or found
    if found.is_loopback or found.is_unspecified:
        return Reach.MACHINE
    if found.is_link_local:
        return Reach.LINK
    return Reach.WORLD if found.is_global else Reach.NETWORK


def literal(host: str) -> Reach | None:
    """Of an address in whichever form, and of names that mean this machine; None for others."""
    host = host.rstrip(".")
    if host == "localhost" or host.endswith(_LOCAL_NAMES):
        return Reach.MACHINE
    try:
        return reach_of(host)
    except ValueError:
        try:
            return reach_of(socket.inet_ntoa(socket.inet_aton(host)))  # 127.1, 2130706433, 0x7f.1
        except (OSError, ValueError):
            return None


def leads_inward(netloc: str) -> bool:
    """Whether this names our machine or its own link, in whichever way; names are not looked up."""
    return (literal(_host(netloc)) or Reach.WORLD) >= Reach.LINK


def _host(netloc: str) -> str:
    return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
