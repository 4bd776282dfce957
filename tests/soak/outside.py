"""What happens round ctdeck in a soak: other people's changes, and a daemon in trouble."""

import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.live.daemons import Daemon

IMAGE = "ctdeck.test/busybox:latest"
NAMESPACES = ("default", "second")
MOST = 24  # containers
PATIENCE = 10.0  # s for one `ctr`
FROZEN = 3.0  # s that a daemon which hangs does so
SLEEP = ("/bin/sh", "-c", "while :; do date; sleep 1; done")


@dataclass
class Outside:
    """Random changes with `ctr`, and faults of the daemon; `done` counts each by its name."""

    daemon: Daemon
    dice: random.Random
    wait: Callable[[float], None]  # seconds, in which the terminal is read
    done: dict[str, int] = field(default_factory=dict)
    _made: int = 0

    def change(self) -> None:
        """One change by somebody else; what `ctr` refuses is a change that came too late."""
        act = self.dice.choice(
            (
                self.run,
                self.run,
                self.create,
                self.kill,
                self.end,
                self.remove,
                self.tag,
                self.label,
            )
        )
        self._count(act.__name__)
        act()

    def trouble(self) -> None:
        """The daemon is restarted, is killed, or hangs for a while."""
        act = self.dice.choice((self.restart, self.crash, self.hang))
        self._count(act.__name__)
        act()

    def run(self) -> None:
        """A container that runs."""
        self._ctr("run", "-d", "--null-io", IMAGE, self._new_name(), *SLEEP)

    def create(self) -> None:
        """A record alone."""
        self._ctr("containers", "create", IMAGE, self._new_name())

    def kill(self) -> None:
        """Its process ends; the stopped task stays."""
        self._to_some("tasks", "tasks", "kill", "-s", "KILL")

    def end(self) -> None:
        """Its task goes."""
        self._to_some("tasks", "tasks", "rm", "-f")

    def remove(self) -> None:
        """Its record and snapshot go, if it does not run."""
        self._to_some("containers", "containers", "rm")

    def tag(self) -> None:
        """A second name for the image, or one fewer."""
        name = f"ctdeck.test/tag:{self.dice.randrange(6)}"
        if self.dice.random() < 0.5:
            self._ctr("images", "tag", "--force", IMAGE, name)
        else:
            self._ctr("images", "rm", name)

    def label(self) -> None:
        """A record is changed."""
        self._to_some("containers", "containers", "label", last=f"soak={self.dice.randrange(1000)}")

    def restart(self) -> None:
        """As systemd does."""
        self.daemon.terminate()
        self.wait(self.dice.uniform(0.0, 3.0))
        self.daemon.start()

    def crash(self) -> None:
        """As the kernel's memory killer does."""
        self.daemon.kill()
        self.wait(self.dice.uniform(0.0, 3.0))
        self.daemon.start()

    def hang(self) -> None:
        """It accepts, and does not answer."""
        self.daemon.freeze()
        self.wait(FROZEN)
        self.daemon.thaw()

    def thin_out(self) -> None:
        """Make room: delete what does not run, then what does."""
        for namespace in NAMESPACES:
            names = self._list("containers", namespace)
            for name in names[MOST // (2 * len(NAMESPACES)) :]:
                self._ctr("tasks", "rm", "-f", name, namespace=namespace)
                self._ctr("containers", "rm", name, namespace=namespace)

    def _new_name(self) -> str:
        if sum(len(self._list("containers", each)) for each in NAMESPACES) >= MOST:
            self.thin_out()
        self._made += 1
        return f"out{self._made:04}"

    def _to_some(self, kind: str, *args: str, last: str = "") -> None:
        """The command for one of the containers or tasks that are there, if any is."""
        namespace = self.dice.choice(NAMESPACES)
        if names := self._list(kind, namespace):
            rest = (last,) if last else ()
            self._ctr(*args, self.dice.choice(names), *rest, namespace=namespace)

    def _list(self, kind: str, namespace: str) -> list[str]:
        return self.daemon.ctr(kind, "ls", "-q", namespace=namespace, check=False).split()

    def _ctr(self, *args: str, namespace: str = "") -> None:
        """It may fail; on 1.6 `tasks rm` waits for ever for an exit that it has missed."""
        where = namespace or self.dice.choice(NAMESPACES)
        with self.daemon.spawn_ctr(*args, namespace=where) as process:
            try:
                process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                self._count("ctr that hung")

    def _count(self, name: str) -> None:
        self.done[name] = self.done.get(name, 0) + 1
