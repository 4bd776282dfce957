"""Where our own files are, without what it takes to write them: known before the first screen."""

import os
from collections.abc import Mapping


def state_root(environ: Mapping[str, str] | None = None) -> str:
    """$XDG_STATE_HOME/ctdeck, else /var/lib/ctdeck for root, else ~/.local/state/ctdeck."""
    home = (os.environ if environ is None else environ).get("XDG_STATE_HOME", "")
    if home.startswith("/"):  # the specification wants relative ones ignored
        return f"{home.rstrip('/')}/ctdeck"
    if os.geteuid() == 0:
        return "/var/lib/ctdeck"
    return os.path.expanduser("~/.local/state/ctdeck")  # noqa: PTH111  pathlib is slow to import
