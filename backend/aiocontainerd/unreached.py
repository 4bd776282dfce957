"""gRPC's own words for a daemon that is not there or goes away, as ours. Pure.

Texts seen with grpcio 1.76 and 1.85; what is not known here stays as it is.
"""

import re

_PATH = re.compile(r"unix:(?://)?(/.*?)(?:: |\s|$)")
_CLOSED = ("Socket closed", "Connection reset", "Broken pipe", "GOAWAY", "Endpoint closing")
_NO_CONNECTION = ("failed to connect to all addresses", "connections to all backends failing")
_WHY = {
    "No such file or directory": "there is no such socket",
    "Connection refused": "containerd is not running",
    "Permission denied": "you may not use that socket",
    "Operation not permitted": "you may not use that socket",
}
UNREACHED = "nothing answers at "  # how those texts begin that are about no connection at all


def plain(text: str) -> str:
    """``nothing answers at /run/x.sock: containerd is not running``, for gRPC's story of it."""
    if text.startswith(_NO_CONNECTION):
        path = _PATH.search(text)
        where = path[1] if path else "the daemon's socket"
        why = next((ours for theirs, ours in _WHY.items() if theirs in text), "")
        return f"{UNREACHED}{where}{f': {why}' if why else ''}"
    if any(words in text for words in _CLOSED):
        return "the daemon closed the connection"
    return "no answer in time" if text == "Deadline Exceeded" else text
