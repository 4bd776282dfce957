"""Carries out what was typed on the `:` line: the same verbs as the keys."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from signal import Signals
from typing import Any

from aiocontainerd.audit import acting, at_hand
from aiocontainerd.errors import ContainerdError, FailedPrecondition, RuntimeFailed
from aiocontainerd.models import Key
from ctdeck.command.requests import (
    AttachCommand,
    Command,
    CopyCommand,
    DebugCommand,
    ExecCommand,
    KillCommand,
    PauseCommand,
    PruneCommand,
    PullCommand,
    RemoveCommand,
    RemoveImagesCommand,
    RestartCommand,
    ResumeCommand,
    RunCommand,
    StartCommand,
    StopCommand,
)
from ctdeck.command.targets import find_images
from ctdeck.desk import Desk
from ctdeck.forms.risks import Facts
from ctdeck.masking import hidden_in, without
from ctdeck.rows import ContainerRow, ImageRow
from ctdeck.verbs import copying, delete, inside, tasks, toolbox
from ctdeck.verbs.doing import NotNow, client_of, state_of
from ctdeck.verbs.handing import Wish
from ctdeck.verbs.looks import Look, look, rows_named
from ctdeck.verbs.permitted import (
    permitted_into,
    refuses_all,
    require,
    will_ask,
    will_ask_for,
)
from ctdeck.verbs.prune import prune
from ctdeck.verbs.pull import start_pull
from ctdeck.verbs.refused import record
from ctdeck.verbs.risky import begin_run
from ctdeck.verbs.run import run_container, with_image

_SIGNALS = {str(each.value): each.name for each in Signals}
_ACTIONS: dict[type, str] = {  # by whose id it is begun, and recorded
    PullCommand: "image.pull",
    RunCommand: "run",
    StopCommand: "task.stop",
    StartCommand: "task.start",
    RestartCommand: "task.restart",
    KillCommand: "task.kill",
    PauseCommand: "task.pause",
    ResumeCommand: "task.pause",
    AttachCommand: "task.attach",
    DebugCommand: "task.debug",
    ExecCommand: "task.exec",
    CopyCommand: "files.copy",
    RemoveCommand: "delete",
    RemoveImagesCommand: "delete",
    PruneCommand: "prune",
}
Verb = Callable[[Desk, list[ContainerRow]], Coroutine[Any, Any, None]]


def carry_out(desk: Desk, command: Command) -> None:
    """Begin it, with the objects that its ids name at this moment.

    Raises our errors (an id that is not there or not clear, a bad reference, read-only);
    then nothing was begun.
    """
    with acting(_ACTIONS.get(type(command), "")):
        if refuses_all(desk) and not _only_looks(command):
            for key in _typed(desk, command):
                record(desk, key)
            raise desk.settings.access.refusal()
        try:
            _begin(desk, command)
        except NotNow as error:
            raise FailedPrecondition(str(error)) from error


def _only_looks(command: Command) -> bool:
    reads = isinstance(command, CopyCommand) and not command.inward
    return reads or isinstance(command, AttachCommand | Look)


def _typed(desk: Desk, command: Command) -> list[Key]:
    """What it is about, as it was typed."""
    match command:
        case PullCommand(reference):
            return [Key(desk.new_namespace, reference)]
        case RunCommand(options):
            return [Key(desk.new_namespace, options.id)]
        case RemoveImagesCommand(names):
            return [Key(desk.scope or "", name) for name in names]
        case _:
            return [Key(desk.scope or "", id) for id in getattr(command, "ids", ())]


def _begin(desk: Desk, command: Command) -> None:
    match command:
        case PullCommand():
            _pull(desk, command)
        case RunCommand():
            _run(desk, command)
        case RemoveImagesCommand(names, force):
            images = _images(desk, names)
            work = delete.delete_images(desk, images, ask=not force)
            desk.begin(work, group=at_hand(), opens=not force or will_ask(desk, images))
        case ExecCommand(id, words, user, cwd):
            (row,) = rows_named(desk, (id,))
            work = inside.execute(desk, row, Wish(words, user, cwd))
            desk.begin(work, group=at_hand(), opens=True)
        case AttachCommand(id):
            (row,) = rows_named(desk, (id,))
            work = inside.attach(desk, row)
            desk.begin(work, group=at_hand(), opens=True)
        case DebugCommand(id, image, words):
            (row,) = rows_named(desk, (id,))
            work = toolbox.debug(desk, row, Wish(words, image=image))
            desk.begin(work, group=at_hand(), opens=True)
        case PruneCommand(force):
            desk.begin(prune(desk, ask=not force), group=at_hand(), opens=not force)
        case _ if isinstance(command, Look):
            look(desk, command)
        case _:
            _on_containers(desk, command)


def _on_containers(desk: Desk, command: Command) -> None:
    match command:
        case StopCommand(ids, force, grace):
            _begin_on(desk, ids, partial(tasks.stop, ask=not force, grace=grace))
        case RestartCommand(ids, force, grace):
            verb = partial(tasks.restart, ask=not force, grace=grace)
            _begin_on(desk, ids, verb)
        case KillCommand(ids, signal, force):
            name = _SIGNALS.get(signal, signal) if signal.isdigit() else f"SIG{signal}"
            _begin_on(desk, ids, partial(tasks.kill, signal=name, ask=not force))
        case StartCommand(ids):
            _begin_on(desk, ids, tasks.start)
        case PauseCommand(ids):
            _begin_on(desk, ids, partial(tasks.pause, resume=False))
        case ResumeCommand(ids):
            _begin_on(desk, ids, partial(tasks.pause, resume=True))
        case CopyCommand():
            row = rows_named(desk, command.ids)[0]
            opens = command.inward and (not command.force or will_ask(desk, [row]))
            desk.begin(copying.copy(desk, row, command), group=at_hand(), opens=opens)
        case RemoveCommand(ids, force):
            verb = partial(delete.delete_containers, ask=not force, kill=force)
            _begin_on(desk, ids, verb)


def _begin_on(desk: Desk, ids: tuple[str, ...], verb: Verb) -> None:
    rows = rows_named(desk, ids)
    asks = verb.keywords.get("ask", False) if isinstance(verb, partial) else False
    desk.begin(verb(desk, rows), group=at_hand(), opens=asks or will_ask(desk, rows))


def _pull(desk: Desk, command: PullCommand) -> None:
    reference, namespace = command.reference, desk.new_namespace

    def start() -> None:
        start_pull(
            desk,
            reference,
            namespace=namespace,
            platform=command.platform,
            plain_http=command.plain_http,
        )
        way = desk.way_to("image.pull")
        desk.tell(
            f"Pulling {reference} into {namespace}; {way} among the images shows how far it is."
        )

    _begin_into(desk, "pull", Key(namespace, reference), start)


def _begin_into(desk: Desk, verb: str, key: Key, begin: Callable[[], None]) -> None:
    """At once where nothing is to be unlocked, so that its errors come back to the line."""

    async def unlock_first() -> None:
        if await permitted_into(desk, verb, *key):
            begin()

    if will_ask_for(desk, key.namespace):
        desk.begin(unlock_first(), group=at_hand(), opens=True)
    else:
        require(desk, key.namespace, key.id)
        begin()


def _run(desk: Desk, command: RunCommand) -> None:
    client_of(desk), state_of(desk)  # both raise at once while there is no daemon
    options, digest = with_image(desk, command.options)
    namespace = desk.new_namespace

    async def work(facts: Facts) -> None:
        try:
            await run_container(desk, options, namespace=namespace, digest=digest, facts=facts)
        except ContainerdError as error:
            hint = _perhaps_a_name(error, command)
            words = without(f"{error}{hint}", hidden_in(options))
            again = f"Press {desk.way_to('command')} and ↑ to change the line."
            text = f"{words}\n\nNothing was left behind. {again}"
            desk.tell(text, title=f"{options.id} does not run", bad=True)

    begin = partial(begin_run, desk, options, lambda facts: desk.begin(work(facts), group="run"))
    _begin_into(desk, "run", Key(namespace, options.id), begin)


def _perhaps_a_name(error: ContainerdError, command: RunCommand) -> str:
    """For who typed as `ctr run IMAGE ID COMMAND`: what was the id there, was run here."""
    first = command.perhaps_a_name
    if not first or not isinstance(error, RuntimeFailed) or f"'{first}'" not in error.what:
        return ""
    return (
        "\n\nThe words after the image are its command; "
        f"if {first} is its name, write --name {first} before the image."
    )


def _images(desk: Desk, names: tuple[str, ...]) -> list[ImageRow]:
    found = find_images(desk.snapshot, desk.scope, names)
    return [ImageRow(each, len(desk.snapshot.users_of(each))) for each in found]
