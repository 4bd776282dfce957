"""The last events, bounded in number and in bytes: names and labels come from outside."""

from collections import deque
from sys import getsizeof

from aiocontainerd.models import Event

EVENTS_KEPT = 2_000
BYTES_KEPT = 4 << 20
_EACH = 400  # bytes of an event without its texts, about


class Ring:
    """Takes events; gives up the oldest ones."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._bytes = 0

    def add(self, event: Event) -> None:
        """Take one more; the newest one is always kept."""
        self._events.append(event)
        self._bytes += size_of(event)
        while len(self._events) > EVENTS_KEPT or (
            self._bytes > BYTES_KEPT and len(self._events) > 1
        ):
            self._bytes -= size_of(self._events.popleft())

    def clear(self) -> None:
        """Forget them all."""
        self._events.clear()
        self._bytes = 0

    def kept(self) -> tuple[Event, ...]:
        """The events, the oldest first."""
        return tuple(self._events)


def size_of(event: Event) -> int:
    """About how many bytes of memory an event takes."""
    texts = (event.namespace, event.topic, event.subject, *event.attributes.values())
    return _EACH + sum(map(getsizeof, texts))
