"""What was asked for on the command line and in the configuration file, and what a connection
to a daemon consists of."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from aiocontainerd.access import FREE, Access
from aiocontainerd.quickdata import dataclass

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from aiocontainerd.client import Client
    from aiocontainerd.pull import Pulls
    from aiocontainerd.state import StateDirectory
    from aiocontainerd.store import Store
    from ctdeck.config import Config
    from ctdeck.demo import Demo
    from ctdeck.embedded import EmbeddedDaemon

_WITH_VALUE = {
    "-a": "address",
    "--address": "address",
    "-n": "namespace",
    "--namespace": "namespace",
}


class Settings(NamedTuple):
    """The arguments of the command; `access` is the file's word as well.

    `address` is an absolute path, None to look for a daemon. `namespace` None means all of them.
    `fallback` is `embedded` only for the case that no other containerd is there. With `demo` all of
    it is played: the daemon is simulated. `keys` are those of the configuration by action id,
    `theme` its look, "" for the usual or the remembered one, `detach_keys` leave the terminal of a
    container, `toolbox` is the image to debug with. `config` is the file that they are in, if any.
    """

    address: str | None = None
    namespace: str | None = None
    access: Access = FREE
    embedded: bool = False
    fallback: bool = False
    demo: bool = False
    mouse: bool = True
    log_file: Path | None = None
    theme: str = ""
    keys: Mapping[str, str] = {}
    detach_keys: str = "ctrl-p,ctrl-q"
    toolbox: str = ""
    config: Config | None = None

    @property
    def read_only(self) -> bool:
        """Whether changes are refused in all namespaces, but for those that the file excepts."""
        return self.access.read_only


@dataclass(frozen=True, slots=True)
class Session:
    """One connection: made by `connect.py`, or by hand in tests (only `store` is needed there).

    `embedded` is the daemon that we started for it, `demo` the simulated one: they end with us.
    `following` keeps the store equal to the daemon; it ends only when it is cancelled.
    """

    store: Store
    client: Client | None = None
    pulls: Pulls | None = None
    state: StateDirectory | None = None
    address: str = ""
    embedded: EmbeddedDaemon | None = None
    demo: Demo | None = None
    following: asyncio.Task[None] | None = None


def from_arguments(arguments: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Read the command line (without the program's name) and the environment behind it.

    Raises SystemExit: 0 after --help and --version, 2 after one line on stderr for a bad argument
    or configuration file.
    """
    given = _usual(arguments)
    if given is None:
        from ctdeck.arguments import parser

        given = vars(parser().parse_args(arguments))
    try:
        return _settings(given, environ)
    except ValueError as error:
        from ctdeck.arguments import parser
        from ctdeck.config import BadConfig

        if isinstance(error, BadConfig):
            parser().exit(2, f"{fitting(f'ctdeck: {error}')}\n")

        parser().error(str(error))


def fitting(text: str) -> str:
    """What goes to stderr: as it is, but for a terminal, which would break it inside words."""
    from shutil import get_terminal_size
    from textwrap import wrap

    if not sys.stderr.isatty():
        return text
    width = max(20, get_terminal_size().columns)
    lines = (
        [line]
        if len(line) <= width
        else wrap(line, width, break_on_hyphens=False, break_long_words=False)
        for line in text.splitlines()
    )
    return "\n".join(part for parts in lines for part in parts)


def _usual(arguments: Sequence[str]) -> dict[str, Any] | None:
    """What most people give; None for all else. argparse takes 3 ms of the start."""
    given: dict[str, Any] = {}
    rest = iter(arguments)
    for argument in rest:
        if argument in _WITH_VALUE:
            value = next(rest, "")
            if not value or value.startswith("-"):
                return None
            given[_WITH_VALUE[argument]] = value
        elif argument == "--read-only":
            given["read_only"] = True
        else:
            return None
    return given


def _settings(given: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Raises ValueError for what cannot be."""
    embedded, demo = given.get("embedded", False), given.get("demo", False)
    ours = embedded or demo
    address = given.get("address") or ("" if ours else environ.get("CONTAINERD_ADDRESS"))
    namespace = given.get("namespace") or environ.get("CONTAINERD_NAMESPACE") or "all"
    access, config = _configured(given.get("config"), environ, flag=given.get("read_only", False))
    settings = Settings(
        address=_socket_path(address) if address else None,
        namespace=_namespace(namespace),
        access=access,
        embedded=embedded,
        fallback=given.get("embedded_if_none", False) and not demo,
        demo=demo,
        mouse=given.get("mouse", True),
        log_file=given.get("log_file"),
        config=config,
    )
    if config is None:
        return settings
    return settings._replace(
        theme=config.theme,
        detach_keys=config.detach_keys or settings.detach_keys,
        toolbox=config.toolbox,
    )


def _configured(
    path: Path | str | None, environ: Mapping[str, str], *, flag: bool
) -> tuple[Access, Config | None]:
    """What may be changed, and the file with the other settings, if there is one.

    A file is for those who want less to be changed. Under sudo what the user's own says of that
    holds too, and the rest of it where root has no file.
    """
    if path is not None:
        from ctdeck.configfile import load

        config = load(path)
        return _access_by(config, flag=flag), config
    own = _read(default_config(environ))
    access = _access_by(own, flag=flag)
    if "SUDO_UID" not in environ or os.geteuid() != 0:
        return access, own
    from aiocontainerd.access import stricter
    from ctdeck.behindsudo import config_behind_sudo

    theirs = config_behind_sudo(environ)
    return stricter(access, _access_by(theirs)), own or theirs


def _read(config: str) -> Config | None:
    """This file, if it is there. Raises BadConfig."""
    if not is_there(config):
        return None
    from ctdeck.configfile import load

    return load(config)


def _access_by(config: Config | None, *, flag: bool = False) -> Access:
    if config is None:
        return Access(read_only=True) if flag else FREE
    from ctdeck.config import access_of

    return access_of(config, flag=flag)


def is_there(config: str) -> bool:
    """Whether there is a file to read, or to tell why it cannot be read. Imports nothing."""
    try:
        os.lstat(config)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        return _is_in_ours(config)
    except OSError:
        pass  # told when it is read
    return True


def _is_in_ours(path: str) -> bool:
    """Below a folder of ours; else it is another user's home, left in HOME by sudo or su."""
    folder, us = os.path.dirname(path), os.geteuid()  # noqa: PTH120  pathlib is slow to import
    while True:
        with suppress(OSError):
            if os.stat(folder).st_uid == us:  # noqa: PTH116
                return True
        if folder in {"/", ""}:
            return False
        folder = os.path.dirname(folder)  # noqa: PTH120


def default_config(environ: Mapping[str, str]) -> str:
    """$XDG_CONFIG_HOME/ctdeck/config.toml, else ~/.config/ctdeck/config.toml.

    Under sudo ~ is what sudo made of HOME: root's home, as a rule.
    """
    folder = environ.get("XDG_CONFIG_HOME", "")
    if not folder.startswith("/"):  # the specification wants relative ones ignored
        home = environ.get("HOME", "")
        folder = f"{home if home.startswith('/') else '/nonexistent'}/.config"
    return f"{folder}/ctdeck/config.toml"


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
