"""Opens the log of a container."""

from __future__ import annotations

from ctdeck.desk import Desk
from ctdeck.rows import ContainerRow, TaskRow


def show_logs(desk: Desk) -> None:
    """The log of the container under the cursor."""
    row = desk.row
    if not isinstance(row, ContainerRow | TaskRow):
        desk.tell("There is no container here whose log could be shown.")
    elif row.container is None:
        desk.tell("The record of its container is gone, and with it where its log is.")
    else:
        desk.open("logs", container=row.container)
