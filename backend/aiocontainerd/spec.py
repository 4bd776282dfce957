"""Image config and options → OCI runtime spec, as `ctr run` would make it. Pure.

Measured against ctr 1.6.20 (`tests/unit/data/ctr_specs.json`). Different on purpose:

- `command` replaces Cmd and keeps Entrypoint, as docker and nerdctl do; ctr drops both.
- An `env` entry without "=" unsets the image's variable; ctr leaves it. Of several entries
  for one name the last counts; ctr passes all of them on.
- TERM (terminal) and HOSTNAME (host network) yield to the caller's own; ctr adds them.
- A mount of the caller at /etc/hosts or /etc/resolv.conf replaces the host network's;
  ctr hides it below that.
- A mount of the caller replaces a default one at the same place, as ctr does since 1.7; 1.6
  keeps both, one over the other.
- shared and slave mounts set `linux.rootfsPropagation`; ctr waits for a flag.
- /sys/devices/virtual/powercap is masked, as ctr does since 1.7; `ociVersion` is 1.0.2.
- `pids` and, before ctr 1.7, `user` and `hostname`: ctr has no flag for them.
"""

from collections.abc import Iterable
from typing import Any

from aiocontainerd import spec_defaults as defaults
from aiocontainerd.errors import InvalidArgument
from aiocontainerd.host_facts import Device, HostFacts, read_host_facts
from aiocontainerd.identifiers import check_identifier
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.mounts import BindMount
from aiocontainerd.run_options import RunOptions
from aiocontainerd.users import ResolvedUser

__all__ = [
    "Device",
    "HostFacts",
    "ImageConfig",
    "RunOptions",
    "build_spec",
    "process_args",
    "read_host_facts",
]

_HOST_FILES = ("/etc/hosts", "/etc/resolv.conf")


def build_spec(
    options: RunOptions,
    config: ImageConfig,
    *,
    namespace: str,
    user: ResolvedUser,
    host: HostFacts,
) -> dict[str, Any]:
    """Make the OCI runtime spec, ready for `json.dumps`; nothing in it is shared.

    `namespace` is containerd's (it names the cgroup), `user` comes from `resolve_user`,
    `host` from `read_host_facts(privileged=options.privileged)`. Raises InvalidArgument
    when there is no command or a path is not absolute.
    """
    check_identifier(namespace, "namespace")
    spec = {
        "ociVersion": defaults.OCI_VERSION,
        "process": _process(options, config, user, host),
        "root": {"path": "rootfs", **({"readonly": True} if options.readonly else {})},
        "mounts": _mounts(options),
        "linux": _linux(options, namespace, host),
    }
    if options.hostname:
        spec["hostname"] = options.hostname
    if options.labels:
        spec["annotations"] = dict(options.labels)
    return spec


def process_args(options: RunOptions, config: ImageConfig) -> list[str]:
    """What will be executed: the Entrypoint, then the caller's command or else Cmd.

    Raises InvalidArgument when nothing is left to execute.
    """
    joined = options.joins is not None and options.command  # tools, whatever the image is for
    args = [*(() if joined else config.entrypoint), *(options.command or config.cmd)]
    if not args or not args[0]:
        raise InvalidArgument(
            "the image names no command to run",
            subject=options.image,
            remedy="Give one after the image.",
        )
    return args


def _process(
    options: RunOptions, config: ImageConfig, user: ResolvedUser, host: HostFacts
) -> dict[str, Any]:
    cwd = options.cwd or config.working_dir or "/"
    if not cwd.startswith("/"):
        what = f"the image's working directory '{cwd[:200]}' is not an absolute path"
        raise InvalidArgument(what, subject=options.image, remedy="Give one with -w.")
    capabilities = host.capabilities if options.privileged else defaults.CAPABILITIES
    if options.joins is not None:
        capabilities = tuple(dict.fromkeys((*capabilities, defaults.LOOKING_IN)))
    return {
        **({"terminal": True} if options.terminal else {}),
        "user": {"uid": user.uid, "gid": user.gid, "additionalGids": list(user.groups)},
        "args": process_args(options, config),
        "env": _env(options, config, host),
        "cwd": cwd,
        "capabilities": {
            kind: list(capabilities) for kind in ("bounding", "effective", "permitted")
        },
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": defaults.NOFILE, "soft": defaults.NOFILE}],
        "noNewPrivileges": True,
    }


def _env(options: RunOptions, config: ImageConfig, host: HostFacts) -> list[str]:
    """The image's variables in its order, changed in place by the caller's; new ones last."""
    env = _merge(filter(None, config.env or (defaults.PATH,)), options.env)
    own = {entry.partition("=")[0] for entry in options.env}
    added = ["TERM=xterm"] if options.terminal else []
    added += [f"HOSTNAME={host.hostname}"] if options.network == "host" else []
    return _merge(env, [entry for entry in added if entry.partition("=")[0] not in own])


def _merge(base: Iterable[str], changes: Iterable[str]) -> list[str]:
    merged = {entry.partition("=")[0]: entry for entry in base}
    for entry in changes:
        name, equals, _ = entry.partition("=")
        if equals:
            merged[name] = entry
        else:
            merged.pop(name, None)
    return list(merged.values())


def _mounts(options: RunOptions) -> list[dict[str, Any]]:
    """The default mounts but those that the caller's replace, then the caller's."""
    taken = {mount.destination for mount in options.mounts}
    mounts = [
        {
            "destination": destination,
            "type": kind,
            "source": source,
            # only sysfs is "ro" there
            "options": words.replace(" ro", " rw" if options.privileged else " ro").split(),
        }
        for destination, kind, source, words in defaults.MOUNTS
        if destination not in taken
    ]
    mounts += [mount.oci() for mount in options.mounts]
    if options.network == "host":
        files = [path for path in _HOST_FILES if path not in taken]
        mounts += [BindMount(path, path, readonly=True).oci() for path in files]
    return mounts


def _linux(options: RunOptions, namespace: str, host: HostFacts) -> dict[str, Any]:
    dropped = {"network"} if options.network == "host" else set()
    linux: dict[str, Any] = {
        "resources": _resources(options),
        "cgroupsPath": f"/{namespace}/{options.id}",
        "namespaces": [
            _namespace(kind, options.joins) for kind in defaults.NAMESPACES if kind not in dropped
        ],
    }
    if options.privileged:
        linux["devices"] = [device.oci() for device in host.devices]
    else:
        linux["maskedPaths"] = list(defaults.MASKED_PATHS)
        linux["readonlyPaths"] = list(defaults.READONLY_PATHS)
    if propagation := root_propagation(options.mounts):
        linux["rootfsPropagation"] = propagation
    return linux


def _namespace(kind: str, joins: int | None) -> dict[str, str]:
    """A new one, or that of the process that is joined."""
    if joins is None or kind not in defaults.JOINED:
        return {"type": kind}
    return {"type": kind, "path": f"/proc/{joins}/ns/{defaults.JOINED[kind]}"}


def root_propagation(mounts: Iterable[BindMount]) -> str:
    """The propagation that the root needs so that the mounts' own can work; "" for none."""
    kinds = {mount.propagation.removeprefix("r") for mount in mounts}
    return "rshared" if "shared" in kinds else "rslave" if "slave" in kinds else ""


def _resources(options: RunOptions) -> dict[str, Any]:
    resources: dict[str, Any] = {"devices": _device_rules(options.privileged)}
    cpu = resources["cpu"] = {"shares": defaults.CPU_SHARES}
    if options.cpus is not None:
        cpu["quota"] = int(options.cpus * defaults.CPU_PERIOD)
        cpu["period"] = defaults.CPU_PERIOD
    if options.memory is not None:
        resources["memory"] = {"limit": options.memory}
    if options.pids is not None:
        resources["pids"] = {"limit": options.pids}
    return resources


def _device_rules(privileged: bool) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = [{"allow": privileged, "access": "rwm"}]
    for major, minor in () if privileged else defaults.DEVICES:
        numbers = {"major": major} if minor is None else {"major": major, "minor": minor}
        rules.append({"allow": True, "type": "c", **numbers, "access": "rwm"})
    return rules
