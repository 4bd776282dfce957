"""Textual keeps what widgets drew that have gone; this has it let go."""

from __future__ import annotations

from functools import _lru_cache_wrapper
from typing import Any, cast

from textual._styles_cache import StylesCache

_NAME = "get_inner_outer"


def let_go() -> None:
    """Two colours are mixed and kept, and by mistake what asked for them with them.

    With each of the last 1,024 widgets its lines as they were drawn: 15 MB after some dialogs.
    The method calls its first argument `cls`: as a method of the class it keeps none.
    """
    if isinstance(kept := vars(StylesCache).get(_NAME), _lru_cache_wrapper):
        setattr(StylesCache, _NAME, classmethod(cast(Any, kept)))
