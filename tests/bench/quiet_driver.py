"""A terminal of Textual's that draws nothing and counts the bytes."""

from __future__ import annotations

from textual.drivers.headless_driver import HeadlessDriver


class QuietDriver(HeadlessDriver):
    """As a real terminal's, everything is made into bytes for it."""

    written = 0

    @property
    def is_headless(self) -> bool:
        """What is drawn for a headless one is not made into bytes."""
        return False

    def write(self, data: str) -> None:
        """Count them."""
        self.written += len(data.encode())
