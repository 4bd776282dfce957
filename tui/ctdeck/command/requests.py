"""What a `:` line asks for: one frozen class for each word; ids and references still text."""

from dataclasses import dataclass

from aiocontainerd.identifiers import is_identifier
from aiocontainerd.run_options import RunOptions


@dataclass(frozen=True, slots=True)
class PullCommand:
    """Pull `reference` (as typed, but known to be well formed)."""

    reference: str
    platform: str = ""
    plain_http: bool = False


@dataclass(frozen=True, slots=True)
class RunCommand:
    """Run; `options.image` is as typed, `options.id` given (`named`) or generated."""

    options: RunOptions
    named: bool = False

    @property
    def perhaps_a_name(self) -> str:
        """The word after the image, if it may be meant as the id, as `ctr run` has it; else ""."""
        first = self.options.command[0] if self.options.command else ""
        return first if not self.named and is_identifier(first) else ""


@dataclass(frozen=True, slots=True)
class StopCommand:
    """Stop these containers; `force` skips the question, `grace` is in seconds."""

    ids: tuple[str, ...]
    force: bool = False
    grace: float | None = None


@dataclass(frozen=True, slots=True)
class KillCommand:
    """Send `signal` (a name without SIG, or a number); `force` skips the question."""

    ids: tuple[str, ...]
    signal: str = "KILL"
    force: bool = False


@dataclass(frozen=True, slots=True)
class StartCommand:
    """Start these stopped containers."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestartCommand:
    """Stop and start these containers; `force` skips the question, `grace` is in seconds."""

    ids: tuple[str, ...]
    force: bool = False
    grace: float | None = None


@dataclass(frozen=True, slots=True)
class RemoveCommand:
    """Delete these containers; `force` skips the question."""

    ids: tuple[str, ...]
    force: bool = False


@dataclass(frozen=True, slots=True)
class RemoveImagesCommand:
    """Delete these images; `force` skips the question."""

    references: tuple[str, ...]
    force: bool = False


@dataclass(frozen=True, slots=True)
class PauseCommand:
    """Pause these containers."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResumeCommand:
    """Resume these paused containers."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExecCommand:
    """Execute a command in this container, a shell without one."""

    id: str
    command: tuple[str, ...] = ()
    user: str = ""
    cwd: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """What it is about, as the others have it."""
        return (self.id,)


@dataclass(frozen=True, slots=True)
class LogsCommand:
    """Show the log of this container; with the times of its lines."""

    id: str
    times: bool = False


@dataclass(frozen=True, slots=True)
class DebugCommand:
    """A toolbox in this container: of an image as typed, "" for the usual one."""

    id: str
    image: str = ""
    command: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """What it is about, as the others have it."""
        return (self.id,)


@dataclass(frozen=True, slots=True)
class AttachCommand:
    """Attach to the terminal of this container."""

    id: str

    @property
    def ids(self) -> tuple[str, ...]:
        """What it is about, as the others have it."""
        return (self.id,)


@dataclass(frozen=True, slots=True)
class PruneCommand:
    """Show what could be pruned; `force` prunes it without a question."""

    force: bool = False


@dataclass(frozen=True, slots=True)
class WhoseCommand:
    """Whose this path, pid, digest or cgroup is."""

    what: str


@dataclass(frozen=True, slots=True)
class StatsCommand:
    """Show what this container uses; "" shows all, those that use most of the processors first."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class TopCommand:
    """Show the processes of this container."""

    id: str


@dataclass(frozen=True, slots=True)
class CopyCommand:
    """Copy out of a container, or into it; `host` is a full path, `force` skips all questions."""

    id: str
    inside: str
    host: str
    inward: bool = False
    force: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """As the others have it."""
        return (self.id,)


@dataclass(frozen=True, slots=True)
class InspectCommand:
    """Show the JSON of a container, an image or a digest."""

    what: str


@dataclass(frozen=True, slots=True)
class DoctorCommand:
    """Say what is wrong with the daemon and its host."""


@dataclass(frozen=True, slots=True)
class LockCommand:
    """Lock again all that was unlocked."""


@dataclass(frozen=True, slots=True)
class NamespaceCommand:
    """Show this containerd namespace; "all" shows all of them, "" asks which."""

    name: str


@dataclass(frozen=True, slots=True)
class ThemeCommand:
    """Take this look; "" asks which."""

    name: str


@dataclass(frozen=True, slots=True)
class PaneCommand:
    """Go to one of `PANES`."""

    pane: str


@dataclass(frozen=True, slots=True)
class HelpCommand:
    """All the keys."""


@dataclass(frozen=True, slots=True)
class QuitCommand:
    """Leave."""


Command = (
    PullCommand
    | RunCommand
    | StopCommand
    | KillCommand
    | StartCommand
    | RestartCommand
    | RemoveCommand
    | RemoveImagesCommand
    | PauseCommand
    | ResumeCommand
    | AttachCommand
    | DebugCommand
    | ExecCommand
    | PruneCommand
    | WhoseCommand
    | CopyCommand
    | InspectCommand
    | DoctorCommand
    | HelpCommand
    | LockCommand
    | LogsCommand
    | NamespaceCommand
    | PaneCommand
    | StatsCommand
    | ThemeCommand
    | TopCommand
    | QuitCommand
)
