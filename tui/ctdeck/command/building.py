"""What the arguments and flags of each word mean: from `Given` to a `Command`; pure.

All of it raises only InvalidArgument.
"""

import re
import signal
from difflib import get_close_matches

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.identifiers import check_identifier
from aiocontainerd.reference import parse as parse_reference
from aiocontainerd.safe import safe
from ctdeck.colours import THEMES
from ctdeck.command.flags import Given
from ctdeck.command.requests import (
    Command,
    DebugCommand,
    ExecCommand,
    InspectCommand,
    KillCommand,
    NamespaceCommand,
    PaneCommand,
    PullCommand,
    RestartCommand,
    StatsCommand,
    StopCommand,
    ThemeCommand,
)

SIGNALS = tuple(each.name.removeprefix("SIG") for each in signal.Signals)
_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?")


def some(given: Given, what: str) -> tuple[str, ...]:
    """The arguments, each once; `what` is what is missing where there is none."""
    if not given.arguments:
        raise InvalidArgument(f"{what} is missing", remedy="Press Tab to see what there is.")
    return tuple(dict.fromkeys(given.arguments))


def one(given: Given, what: str) -> str:
    """The one argument."""
    arguments = some(given, what)
    if len(given.arguments) > 1:
        extra = safe(given.arguments[1][:40])
        raise InvalidArgument(f"'{extra}' is one too many", remedy=f"Give only {what}.")
    return arguments[0]


def none(given: Given, command: Command) -> Command:
    """The command, which takes no argument."""
    if given.arguments:
        extra = safe(given.arguments[0][:40])
        raise InvalidArgument(f"'{extra}' is too much", remedy="This word stands alone.")
    return command


def pull(given: Given) -> Command:
    """An image, for one platform or this host's."""
    reference, platform = one(given, "the image reference"), given.last("--platform")
    parse_reference(reference)
    if platform and not _PLATFORM.fullmatch(platform):
        raise InvalidArgument(
            "this is not a platform",
            subject=f"'{safe(platform[:40])}'",
            remedy="Write it like linux/amd64 or linux/arm/v7.",
        )
    return PullCommand(reference, platform, given.has("--plain-http"))


def stop(given: Given) -> Command:
    """Containers, and how long they get until KILL."""
    return StopCommand(ids(given), given.has("--force"), grace(given))


def restart(given: Given) -> Command:
    """Containers, and how long they get until KILL."""
    return RestartCommand(ids(given), given.has("--force"), grace(given))


def grace(given: Given) -> int | None:
    """Seconds that were given; None for none."""
    text = given.last("--time")
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
    if text and seconds is None:
        raise InvalidArgument(
            "this is not a time in seconds",
            subject=f"'{safe(text[:40])}'",
            remedy="Write a whole number such as 10.",
        )
    return seconds


def kill(given: Given) -> Command:
    """Containers, and the signal."""
    name = parse_signal(given.last("--signal", "KILL"))
    return KillCommand(some(given, "the container's id"), name, given.has("--force"))


def parse_signal(text: str) -> str:
    """A signal's name without SIG, or its number 1 to 64; raises InvalidArgument."""
    name = text.upper().removeprefix("SIG")
    if name in SIGNALS or (name.isascii() and name.isdigit() and 1 <= int(name[:4]) <= 64):
        return name
    near = get_close_matches(name, SIGNALS, n=2)
    remedy = f"Did you mean {' or '.join(near)}?" if near else "Write it like TERM, HUP or 9."
    raise InvalidArgument("there is no such signal", subject=f"'{safe(text[:40])}'", remedy=remedy)


def inspect(given: Given) -> Command:
    """One object."""
    return InspectCommand(one(given, "the container, image or digest"))


def namespace(given: Given) -> Command:
    """One namespace, or the question which."""
    if not given.arguments:
        return NamespaceCommand("")
    return NamespaceCommand(check_identifier(one(given, "the namespace"), "namespace"))


def execute(given: Given) -> Command:
    """A container and a command, or a shell."""
    id, *command = ids_and_words(given)
    cwd = check_directory(given.last("--workdir"))
    return ExecCommand(id, tuple(command), given.last("--user"), cwd)


def debug(given: Given) -> Command:
    """A container and a toolbox's image and command."""
    id, *command = ids_and_words(given)
    image = given.last("--image")
    if image:
        parse_reference(image)
    return DebugCommand(id, image, tuple(command))


def check_directory(path: str) -> str:
    """An absolute path, or "" for none. Raises InvalidArgument."""
    if path and not path.startswith("/"):
        raise InvalidArgument("the directory begins with '/'", remedy="Write it in full.")
    return path


def ids_and_words(given: Given) -> tuple[str, ...]:
    """All words, the same one twice as well."""
    ids(given)
    return given.arguments


def theme(given: Given) -> Command:
    """One theme, or the question which."""
    name = one(given, "the theme") if given.arguments else ""
    if name and name not in THEMES:
        near = get_close_matches(name, THEMES, n=2)
        remedy = f"Did you mean {' or '.join(near)}?" if near else "Press Tab to see what there is."
        raise InvalidArgument(
            "there is no such theme", subject=f"'{safe(name[:40])}'", remedy=remedy
        )
    return ThemeCommand(name)


def stats(given: Given) -> Command:
    """A container, or all."""
    return StatsCommand(one(given, "the container's id") if given.arguments else "")


def ids(given: Given) -> tuple[str, ...]:
    """Containers."""
    return some(given, "the container's id")


def pane(pane: str, given: Given) -> Command:
    """One of the lists."""
    return none(given, PaneCommand(pane))
