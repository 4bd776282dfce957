"""The options that would make another container like one that is there. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.models import Container
from aiocontainerd.mounts import PROPAGATIONS, BindMount
from aiocontainerd.run_options import RunOptions

# What ctdeck, ctr and nerdctl add by themselves.
_OWN_VARIABLES = {"HOSTNAME", "TERM"}
_OWN_MOUNTS = {"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"}


def options_like(
    container: Container, spec: Mapping[str, Any], config: ImageConfig, *, id: str
) -> RunOptions:
    """`container`'s options as its OCI spec tells them, without what the image gives anyway.

    What cannot be read, or what `run` cannot make (a CNI network), is left out.
    """
    process, linux = _dict(spec, "process"), _dict(spec, "linux")
    resources = _dict(linux, "resources")
    spaces = {each.get("type") for each in linux.get("namespaces") or () if isinstance(each, dict)}
    options = RunOptions(
        image=container.image,
        id=id,
        command=_command(_texts(process, "args"), config),
        mounts=tuple(_mounts(container)),
        env=tuple(_env(_texts(process, "env"), config)),
        network="none" if "network" in spaces else "host",
        readonly=_dict(spec, "root").get("readonly") is True,
        terminal=process.get("terminal") is True,
        privileged=bool(linux) and not linux.get("maskedPaths"),
    )
    cpu = _dict(resources, "cpu")
    wishes: dict[str, Any] = {
        "user": _user(_dict(process, "user"), config),
        "cwd": _cwd(process, config),
        "hostname": spec.get("hostname", ""),
        "memory": _dict(resources, "memory").get("limit"),
        "pids": _dict(resources, "pids").get("limit"),
        "cpus": cpu["quota"] / cpu["period"] if cpu.get("quota") and cpu.get("period") else None,
    }
    for name, value in wishes.items():
        options = _with(options, name, value)
    return options


def _with(options: RunOptions, name: str, value: Any) -> RunOptions:
    """One more option, if it is one that can be asked for."""
    try:
        return replace(options, **cast(Any, {name: value})) if value else options
    except (InvalidArgument, TypeError):
        return options


def _command(args: tuple[str, ...], config: ImageConfig) -> tuple[str, ...]:
    entry = config.entrypoint
    command = args[len(entry) :] if args[: len(entry)] == entry else args
    return () if command == config.cmd else command


def _env(pairs: tuple[str, ...], config: ImageConfig) -> Iterator[str]:
    given = set(config.env)
    for pair in pairs:
        name, equals, _ = pair.partition("=")
        default = name == "PATH" and not config.env
        if equals and name and pair not in given and name not in _OWN_VARIABLES and not default:
            yield pair


def _user(user: Mapping[str, Any], config: ImageConfig) -> str:
    """Empty when the image names a user: its names and numbers cannot be told apart here."""
    uid, gid = user.get("uid", 0), user.get("gid", 0)
    return "" if config.user or not (uid or gid) else f"{uid}:{gid}"


def _cwd(process: Mapping[str, Any], config: ImageConfig) -> str:
    cwd = process.get("cwd", "")
    return "" if cwd == (config.working_dir or "/") else cwd


def _mounts(container: Container) -> Iterator[BindMount]:
    for mount in container.mounts:
        if not mount.is_bind or mount.destination in _OWN_MOUNTS:
            continue
        try:
            yield BindMount(
                mount.source,
                mount.destination,
                readonly=mount.is_readonly,
                recursive="rbind" in mount.options or "bind" not in mount.options,
                propagation=next((word for word in mount.options if word in PROPAGATIONS), ""),
                recursive_readonly="rro" in mount.options and "rbind" in mount.options,
            )
        except InvalidArgument:
            continue


def _dict(outer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = outer.get(name)
    return inner if isinstance(inner, dict) else {}


def _texts(outer: Mapping[str, Any], name: str) -> tuple[str, ...]:
    inner = outer.get(name)
    return tuple(each for each in inner if isinstance(each, str)) if isinstance(inner, list) else ()
