"""runc's and the shims' errors in plain words.

They come as UNKNOWN with a text of many parts, in the words of the version that is installed
(seen: runc 1.1 under containerd 1.6, 1.7 and 2.1). The end of that text stays in the error.
"""

import re

from aiocontainerd.errors import ContainerdError, NoProgram, RuntimeFailed

_TEXT_MAX = 300
_PREFIXES = re.compile(
    r"^(?:(?:failed to create shim task|failed to create task|OCI runtime create failed"
    r'|failed to exec in container|failed to start exec "[^"]*"|OCI runtime exec failed|exec failed'
    r"|runc create failed|unable to start container process|error during container init"
    r"|container_linux\.go:\d+|starting container process caused|failed to start shim): )+"
)
_SUFFIX = re.compile(r"(?:: unknown)+$")
_OURS = re.compile(r"OCI runtime|runc|shim|runtime path|container process")

_PATH = "Give the command's full path, or check that the image has it."
_MISSING = "the image has no program '{a}'"
_MOUNT = "Check the mount's source and destination."
_CASES: tuple[tuple[str, str, str], ...] = (
    (  # looks like a missing program of the image, so it comes first
        r'exec: "(?:runc|crun)": executable file not found',
        "runc is not installed where the daemon looks for it",
        "Install the package runc.",
    ),
    (r'exec: "(?P<a>.*?)": executable file not found', _MISSING, _PATH),
    (r'exec: "(?P<a>.*?)": stat .*no such file', _MISSING, _PATH),
    (
        r'exec:? "?(?P<a>.*?)"?: (?:permission denied|is a directory)',
        "'{a}' is not a program that can be executed",
        "Name another command, or make the file executable in the image.",
    ),
    (
        r"unable to set memory limit to (?P<a>\d+)",
        "the memory limit of {a} bytes is less than the container needs to start",
        "Give more memory.",
    ),
    (
        r"OOM-killed|memory limit too low",
        "the container needs more memory to start than its limit",
        "Give more memory.",
    ),
    (
        r'error mounting "(?P<a>.*?)" to rootfs at "(?P<b>.*?)".*cannot be mounted',
        "nothing can be mounted at '{b}' from '{a}'",
        "Choose another destination.",
    ),
    (
        r'error mounting "(?P<a>.*?)" to rootfs at "(?P<b>.*?)".*not a directory',
        "'{a}' cannot be mounted at '{b}': one is a directory and the other is not",
        "Mount a file on a file and a directory on a directory.",
    ),
    (
        r'error mounting "(?P<a>.*?)" to rootfs at "(?P<b>.*?)".*stat (?P=a): no such file',
        "the source '{a}' of the mount at '{b}' does not exist",
        "Create it first.",
    ),
    (
        r'error mounting "(?P<a>.*?)" to rootfs at "(?P<b>.*?)".*read-only file system',
        "the mount point '{b}' is not in the image, and the root is read-only",
        "Make the mount point in the image, or run without the read-only root.",
    ),
    (
        r'error mounting "(?P<a>.*?)" to rootfs at "(?P<b>.*?)"',
        "'{a}' cannot be mounted at '{b}'",
        _MOUNT,
    ),
    (
        r"mkdir \S*/io\.containerd\.runtime\.v2\.task/\S*: file exists|task \S+: already exists",
        "another start of it is under way or was quicker, or a crash left its traces",
        "Look at it again in a moment; a restart of containerd clears what a crash left.",
    ),
    (
        r'(?:chdir to cwd \("(?P<a>.*?)"\)|mkdir (?P<b>/[^:]*): )',
        "the working directory '{a}{b}' cannot be used",
        "Name one that exists in the image.",
    ),
    (
        r'runtime "(?P<a>.*?)" binary not installed|no runtime for "(?P<b>.*?)"',
        "the runtime '{a}{b}' is not installed",
        "Install it, or change the namespace's label containerd.io/defaults/runtime.",
    ),
    (
        r"container with given ID already exists",
        "runc still has a container of this id: of another daemon, or left by a crash",
        "Choose another id, or remove it with `runc delete`.",
    ),
    (
        r"cgroup.*(?:no such file|permission denied|read-only)",
        "the container's control group cannot be made",
        "Check /sys/fs/cgroup and the rights of the daemon.",
    ),
)
_COMPILED = [(re.compile(pattern, re.DOTALL), what, remedy) for pattern, what, remedy in _CASES]


def plain(error: ContainerdError, subject: str) -> ContainerdError:
    """The same failure as RuntimeFailed, if it came from runc or a shim; else unchanged."""
    text = error.what
    for pattern, what, remedy in _COMPILED:
        if found := pattern.search(text):
            said = {key: value or "" for key, value in {"a": "", **found.groupdict()}.items()}
            sentence = what.format(**said)
            kind = NoProgram if what is _MISSING else RuntimeFailed
            return kind(f"{sentence} ({short(text)})", subject=subject, remedy=remedy)
    if _OURS.search(text):
        remedy = "The daemon's log may say more."
        return RuntimeFailed(
            f"the runtime refused it ({short(text)})", subject=subject, remedy=remedy
        )
    return error


def short(text: str) -> str:
    """runc's own part of the text, without the chain of prefixes."""
    text = _SUFFIX.sub("", _PREFIXES.sub("", text)).strip()
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}…"
