"""The six lists of the main screen: columns and nothing else."""

from ctdeck.panes.containers import CONTAINERS
from ctdeck.panes.disk import DISK
from ctdeck.panes.events import EVENTS
from ctdeck.panes.images import IMAGES
from ctdeck.panes.mounts import MOUNTS
from ctdeck.panes.pane import Pane, with_busy
from ctdeck.panes.tasks import TASKS

PANES: tuple[Pane, ...] = (IMAGES, CONTAINERS, TASKS, MOUNTS, EVENTS, DISK)

__all__ = ["PANES", "Pane", "with_busy"]
