"""Carries out what was typed on the `:` line: the same verbs as the keys."""

from __future__ import annotations

from signal import Signals

from aiocontainerd.errors import ContainerdError, FailedPrecondition, ReadOnly
from ctdeck.command.requests import (
    Command,
    KillCommand,
    NamespaceCommand,
    PaneCommand,
    PauseCommand,
    PullCommand,
    QuitCommand,
    RemoveCommand,
    RemoveImagesCommand,
    RestartCommand,
    ResumeCommand,
    RunCommand,
    StartCommand,
    StopCommand,
)
from ctdeck.command.targets import find_containers, find_images
from ctdeck.desk import Desk
from ctdeck.rows import ContainerRow, ImageRow
from ctdeck.verbs import delete, tasks
from ctdeck.verbs.doing import NotNow, client_of, state_of
from ctdeck.verbs.pull import start_pull
from ctdeck.verbs.run import run_container, with_image
from ctdeck.verbs.viewing import choose_namespace

_SIGNALS = {str(each.value): each.name for each in Signals}
_LOOKING = (NamespaceCommand, PaneCommand, QuitCommand)


def carry_out(desk: Desk, command: Command) -> None:
    """Begin it, with the objects that its ids name at this moment.

    Raises our errors (an id that is not there or not clear, a bad reference, read-only);
    then nothing was begun.
    """
    if desk.settings.read_only and not isinstance(command, _LOOKING):
        raise ReadOnly("ctdeck is read-only", remedy="Start it without --read-only for this.")
    try:
        _begin(desk, command)
    except NotNow as error:
        raise FailedPrecondition(str(error)) from error


def _begin(desk: Desk, command: Command) -> None:
    match command:
        case PullCommand(reference, platform, plain_http):
            start_pull(desk, reference, platform=platform, plain_http=plain_http)
            desk.tell(f"Pulling {reference} into {desk.new_namespace}; p shows how far it is.")
        case RunCommand():
            _run(desk, command)
        case RemoveImagesCommand(names, force):
            work = delete.delete_images(desk, _images(desk, names), ask=not force)
            desk.begin(work, group="delete", opens=not force)
        case NamespaceCommand(name):
            _namespace(desk, name)
        case PaneCommand(pane):
            desk.show_pane(pane)
        case QuitCommand():
            desk.leave()
        case _:
            _on_containers(desk, command)


def _on_containers(desk: Desk, command: Command) -> None:
    match command:
        case StopCommand(ids, force, grace):
            seconds = tasks.GRACE if grace is None else grace
            work = tasks.stop(desk, _rows(desk, ids), ask=not force, grace=seconds)
            desk.begin(work, group="task.stop", opens=not force)
        case RestartCommand(ids, force, grace):
            seconds = tasks.GRACE if grace is None else grace
            work = tasks.restart(desk, _rows(desk, ids), ask=not force, grace=seconds)
            desk.begin(work, group="task.restart", opens=not force)
        case KillCommand(ids, signal, force):
            name = _SIGNALS.get(signal, signal) if signal.isdigit() else f"SIG{signal}"
            work = tasks.kill(desk, _rows(desk, ids), signal=name, ask=not force)
            desk.begin(work, group="task.kill", opens=not force)
        case StartCommand(ids):
            desk.begin(tasks.start(desk, _rows(desk, ids)), group="task.start")
        case PauseCommand(ids):
            desk.begin(tasks.pause(desk, _rows(desk, ids), resume=False), group="task.pause")
        case ResumeCommand(ids):
            desk.begin(tasks.pause(desk, _rows(desk, ids), resume=True), group="task.pause")
        case RemoveCommand(ids, force):
            work = delete.delete_containers(desk, _rows(desk, ids), ask=not force)
            desk.begin(work, group="delete", opens=not force)


def _run(desk: Desk, command: RunCommand) -> None:
    client_of(desk), state_of(desk)  # both raise at once while there is no daemon
    options = with_image(desk, command.options)
    namespace = desk.new_namespace

    async def work() -> None:
        try:
            await run_container(desk, options, namespace=namespace)
        except ContainerdError as error:
            text = f"{error}\n\nNothing was left behind. Press : and ↑ to change the line."
            desk.tell(text, title=f"{options.id} does not run", bad=True)

    desk.begin(work(), group="run")


def _namespace(desk: Desk, name: str) -> None:
    if not name:
        desk.begin(choose_namespace(desk), group="namespace", opens=True)
        return
    desk.set_scope(None if name == "all" else name)
    if name != "all" and name not in desk.snapshot.namespaces:
        desk.tell(f"There is no namespace {name} yet; what you make now makes it.")


def _rows(desk: Desk, ids: tuple[str, ...]) -> list[ContainerRow]:
    found = find_containers(desk.snapshot, desk.scope, ids)
    return [ContainerRow(each, desk.snapshot.task_of(each)) for each in found]


def _images(desk: Desk, names: tuple[str, ...]) -> list[ImageRow]:
    found = find_images(desk.snapshot, desk.scope, names)
    return [ImageRow(each, len(desk.snapshot.users_of(each))) for each in found]
