"""The configuration of the user behind sudo: read with that user's rights alone.

So nothing is opened or told that is not the user's to read, and the file is judged as it is without
sudo. Of what root may change it can only take away. With those rights files are opened, and
nothing is imported: the user need not be able to read the interpreter, which may lie in root's
home.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aiocontainerd.safe import safe
from ctdeck.settings import default_config, is_there

if TYPE_CHECKING:
    from ctdeck.config import Config

_DIGITS = 10  # of the largest uid


def config_behind_sudo(environ: Mapping[str, str]) -> Config | None:
    """That user's own file, None if there is none. Raises BadConfig."""
    import pwd

    uid = environ["SUDO_UID"]
    if not (uid.isascii() and uid.isdigit() and len(uid) <= _DIGITS and int(uid)):
        return None
    try:
        entry = pwd.getpwuid(int(uid))
    except (KeyError, OverflowError):
        return None
    config = default_config({"HOME": entry.pw_dir})
    try:
        with _as_user(entry.pw_uid, entry.pw_gid):
            if not is_there(config):
                return None
        return _config(Path(config), entry.pw_uid, entry.pw_gid)
    except OSError as error:
        from ctdeck.config import fail

        what = f"it cannot be looked for with the rights of {safe(entry.pw_name)}: {error.strerror}"
        return fail(Path(config), 0, what, "Name a file with --config", error)


def _config(config: Path, uid: int, gid: int) -> Config:
    """This file, opened as that user. Raises BadConfig, or OSError as `_as_user`."""
    from ctdeck.config import parse
    from ctdeck.configfile import read

    with _as_user(uid, gid):
        data = read(config)
    return parse(config, data)


@contextmanager
def _as_user(uid: int, gid: int) -> Iterator[None]:
    """Inside it files are opened as that user; for the start, when nothing else runs."""
    groups, group, user = os.getgroups(), os.getegid(), os.geteuid()
    try:
        os.setgroups([])
        os.setegid(gid)
        os.seteuid(uid)
        yield
    finally:
        os.seteuid(user)
        os.setegid(group)
        os.setgroups(groups)
