"""How far the event stream is behind: the daemon keeps what we are too slow to take."""

from datetime import datetime

WAITED = 0.25  # s without an event: the next one did not wait for us
WORTH = 2  # s behind that are worth a word


class Lag:
    """Compares the daemon's clock with ours; they may differ, and by how much is learnt.

    `begun` is when we began to listen, on the same steady clock as `now`: no event waited longer.
    """

    def __init__(self, begun: float) -> None:
        self._begun = begun
        self._last = float("-inf")
        self._least = 0.0

    def take(self, stamp: datetime | None, now: float) -> int:
        """Whole seconds that this event waited, 0 for a moment; `now` on any steady clock."""
        if stamp is None:
            return 0
        delay = now - stamp.timestamp()
        was_waited_for = now - self._last > WAITED
        self._last = now
        self._least = delay if was_waited_for else min(delay, self._least)
        late = int(min(delay - self._least, now - self._begun))
        return late if late >= WORTH else 0
