"""Signals, grace times and marks from labels, and the labels of a new container."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from aiocontainerd.errors import (
    InvalidArgument,
)
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.models import LOG_LABEL, REMOVE_LABEL, STDOUT_LABEL, Container, Task, TaskStatus
from aiocontainerd.operations import GRACE, grace_of, left_to_remove
from aiocontainerd.operations.record import labels
from aiocontainerd.operations.signals import STOP_SIGNAL_LABEL, signal_number, stop_signal
from aiocontainerd.run_options import RunOptions
from aiocontainerd.state import StateDirectory


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *((15, 15), ("15", 15), ("TERM", 15), ("sigterm", 15), (" SIGKILL ", 9), ("RTMIN+3", 37)),
        *(("SIGRTMIN", 34), ("RTMAX-1", 63), ("rtmax", 64), ("USR1", signal.SIGUSR1), ("1", 1)),
    ],
)
def test_signals(text: int | str, number: int) -> None:
    assert signal_number(text) == number


@pytest.mark.parametrize("text", [0, -9, 65, "", "NOPE", "RTMIN+99", "RTMAX+1", "9" * 5000, "٣"])
def test_no_signals(text: int | str) -> None:
    with pytest.raises(InvalidArgument, match="not a signal"):
        signal_number(text)


def test_the_stop_signal_comes_from_the_label() -> None:
    def container(label: str) -> Container:
        return Container("default", "c", "i", "r", "s", "k", labels={STOP_SIGNAL_LABEL: label})

    assert stop_signal(Container("default", "c", "i", "r", "s", "k")) == signal.SIGTERM
    assert stop_signal(container("")) == signal.SIGTERM
    assert stop_signal(container("SIGQUIT")) == signal.SIGQUIT
    assert stop_signal(container("3")) == signal.SIGQUIT
    assert stop_signal(container("\x1b[2J")) == signal.SIGTERM


def test_what_was_to_be_removed_is_found_again() -> None:
    marked = Container("default", "c", "i", "r", "s", "k", labels={REMOVE_LABEL: "true"})
    running = Task("default", "c", 1, TaskStatus.RUNNING)
    stopped = Task("default", "c", 1, TaskStatus.STOPPED)
    assert left_to_remove(marked, None)
    assert left_to_remove(marked, stopped)
    assert not left_to_remove(marked, running)
    assert not left_to_remove(replace(marked, labels={}), stopped)


def test_labels_of_a_new_container(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    config = ImageConfig(
        stop_signal="SIGINT",
        labels={
            "maintainer": "them",
            "mine": "theirs",
            "big": "x" * 5000,
            "io.ctdeck/log": "/etc/cron.d/evil",
            "io.ctdeck/stdout": "/etc/cron.d/evil",
            "nerdctl/log-uri": "binary:///bin/evil",
            "containerd.io/gc.root": "1",
            "io.containerd.image.config.stop-signal": "SIGKILL",
        },
    )
    options = RunOptions("i", "c", labels=(("mine", "ours"),), remove=True)
    log = state.log_path("default", "c", terminal=False)
    assert labels(options, config, log) == {
        "maintainer": "them",
        "mine": "ours",
        STOP_SIGNAL_LABEL: "SIGINT",
        LOG_LABEL: str(log),
        REMOVE_LABEL: "true",
    }
    screen = state.log_path("default", "c", terminal=True)
    found = labels(RunOptions("i", "c", terminal=True), config, screen)
    assert (found[STDOUT_LABEL], LOG_LABEL in found) == (str(screen), False)


@pytest.mark.parametrize(
    ("label", "seconds"),
    [(None, GRACE), ("3", 3.0), ("0", 0.0), ("x", GRACE), ("-1", GRACE), ("nan", GRACE)],
)
def test_nerdctls_stop_timeout_is_kept(label: str | None, seconds: float) -> None:
    labels = {} if label is None else {"nerdctl/stop-timeout": label}
    assert grace_of(Container("n", "c", "", "", "", "", labels=labels)) == seconds
