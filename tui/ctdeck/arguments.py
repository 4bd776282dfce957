"""The command line as `--help` tells it; `settings.py` makes settings of what was given."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from aiocontainerd.safe import safe

_EPILOG = """\
environment: CONTAINERD_ADDRESS and CONTAINERD_NAMESPACE stand for -a and -n.
With no address, the well-known sockets are tried: containerd, k3s, RKE2, MicroK8s, Docker's own,
the rootless ones. Inside, ? shows all keys.

ctdeck doctor [-a SOCK] says what is wrong with the daemon and its host, and what helps."""


class Parser(argparse.ArgumentParser):
    """Tells of a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """One line instead of the usage and a line."""
        self.exit(2, f"ctdeck: {safe(message)} (ctdeck --help)\n")


def parser() -> Parser:
    """All arguments that there are."""
    made = Parser(
        prog="ctdeck",
        description="A terminal UI for containerd.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = made.add_argument
    where = made.add_mutually_exclusive_group()
    where.add_argument("-a", "--address", metavar="SOCK", help="containerd's socket")
    add("-n", "--namespace", metavar="NS", help="show this namespace; all of them by default")
    add("--read-only", action="store_true", help="refuse everything that would change something")
    add("--config", metavar="FILE", type=Path, help="instead of ~/.config/ctdeck/config.toml")
    where.add_argument(
        "--embedded", action="store_true", help="a private containerd of ctdeck's own (needs root)"
    )
    where.add_argument(
        "--demo",
        action="store_true",
        help="a simulated host to learn the keys on: no root, no containerd, nothing real",
    )
    add("--embedded-if-none", action="store_true", help="as --embedded, if there is no other")
    add("--no-mouse", dest="mouse", action="store_false", help="leave the mouse to the terminal")
    add("--log-file", metavar="FILE", type=Path, help="append what ctdeck itself does to FILE")
    add("--version", action=_Version, help="show the version and exit")
    return made


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: the metadata are slow to import."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print one line and leave."""
        from importlib.metadata import version

        print(f"ctdeck {version('ctdeck')}")
        parser.exit()
