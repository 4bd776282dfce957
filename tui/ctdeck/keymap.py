"""The keys that the configuration gives to actions, held to what actions there are."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import NoReturn

from ctdeck.config import Config, fail_at
from ctdeck.configkeys import Bound, KeyMap, Where, check


def keymap_of(config: Config) -> KeyMap:
    """Textual's keymap; raises BadConfig. Dialogs are imported only if one of theirs is named."""
    from ctdeck.actions import ACTIONS

    def fail(where: Where, what: str, remedy: str) -> NoReturn:
        fail_at(config, where, what, remedy)

    known = {action.id: Bound(action.keys) for action in ACTIONS}
    if any(entry.id not in known for entry in config.keys):
        known = dialogs() | known
    check(config.keys, known, fail)
    return {entry.id: ",".join(entry.keys) for entry in config.keys}


def dialogs() -> dict[str, Bound]:
    """All that is bound beside the table of actions, by its id."""
    from textual.binding import Binding

    from ctdeck import screens, widgets
    from ctdeck.actions import BY_ID

    found: dict[str, Bound] = {}
    for package in (screens, widgets):
        for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, kind in vars(import_module(each.name)).items():
                bindings = vars(kind).get("BINDINGS", ()) if isinstance(kind, type) else ()
                for binding in bindings:
                    if isinstance(binding, Binding) and binding.id and binding.id not in BY_ID:
                        found[binding.id] = Bound(binding.key, name)
    return found
