"""The words of the `:` line, in one table: what each takes, is for and means.

The words and flags are those of ctr, nerdctl and docker.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ctdeck.command import building
from ctdeck.command.copy_sides import copy_command
from ctdeck.command.flags import Flag, Given, Kind, Piece, walk
from ctdeck.command.requests import (
    AttachCommand,
    Command,
    DoctorCommand,
    HelpCommand,
    LockCommand,
    LogsCommand,
    PauseCommand,
    PruneCommand,
    QuitCommand,
    RemoveCommand,
    RemoveImagesCommand,
    ResumeCommand,
    RunCommand,
    StartCommand,
    TopCommand,
    WhoseCommand,
)
from ctdeck.command.run_flags import RUN_FLAGS, run_options
from ctdeck.command.shellwords import Word

PANES = ("images", "containers", "tasks", "mounts", "events", "disk")


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
    CommandWord("pull", "REF", "pull an image", building.pull, _IMAGE, _PULL),
    CommandWord(
        "run",
        "IMAGE [COMMAND…]",
        "run a container",
        lambda given: RunCommand(run_options(given), named=bool(given.last("--name"))),
        _IMAGE,
        RUN_FLAGS,
    ),
    CommandWord("stop", "ID…", "stop containers", building.stop, _CONTAINER, (_FORCE, _TIME)),
    CommandWord("kill", "ID…", "send a signal", building.kill, _CONTAINER, (_FORCE, _SIGNAL)),
    CommandWord("restart", "ID…", "stop, start", building.restart, _CONTAINER, (_FORCE, _TIME)),
    CommandWord(
        "start", "ID…", "start again", lambda given: StartCommand(building.ids(given)), _CONTAINER
    ),
    CommandWord(
        "rm",
        "ID…",
        "delete containers; -f asks nothing and kills what runs at once",
        lambda given: RemoveCommand(building.ids(given), given.has("--force")),
        _CONTAINER,
        (_FORCE,),
    ),
    CommandWord(
        "rmi",
        "REF…",
        "delete images",
        lambda given: RemoveImagesCommand(building.some(given, "the image"), given.has("--force")),
        _IMAGE,
        (_FORCE,),
    ),
    CommandWord(
        "attach",
        "ID",
        "attach to its terminal",
        lambda given: AttachCommand(building.one(given, "the container's id")),
        _CONTAINER,
    ),
    CommandWord("debug", "ID [COMMAND…]", "a toolbox in it", building.debug, _CONTAINER, _DEBUG),
    CommandWord(
        "exec", "ID [COMMAND…]", "a shell or a command in it", building.execute, _CONTAINER, _EXEC
    ),
    CommandWord(
        "pause", "ID…", "freeze", lambda given: PauseCommand(building.ids(given)), _CONTAINER
    ),
    CommandWord(
        "resume", "ID…", "thaw", lambda given: ResumeCommand(building.ids(given)), _CONTAINER
    ),
    CommandWord(
        "logs",
        "ID",
        "its log, followed",
        lambda given: LogsCommand(
            building.one(given, "the container's id"), given.has("--timestamps")
        ),
        _CONTAINER,
        _LOGS,
    ),
    CommandWord(
        "prune",
        "",
        "what could go; -f asks nothing",
        lambda given: building.none(given, PruneCommand(given.has("--force"))),
        flags=(_FORCE,),
    ),
    CommandWord(
        "whose",
        "PATH|PID|DIGEST|CGROUP",
        "which container or image it belongs to",
        lambda given: WhoseCommand(building.one(given, "the path, pid, digest or cgroup")),
    ),
    CommandWord("stats", "[ID]", "what it uses, or all of them", building.stats, _CONTAINER),
    CommandWord(
        "top",
        "ID",
        "its processes",
        lambda given: TopCommand(building.one(given, "the container's id")),
        _CONTAINER,
    ),
    CommandWord("inspect", "WHAT", "its JSON", building.inspect, Kind.OBJECT),
    CommandWord("doctor", "", "what is wrong", lambda given: building.none(given, DoctorCommand())),
    CommandWord("ns", "NAME|all", "choose the namespace", building.namespace, Kind.NAMESPACE),
    CommandWord(
        "cp", "ID:PATH HERE | HERE ID:PATH", "copy files", copy_command, Kind.FILES, (_FORCE,)
    ),
    CommandWord("theme", "[NAME]", "choose the look", building.theme, Kind.THEME),
    CommandWord("lock", "", "lock again", lambda given: building.none(given, LockCommand())),
    *(CommandWord(pane, "", f"go to {pane}", partial(building.pane, pane)) for pane in PANES),
    CommandWord("help", "", "all the keys", lambda given: building.none(given, HelpCommand())),
    CommandWord("quit", "", "leave ctdeck", lambda given: building.none(given, QuitCommand())),
)
BY_NAME = {word.name: word for word in WORDS}
BY_NAME["q"] = replace(BY_NAME["quit"], name="q")
BY_NAME["ps"] = replace(BY_NAME["containers"], name="ps", flags=(Flag(("-a", "--all")),))
TWO_WORDS: dict[str, dict[str, str]] = {
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
