"""Which shell an image has, remembered: the next one is tried first where it was found."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiocontainerd.state import StateDirectory

SHELLS = ("bash", "ash", "sh", "/bin/sh", "/busybox/sh")
_FILE, _MOST, _SIZE_MAX = "shells.json", 500, 256 << 10  # images; bytes


def in_order(remembered: str) -> tuple[str, ...]:
    """The shells to try."""
    return (remembered, *(each for each in SHELLS if each != remembered)) if remembered else SHELLS


def recall(state: StateDirectory, image: str) -> str:
    """The shell that was found in it; "" for none. Blocks on the disk."""
    return _read(state).get(image, "")


def remember(state: StateDirectory, image: str, shell: str) -> None:
    """For the next time. Blocks on the disk; what cannot be written is not remembered."""
    import json

    from aiocontainerd.errors import ContainerdError  # gRPC: not before the first frame

    known = _read(state)
    if not image or known.get(image) == shell:
        return
    known.pop(image, None)
    kept = dict([*known.items(), (image, shell)][-_MOST:])
    new = f".{_FILE}.{os.getpid()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(OSError, ContainerdError):
        root = state.open_root()
        try:
            with os.fdopen(os.open(new, flags, 0o600, dir_fd=root), "w") as stream:
                json.dump(kept, stream)
            os.rename(new, _FILE, src_dir_fd=root, dst_dir_fd=root)
        finally:
            os.close(root)


def _read(state: StateDirectory) -> dict[str, str]:
    """Only shells that we would try: the file says in which order, not what."""
    import json

    from aiocontainerd.errors import ContainerdError

    with suppress(OSError, ContainerdError, ValueError):
        root = state.open_root()
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(_FILE, flags, dir_fd=root), "rb") as stream:
                found = json.loads(stream.read(_SIZE_MAX))
        finally:
            os.close(root)
        if isinstance(found, dict):
            return {str(image): shell for image, shell in found.items() if shell in SHELLS}
    return {}
