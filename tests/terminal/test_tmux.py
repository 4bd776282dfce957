"""In a real tmux: what a pane shows after a resize, a detach and a look at another window."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import COMMAND
from .terminal import PATIENCE


class Pane:
    """A server of its own with one session, which nobody is attached to."""

    def __init__(self, socket: Path, environment: dict[str, str]) -> None:
        self._command = ["tmux", "-f", "/dev/null", "-S", str(socket)]
        self._environment = environment

    def __call__(self, *words: str) -> str:
        command = [*self._command, *words]
        done = subprocess.run(command, env=self._environment, capture_output=True, check=True)
        return done.stdout.decode()

    @property
    def text(self) -> str:
        return self("capture-pane", "-p", "-t", "deck")

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)


@pytest.fixture(params=["tmux-256color", "screen-256color"])
def pane(request: pytest.FixtureRequest, plain: dict[str, str]) -> Iterator[Pane]:
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        pane = Pane(Path(folder, "tmux"), plain)
        run = f"env TERM={request.param} {COMMAND} --demo"
        pane("new-session", "-d", "-s", "deck", "-x", "80", "-y", "24", run)
        try:
            yield pane
        finally:
            subprocess.run([*pane._command, "kill-server"], capture_output=True, check=False)


def has_ended(process: Path) -> bool:
    try:
        return ") Z " in Path(process, "stat").read_text()  # not waited for yet
    except OSError:
        return True


def test_resized_and_ended(pane: Pane) -> None:
    pane.wait_until(lambda: "web1" in pane.text and "? help" in pane.text.splitlines()[23])
    assert "nothing here is real" in pane.text.splitlines()[0]
    pane("resize-window", "-t", "deck", "-x", "120", "-y", "40")
    pane.wait_until(lambda: "? help" in pane.text.splitlines()[-1] and "5 Events" in pane.text)
    pane("resize-window", "-t", "deck", "-x", "80", "-y", "24")
    pane.wait_until(lambda: "? help" in pane.text.splitlines()[-1] and "web1" in pane.text)
    pane("send-keys", "-t", "deck", "C-z")
    pane.wait_until(lambda: "ctrl+z: no shell" in pane.text)
    pid = pane("list-panes", "-t", "deck", "-F", "#{pane_pid}").strip()
    process = Path("/proc", pid)
    pane("new-session", "-d", "-s", "other")
    pane("kill-session", "-t", "deck")
    deadline = time.monotonic() + 5
    while not has_ended(process):
        assert time.monotonic() < deadline, "it runs on without its terminal"
        time.sleep(0.05)


def test_what_a_command_wrote_stays_until_a_key_that_does_nothing_else(pane: Pane) -> None:
    pane.wait_until(lambda: "web1" in pane.text and "? help" in pane.text)
    for turn, (word, says) in enumerate((("cat /etc/hostname", "web1"), ("ls /", "bin  dev"))):
        pane("send-keys", "-t", "deck", f":exec web1 {word}", "Enter")
        pane.wait_until(lambda: pane.text.count("Any key goes back") == turn + 1)  # noqa: B023
        *_, greeting, said, ended = [line for line in pane.text.splitlines() if line]
        program = word.split()[0]
        assert greeting == f"ctdeck: {program} in web1. ctrl-p ctrl-q leaves it, and ends it."
        assert said.startswith(says)
        assert ended == "ctdeck: it ended with exit status 0. Any key goes back."
        pane("send-keys", "-t", "deck", "q")  # which would leave ctdeck
        pane.wait_until(lambda: "Any key" not in pane.text and "? help" in pane.text)
