"""What Python's garbage collector looks at, and when: the loop is held meanwhile.

Half a million objects take it 0.2 s. What is frozen it never looks at again: that still goes when
nothing refers to it any more, but garbage in circles that was frozen stays for good.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Objects until the young are looked at, and how often those until the older are. Python's own 700
# made the p95 of scrolling 10,000 rows 37 ms instead of 10; 20,000 held the loop for 5 to 11 ms at
# every twentieth page, 5,000 for 2 at every fifth. With 50,000, 10, 10 the dialogs of five minutes
# were kept as garbage (30 MB), and one look at it would have held the loop for 0.3 s.
_THRESHOLDS = (5_000, 16, 4)


def settle() -> None:
    """What has been made so far stays, and the collector begins its work."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    gc.enable()


@contextmanager
def many_that_stay() -> Iterator[None]:
    """A great many objects are made that stay: it looks at none of them, now or later.

    What there was before is looked at first, so that of garbage only that of this time is kept.
    """
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
