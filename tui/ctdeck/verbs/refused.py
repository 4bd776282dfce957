"""What read-only refuses before there is a call has its line in the audit all the same."""

from __future__ import annotations

from aiocontainerd.audit import acting
from aiocontainerd.models import Key
from ctdeck.desk import Desk


def record(desk: Desk, key: Key) -> None:
    """That it was refused to change this, as part of the action at hand (`acting`)."""
    client = desk.session.client if desk.session else None
    if client is not None and client.audit is not None:
        client.audit.refuse(key.namespace, key.id)


def record_action(desk: Desk, action: str, key: Key) -> None:
    """The same of an action that was not begun, by its id."""
    with acting(action):
        record(desk, key)
