"""The `ctr run` line that does the same, so that people can learn it, check it or script it."""

import shlex
from collections.abc import Iterator

from aiocontainerd.image_config import ImageConfig
from aiocontainerd.run_options import RunOptions
from aiocontainerd.spec import process_args, root_propagation


def ctr_run(
    options: RunOptions, *, address: str, namespace: str, config: ImageConfig | None = None
) -> str:
    """One line for a POSIX shell, equal in effect to running `options`.

    `config` is the image's: ctr's command drops the Entrypoint, so with a config the line
    repeats it. What ctr has no flag for follows as a shell comment, so the line stays
    usable. `--user` and `--hostname` need ctr 1.7 or later. Secrets in `env` are in the
    line: mask before showing. Raises InvalidArgument if `config` leaves nothing to execute.
    """
    command = list(options.command)
    if config is not None and command:
        command = process_args(options, config)
    words = ["ctr", "--address", address, "--namespace", namespace, "run", *_flags(options)]
    line = shlex.join([*words, options.image, options.id, *command])
    missing = list(_missing(options))
    return f"{line}  # not in ctr: {', '.join(missing)}" if missing else line


def _flags(options: RunOptions) -> Iterator[str]:
    """ctr's flags, before the image as it wants them."""
    switches = {
        "--rm": options.remove,
        "--detach": options.detach and not options.remove,
        "--tty": options.terminal,
        "--net-host": options.network == "host",
        "--read-only": options.readonly,
        "--privileged": options.privileged,
    }
    yield from (flag for flag, on in switches.items() if on)
    values = {
        "--user": options.user,
        "--cwd": options.cwd,
        "--hostname": options.hostname,
        "--memory-limit": "" if options.memory is None else str(options.memory),
        "--cpus": "" if options.cpus is None else str(options.cpus),
        "--rootfs-propagation": root_propagation(options.mounts),
    }
    for flag, value in values.items():
        yield from (flag, value) if value else ()
    for entry in options.env:
        yield from ("--env", entry) if "=" in entry else ()
    for mount in options.mounts:
        yield from ("--mount", mount.ctr_argument())
    for key, value in options.labels:
        yield from ("--label", f"{key}={value}")


def _missing(options: RunOptions) -> Iterator[str]:
    """What of the options ctr cannot be told; safe inside a shell comment of one line."""
    if options.pids is not None:
        yield f"pids limit {options.pids}"
    for entry in options.env:
        if "=" not in entry:
            yield f"unset {shlex.quote(' '.join(entry.split()))}"
