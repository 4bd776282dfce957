"""What was typed on the `:` line and changes nothing."""

from __future__ import annotations

from ctdeck.command.requests import (
    DoctorCommand,
    HelpCommand,
    InspectCommand,
    LockCommand,
    LogsCommand,
    NamespaceCommand,
    PaneCommand,
    QuitCommand,
    StatsCommand,
    ThemeCommand,
    TopCommand,
    WhoseCommand,
)
from ctdeck.command.targets import find_containers
from ctdeck.desk import Desk
from ctdeck.rows import ContainerRow
from ctdeck.verbs.inspecting import show_doctor, show_named
from ctdeck.verbs.permitted import lock_again
from ctdeck.verbs.viewing import choose_namespace
from ctdeck.verbs.whose import tell_whose

Look = (
    DoctorCommand
    | HelpCommand
    | InspectCommand
    | LockCommand
    | LogsCommand
    | NamespaceCommand
    | PaneCommand
    | QuitCommand
    | StatsCommand
    | ThemeCommand
    | TopCommand
    | WhoseCommand
)


def look(desk: Desk, command: Look) -> None:
    """Show it, or begin to. Raises our errors for a container that is not there or not clear."""
    match command:
        case WhoseCommand(what):
            desk.begin(tell_whose(desk, what), group="whose", opens=True)
        case InspectCommand(what):
            show_named(desk, what)
        case DoctorCommand():
            show_doctor(desk)
        case LockCommand():
            lock_again(desk)
        case LogsCommand(id, times):
            (row,) = rows_named(desk, (id,))
            desk.open("logs", container=row.container, times=times)
        case StatsCommand(""):
            desk.open("usage")
        case StatsCommand(id):
            (row,) = rows_named(desk, (id,))
            desk.open("details", key=row.key, tab="Stats")
        case TopCommand(id):
            (row,) = rows_named(desk, (id,))
            desk.open("details", key=row.key, tab="Processes")
        case NamespaceCommand(name):
            _namespace(desk, name)
        case PaneCommand(pane):
            desk.show_pane(pane)
        case ThemeCommand(name):
            desk.open("theme", look=name)
        case HelpCommand():
            desk.open("help")
        case QuitCommand():
            desk.leave()


def rows_named(desk: Desk, ids: tuple[str, ...]) -> list[ContainerRow]:
    """The containers that these mean. Raises our errors for one that is not there or not clear."""
    found = find_containers(desk.snapshot, desk.scope, ids)
    return [ContainerRow(each, desk.snapshot.task_of(each)) for each in found]


def _namespace(desk: Desk, name: str) -> None:
    if not name:
        desk.begin(choose_namespace(desk), group="namespace", opens=True)
        return
    desk.set_scope(None if name == "all" else name)
    if name != "all" and name not in desk.snapshot.namespaces:
        desk.tell(f"There is no namespace {name} yet; what you make now makes it.")
