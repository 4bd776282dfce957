"""The command without a screen: its words and its exit statuses."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import COMMAND
from .terminal import Terminal

# Becomes a user without rights after all has been imported: a checkout may lie where only root
# can read. What follows is the command itself.
_AS_NOBODY = """
import os, sys
import ctdeck.arguments, ctdeck.preparation
from ctdeck.__main__ import main
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sys.argv[0] = "ctdeck"
sys.exit(main())
"""


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def test_its_version() -> None:
    answer = run("--version")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("ctdeck ")


def test_a_bad_argument_is_told_before_all_else() -> None:
    answer = run("--bogus")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "ctdeck: unrecognized arguments: --bogus (ctdeck --help)\n"


def test_the_doctor_is_asked_before_or_behind_the_options() -> None:
    """A namespace may be called so, too."""
    nowhere = "/nonexistent/c.sock"
    for arguments in (("doctor", "-a", nowhere), ("-a", nowhere, "doctor")):
        answer = run(*arguments)
        assert (answer.returncode, answer.stderr) == (1, "")
        assert nowhere in answer.stdout
    assert "needs a terminal" in run("-n", "doctor").stderr


def test_a_doctor_that_cannot_print_says_so_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run(
            [COMMAND, "doctor", "-a", "/nonexistent/c.sock"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    words = "ctdeck: it cannot be printed (No space left on device)\n"
    assert (answer.returncode, answer.stderr) == (1, words)


def test_it_refuses_to_run_without_a_terminal() -> None:
    answer = run("--embedded")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "ctdeck: this needs a terminal for its input and output\n"


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("--embedded", ["needs root", "sudo", "--address"]),
        ("--embedded-if-none", ["needs root", "sudo", "--address", "CONTAINERD_ADDRESS"]),
    ],
)
def test_without_root_it_says_what_is_needed(
    argument: str, words: list[str], environment: dict[str, str]
) -> None:
    argv = [sys.executable, "-c", _AS_NOBODY, argument]
    with Terminal(argv, environment) as terminal:
        assert terminal.wait_end() == 1
        assert terminal.text.startswith("ctdeck: ")
        for word in words:
            assert word in terminal.text
        assert b"\x1b" not in terminal.raw


def test_a_log_file_that_cannot_be_is_told(environment: dict[str, str], tmp_path: Path) -> None:
    with Terminal([COMMAND, "--log-file", str(tmp_path)], environment) as terminal:
        assert terminal.wait_end() == 2
        assert terminal.text.startswith("ctdeck: --log-file: ")


# A start that takes its time: before there is a screen.
_STARTING = """
import asyncio, sys
from ctdeck import starting
from ctdeck.__main__ import main

async def start(*_):
    print("starting", flush=True)
    await asyncio.sleep(60)

starting.start = start
sys.exit(main())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_there_is_a_screen(number: int, environment: dict[str, str]) -> None:
    with Terminal([sys.executable, "-c", _STARTING], environment) as terminal:
        terminal.wait_for("starting")
        terminal.kill(number)
        assert terminal.wait_end() == -number
        assert "Traceback" not in terminal.text
