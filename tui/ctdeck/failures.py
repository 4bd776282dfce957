"""What went wrong, as words for a person: one place for toasts and dialogs."""

from __future__ import annotations

import traceback

from aiocontainerd.safe import safe_lines
from ctdeck.verbs.doing import NotNow


def plain_words(error: BaseException) -> tuple[str, str]:
    """A title and a text for an exception; unexpected ones bring their traceback."""
    if isinstance(error, NotNow):
        return "", str(error)
    if _is_ours(error):
        return "That did not work", str(error)
    trace = "".join(traceback.format_exception(error, limit=-6))
    return "A fault in ctdeck itself", safe_lines(f"{type(error).__name__}: {error}\n\n{trace}")


def _is_ours(error: BaseException) -> bool:
    """Whether it is a ContainerdError; asked without importing grpc before the first frame."""
    return any(
        kind.__module__ == "aiocontainerd.errors" and kind.__name__ == "ContainerdError"
        for kind in type(error).__mro__
    )
