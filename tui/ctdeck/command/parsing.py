"""The words of the `:` line and what they mean: one table, and a pure parser to `Command`s.

The words and flags are those of ctr, nerdctl and docker (KEYS.md). Ids and references stay
text here; `targets.py` looks them up in the newest snapshot when the command is carried out.
"""

import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.identifiers import check_identifier
from aiocontainerd.reference import parse as parse_reference
from aiocontainerd.safe import safe
from ctdeck.colours import THEMES
from ctdeck.command.copy_sides import copy_command
from ctdeck.command.flags import Flag, Given, Kind, Piece, collect, walk
from ctdeck.command.requests import (
    AttachCommand,
    Command,
    DebugCommand,
    DoctorCommand,
    ExecCommand,
    HelpCommand,
    InspectCommand,
    KillCommand,
    LockCommand,
    LogsCommand,
    NamespaceCommand,
    PaneCommand,
    PauseCommand,
    PruneCommand,
    PullCommand,
    QuitCommand,
    RemoveCommand,
    RemoveImagesCommand,
    RestartCommand,
    ResumeCommand,
    RunCommand,
    StartCommand,
    StatsCommand,
    StopCommand,
    ThemeCommand,
    TopCommand,
    WhoseCommand,
)
from ctdeck.command.run_flags import RUN_ADVICE, RUN_FLAGS, run_options
from ctdeck.command.shellwords import Word, split

PANES = ("images", "containers", "tasks", "mounts", "events", "disk")
SIGNALS = tuple(each.name.removeprefix("SIG") for each in signal.Signals)
_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?")
_NUMBER = re.compile(r"-(\d{1,2})")


@dataclass(frozen=True, slots=True)
class CommandWord:
    """One word: its arguments as usage shows them and as completion looks for them."""

    name: str
    takes: str
    summary: str
    build: Callable[[Given], Command]
    kind: Kind = Kind.NOTHING
    flags: tuple[Flag, ...] = ()

    @property
    def usage(self) -> str:
        """:stop [-f] [-t SECONDS] ID…"""
        return " ".join(
            (f":{self.name}", *(flag.usage for flag in self.flags), self.takes)
        ).rstrip()

    def walk(self, words: Sequence[Word]) -> list[Piece]:
        """What each word after this one is; behind run's image and exec's id all is the command."""
        return list(walk(words, self.flags, interspersed=self.name not in {"run", "exec", "debug"}))


def parse(line: str) -> Command:
    """Read one line, with or without its ':'. Raises only InvalidArgument."""
    words = split(line.lstrip(" \t:"))
    if not words:
        raise InvalidArgument("nothing was typed", remedy="Press Tab for the words.")
    words = _one_word(words)
    word = command_word(words[0].text)
    return word.build(collect(word.walk(words[1:]), word.flags, _advice(word)))


def _one_word(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """`images rm X` as ctr has it, as `rmi X`; `kill -9 X` as `kill -s 9 X`."""
    first = words[0].text
    known = _TWO_WORDS.get(first.removesuffix("s") + "s", {}) if len(words) > 1 else {}
    if meant := known.get(words[1].text if known else ""):
        return (replace(words[0], text=meant), *words[2:])
    if first == "kill":
        return tuple(
            replace(word, text=f"-s{found[1]}") if (found := _NUMBER.fullmatch(word.text)) else word
            for word in words
        )
    return words


def command_word(name: str) -> CommandWord:
    """The entry of `WORDS` of that name; raises InvalidArgument with the nearest ones."""
    if name in BY_NAME:
        return BY_NAME[name]
    near = get_close_matches(name, BY_NAME, n=2, cutoff=0.5)
    known = ", ".join(word.name for word in WORDS)
    raise InvalidArgument(
        "there is no such command",
        subject=f":{safe(name[:40])}",
        remedy=f"Did you mean {' or '.join(near)}?" if near else f"There are {known}.",
    )


def _advice(word: CommandWord) -> dict[str, str]:
    return RUN_ADVICE if word.name == "run" else {}


def _some(given: Given, what: str) -> tuple[str, ...]:
    if not given.arguments:
        raise InvalidArgument(f"{what} is missing", remedy="Press Tab to see what there is.")
    return tuple(dict.fromkeys(given.arguments))


def _one(given: Given, what: str) -> str:
    arguments = _some(given, what)
    if len(given.arguments) > 1:
        extra = safe(given.arguments[1][:40])
        raise InvalidArgument(f"'{extra}' is one too many", remedy=f"Give only {what}.")
    return arguments[0]


def _none(given: Given, command: Command) -> Command:
    if given.arguments:
        extra = safe(given.arguments[0][:40])
        raise InvalidArgument(f"'{extra}' is too much", remedy="This word stands alone.")
    return command


def _pull(given: Given) -> Command:
    reference, platform = _one(given, "the image reference"), given.last("--platform")
    parse_reference(reference)
    if platform and not _PLATFORM.fullmatch(platform):
        raise InvalidArgument(
            "this is not a platform",
            subject=f"'{safe(platform[:40])}'",
            remedy="Write it like linux/amd64 or linux/arm/v7.",
        )
    return PullCommand(reference, platform, given.has("--plain-http"))


def _stop(given: Given) -> Command:
    return StopCommand(_ids(given), given.has("--force"), _grace(given))


def _restart(given: Given) -> Command:
    return RestartCommand(_ids(given), given.has("--force"), _grace(given))


def _grace(given: Given) -> int | None:
    text = given.last("--time")
    grace = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
    if text and grace is None:
        raise InvalidArgument(
            "this is not a time in seconds",
            subject=f"'{safe(text[:40])}'",
            remedy="Write a whole number such as 10.",
        )
    return grace


def _kill(given: Given) -> Command:
    name = parse_signal(given.last("--signal", "KILL"))
    return KillCommand(_some(given, "the container's id"), name, given.has("--force"))


def parse_signal(text: str) -> str:
    """A signal's name without SIG, or its number 1 to 64; raises InvalidArgument."""
    name = text.upper().removeprefix("SIG")
    if name in SIGNALS or (name.isascii() and name.isdigit() and 1 <= int(name[:4]) <= 64):
        return name
    near = get_close_matches(name, SIGNALS, n=2)
    remedy = f"Did you mean {' or '.join(near)}?" if near else "Write it like TERM, HUP or 9."
    raise InvalidArgument("there is no such signal", subject=f"'{safe(text[:40])}'", remedy=remedy)


def _inspect(given: Given) -> Command:
    return InspectCommand(_one(given, "the container, image or digest"))


def _namespace(given: Given) -> Command:
    if not given.arguments:
        return NamespaceCommand("")
    return NamespaceCommand(check_identifier(_one(given, "the namespace"), "namespace"))


def _exec(given: Given) -> Command:
    id, *command = _ids_and_words(given)
    cwd = check_directory(given.last("--workdir"))
    return ExecCommand(id, tuple(command), given.last("--user"), cwd)


def _debug(given: Given) -> Command:
    id, *command = _ids_and_words(given)
    image = given.last("--image")
    if image:
        parse_reference(image)
    return DebugCommand(id, image, tuple(command))


def check_directory(path: str) -> str:
    """An absolute path, or "" for none. Raises InvalidArgument."""
    if path and not path.startswith("/"):
        raise InvalidArgument("the directory begins with '/'", remedy="Write it in full.")
    return path


def _ids_and_words(given: Given) -> tuple[str, ...]:
    """All words, the same one twice as well."""
    _ids(given)
    return given.arguments


def _theme(given: Given) -> Command:
    name = _one(given, "the theme") if given.arguments else ""
    if name and name not in THEMES:
        near = get_close_matches(name, THEMES, n=2)
        remedy = f"Did you mean {' or '.join(near)}?" if near else "Press Tab to see what there is."
        raise InvalidArgument(
            "there is no such theme", subject=f"'{safe(name[:40])}'", remedy=remedy
        )
    return ThemeCommand(name)


def _stats(given: Given) -> Command:
    return StatsCommand(_one(given, "the container's id") if given.arguments else "")


def _ids(given: Given) -> tuple[str, ...]:
    return _some(given, "the container's id")


def _pane(pane: str, given: Given) -> Command:
    return _none(given, PaneCommand(pane))


_FORCE = Flag(("-f", "--force"))
_TIME = Flag(("-t", "--time"), "SECONDS")
_SIGNAL = Flag(("-s", "--signal"), "SIG", Kind.SIGNAL)
_EXEC = (  # -i and -t are what it is in any case: as people type it
    Flag(("-u", "--user"), "USER"),
    Flag(("-w", "--workdir"), "DIR"),
    Flag(("-i", "--interactive")),
    Flag(("-t", "--tty")),
)
_DEBUG = (Flag(("--image",), "REF", Kind.IMAGE),)
_PULL = (Flag(("--platform",), "P"), Flag(("--plain-http",)))
_LOGS = (Flag(("-f", "--follow")), Flag(("-t", "--timestamps")))  # it always follows
_CONTAINER, _IMAGE = Kind.CONTAINER, Kind.IMAGE

WORDS: tuple[CommandWord, ...] = (
    CommandWord("pull", "REF", "pull an image", _pull, _IMAGE, _PULL),
    CommandWord(
        "run",
        "IMAGE [COMMAND…]",
        "run a container",
        lambda given: RunCommand(run_options(given), named=bool(given.last("--name"))),
        _IMAGE,
        RUN_FLAGS,
    ),
    CommandWord("stop", "ID…", "stop containers", _stop, _CONTAINER, (_FORCE, _TIME)),
    CommandWord("kill", "ID…", "send a signal", _kill, _CONTAINER, (_FORCE, _SIGNAL)),
    CommandWord("restart", "ID…", "stop, start", _restart, _CONTAINER, (_FORCE, _TIME)),
    CommandWord("start", "ID…", "start again", lambda given: StartCommand(_ids(given)), _CONTAINER),
    CommandWord(
        "rm",
        "ID…",
        "delete containers; -f asks nothing and kills what runs at once",
        lambda given: RemoveCommand(_ids(given), given.has("--force")),
        _CONTAINER,
        (_FORCE,),
    ),
    CommandWord(
        "rmi",
        "REF…",
        "delete images",
        lambda given: RemoveImagesCommand(_some(given, "the image"), given.has("--force")),
        _IMAGE,
        (_FORCE,),
    ),
    CommandWord(
        "attach",
        "ID",
        "attach to its terminal",
        lambda given: AttachCommand(_one(given, "the container's id")),
        _CONTAINER,
    ),
    CommandWord("debug", "ID [COMMAND…]", "a toolbox in it", _debug, _CONTAINER, _DEBUG),
    CommandWord("exec", "ID [COMMAND…]", "a shell or a command in it", _exec, _CONTAINER, _EXEC),
    CommandWord("pause", "ID…", "freeze", lambda given: PauseCommand(_ids(given)), _CONTAINER),
    CommandWord("resume", "ID…", "thaw", lambda given: ResumeCommand(_ids(given)), _CONTAINER),
    CommandWord(
        "logs",
        "ID",
        "its log, followed",
        lambda given: LogsCommand(_one(given, "the container's id"), given.has("--timestamps")),
        _CONTAINER,
        _LOGS,
    ),
    CommandWord(
        "prune",
        "",
        "what could go; -f asks nothing",
        lambda given: _none(given, PruneCommand(given.has("--force"))),
        flags=(_FORCE,),
    ),
    CommandWord(
        "whose",
        "PATH|PID|DIGEST|CGROUP",
        "which container or image it belongs to",
        lambda given: WhoseCommand(_one(given, "the path, pid, digest or cgroup")),
    ),
    CommandWord("stats", "[ID]", "what it uses, or all of them", _stats, _CONTAINER),
    CommandWord(
        "top",
        "ID",
        "its processes",
        lambda given: TopCommand(_one(given, "the container's id")),
        _CONTAINER,
    ),
    CommandWord("inspect", "WHAT", "its JSON", _inspect, Kind.OBJECT),
    CommandWord("doctor", "", "what is wrong", lambda given: _none(given, DoctorCommand())),
    CommandWord("ns", "NAME|all", "choose the namespace", _namespace, Kind.NAMESPACE),
    CommandWord(
        "cp", "ID:PATH HERE | HERE ID:PATH", "copy files", copy_command, Kind.FILES, (_FORCE,)
    ),
    CommandWord("theme", "[NAME]", "choose the look", _theme, Kind.THEME),
    CommandWord("lock", "", "lock again", lambda given: _none(given, LockCommand())),
    *(CommandWord(pane, "", f"go to {pane}", partial(_pane, pane)) for pane in PANES),
    CommandWord("help", "", "all the keys", lambda given: _none(given, HelpCommand())),
    CommandWord("quit", "", "leave ctdeck", lambda given: _none(given, QuitCommand())),
)
BY_NAME = {word.name: word for word in WORDS}
BY_NAME["q"] = replace(BY_NAME["quit"], name="q")
BY_NAME["ps"] = replace(BY_NAME["containers"], name="ps", flags=(Flag(("-a", "--all")),))
_TWO_WORDS: dict[str, dict[str, str]] = {
    "images": {"rm": "rmi", "ls": "images", "pull": "pull"},
    "containers": {"rm": "rm", "ls": "containers"},
    "tasks": {
        "ls": "tasks",
        **{name: name for name in ("attach", "exec", "kill", "pause", "resume", "start")},
        "metrics": "stats",
        "metric": "stats",
        "ps": "top",
    },
}
