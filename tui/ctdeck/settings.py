"""What was asked for on the command line, and what a connection to a daemon consists of."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from aiocontainerd.safe import safe

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.pull import Pulls
    from aiocontainerd.state import StateDirectory
    from aiocontainerd.store import Store
    from ctdeck.embedded import EmbeddedDaemon

_EPILOG = """\
environment: CONTAINERD_ADDRESS and CONTAINERD_NAMESPACE stand for -a and -n.
With no address, the well-known sockets are tried: containerd, k3s, RKE2, MicroK8s, Docker's own,
the rootless ones. Inside, ? shows all keys."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The arguments of the command.

    `address` is an absolute path, None to look for a daemon. `namespace` None means all of them.
    `fallback` is `embedded` only for the case that no other containerd is there.
    """

    address: str | None = None
    namespace: str | None = None
    read_only: bool = False
    embedded: bool = False
    fallback: bool = False
    mouse: bool = True
    log_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One connection: made by `connect.py`, or by hand in tests (only `store` is needed there).

    `embedded` is the daemon that we started for it, which ends with us.
    """

    store: Store
    client: Client | None = None
    pulls: Pulls | None = None
    state: StateDirectory | None = None
    address: str = ""
    embedded: EmbeddedDaemon | None = None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of the usage and a line."""
        self.exit(2, f"ctdeck: {safe(message)} (ctdeck --help)\n")


def from_arguments(arguments: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Read the command line (without the program's name) and the environment behind it.

    Raises SystemExit: 0 after --help and --version, 2 after one line on stderr for a bad argument.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        address = given.address or _unless(given.embedded, environ.get("CONTAINERD_ADDRESS"))
        return Settings(
            address=_socket_path(address) if address else None,
            namespace=_namespace(given.namespace or environ.get("CONTAINERD_NAMESPACE") or "all"),
            read_only=given.read_only,
            embedded=given.embedded,
            fallback=given.embedded_if_none,
            mouse=given.mouse,
            log_file=given.log_file,
        )
    except ValueError as error:
        parser.error(str(error))


def _parser() -> _Parser:
    parser = _Parser(
        prog="ctdeck",
        description="A terminal UI for containerd.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-a", "--address", metavar="SOCK", help="containerd's socket")
    add("-n", "--namespace", metavar="NS", help="show this namespace; all of them by default")
    add("--read-only", action="store_true", help="refuse everything that would change something")
    where.add_argument(
        "--embedded", action="store_true", help="a private containerd of ctdeck's own (needs root)"
    )
    add("--embedded-if-none", action="store_true", help="as --embedded, if there is no other")
    add("--no-mouse", dest="mouse", action="store_false", help="leave the mouse to the terminal")
    add("--log-file", metavar="FILE", type=Path, help="append what ctdeck itself does to FILE")
    add("--version", action=_Version, help="show the version and exit")
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: the metadata are slow to import."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print one line and leave."""
        from importlib.metadata import version

        print(f"ctdeck {version('ctdeck')}")
        parser.exit()


def _unless(condition: bool, text: str | None) -> str | None:
    return None if condition else text


def _socket_path(address: str) -> str:
    """The absolute path of `/run/x.sock`, `x.sock` or `unix:///run/x.sock`."""
    scheme, found, _ = address.partition("://")
    if found and scheme != "unix":
        raise ValueError(f"{address}: containerd listens on unix sockets, not on {scheme}")
    path = address.removeprefix("unix://").removeprefix("unix:")
    if not path or "\0" in path:
        raise ValueError(f"{address}: this names no socket")
    return os.path.abspath(path)  # noqa: PTH100  resolve() would follow links


def _namespace(name: str) -> str | None:
    """The namespace to show, None for `all`; checked by containerd's own rule."""
    if name == "all":
        return None
    from aiocontainerd.errors import InvalidArgument
    from aiocontainerd.identifiers import check_identifier

    try:
        return check_identifier(name, "namespace")
    except InvalidArgument as error:
        raise ValueError(str(error)) from error
