"""Signals by name or number, as image configs and people write them."""

import re
import signal

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.models import Container
from aiocontainerd.safe import safe

STOP_SIGNAL_LABEL = "io.containerd.image.config.stop-signal"
SIGNAL_MAX = 64
_RT = re.compile(r"(RTMIN|RTMAX)(?:([+-])(\d{1,2}))?")


def signal_number(value: int | str) -> int:
    """15, "15", "TERM", "sigterm" or "RTMIN+3" as a number of this host. Raises InvalidArgument."""
    text = str(value).strip().upper()
    name = text.removeprefix("SIG")
    number = 0
    if text.isascii() and text.isdigit() and len(text) <= 3:
        number = int(text)
    elif found := _RT.fullmatch(name):
        base = signal.SIGRTMIN if found[1] == "RTMIN" else signal.SIGRTMAX
        offset = int(found[3] or 0)
        number = base - offset if found[2] == "-" else base + offset
        number = number if signal.SIGRTMIN <= number <= signal.SIGRTMAX else 0
    elif f"SIG{name}" in signal.Signals.__members__:
        number = signal.Signals[f"SIG{name}"]
    if not 0 < number <= SIGNAL_MAX:
        raise InvalidArgument(
            "this is not a signal",
            subject=f"signal '{safe(str(value)[:40])}'",
            remedy="Write a name such as TERM or a number from 1 to 64.",
        )
    return int(number)


def stop_signal(container: Container) -> int:
    """What its image asks to be stopped with: the label that clients set, else SIGTERM."""
    try:
        return signal_number(container.labels.get(STOP_SIGNAL_LABEL) or "TERM")
    except InvalidArgument:  # an odd label must not make it unstoppable
        return int(signal.SIGTERM)
