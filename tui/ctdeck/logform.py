"""How a line of the log file is written: made safe, and without secrets, its traceback too."""

from __future__ import annotations

import logging

from aiocontainerd.safe import safe_lines
from ctdeck.masking import masked_text


class LogForm(logging.Formatter):
    """The time, the level, who says it, and what."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Also of what others log, who know nothing of secrets."""
        return safe_lines(masked_text(super().format(record)))
