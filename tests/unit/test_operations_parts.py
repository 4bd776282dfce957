"""The parts of operations that need no daemon: undoing, signals, refusals, state, garbage."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.errors import (
    AlreadyExists,
    ContainerdError,
    DaemonError,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    RuntimeFailed,
)
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.models import REMOVE_LABEL, Container, Task, TaskStatus
from aiocontainerd.operations import GRACE, grace_of, left_to_remove
from aiocontainerd.operations.garbage import Graph, content, label_refs, snapshot_node
from aiocontainerd.operations.record import STDERR_LABEL, STDOUT_LABEL, labels
from aiocontainerd.operations.refusals import plain
from aiocontainerd.operations.signals import STOP_SIGNAL_LABEL, signal_number, stop_signal
from aiocontainerd.operations.undo import Undo, undone_on_failure
from aiocontainerd.run_options import RunOptions
from aiocontainerd.settled import settled
from aiocontainerd.state import StateDirectory


class Things:
    """What calls make and steps back remove, in order."""

    def __init__(self) -> None:
        self.made: list[str] = []

    async def make(self, name: str) -> str:
        await asyncio.sleep(0)
        self.made.append(name)
        return name

    async def remove(self, name: str) -> None:
        await asyncio.sleep(0)
        assert self.made.pop() == name, "newest first"

    async def both(self, undo: Undo, name: str) -> str:
        return await undo.make(name, self.make(name), lambda: self.remove(name))


async def test_success_keeps_and_failure_takes_back() -> None:
    things = Things()
    async with undone_on_failure() as undo:
        await things.both(undo, "a")
    assert things.made == ["a"]
    things.made.clear()

    async def fails() -> None:
        async with undone_on_failure() as undo:
            await things.both(undo, "b")
            await things.both(undo, "c")
            raise KeyError

    with pytest.raises(KeyError):
        await fails()
    assert things.made == []


async def test_a_cancelled_call_is_waited_for_and_then_undone() -> None:
    things = Things()
    gate = asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return await things.make("slow")

    async def work() -> None:
        async with undone_on_failure() as undo:
            await things.both(undo, "first")
            await undo.make("slow", slow(), lambda: things.remove("slow"))

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0.01)
    for _ in range(3):  # an impatient user
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert things.made == []


async def test_what_was_not_answered_is_looked_for() -> None:
    things = Things()

    async def unanswered() -> str:
        await things.make("x")
        raise DeadlineExceeded("no answer")

    async def refused() -> str:
        raise AlreadyExists("somebody else's")

    async def never() -> None:
        pytest.fail("that was not ours")

    with pytest.raises(DeadlineExceeded):
        async with undone_on_failure() as undo:
            await undo.make("x", unanswered(), never, unsure=lambda: things.remove("x"))
    assert undo.unsure
    assert things.made == []
    with pytest.raises(AlreadyExists):
        async with undone_on_failure() as undo:
            await undo.make("x", refused(), never, unsure=never)


async def test_what_cannot_be_taken_back_is_told() -> None:
    async def fails() -> None:
        raise DaemonError("the disk is on fire")

    async def gone() -> None:
        raise NotFound("gone")

    things = Things()

    async def work() -> None:
        async with undone_on_failure() as undo:
            await things.both(undo, "a")
            undo.add("snapshot", fails)
            undo.add("task", gone)
            raise KeyError

    with pytest.raises(KeyError) as caught:
        await work()
    assert caught.value.__notes__ == ["Left behind: snapshot (the disk is on fire)"]
    assert things.made == []

    async def fails_as_ours() -> None:
        async with undone_on_failure() as undo:
            undo.add("log", fails)
            undo.add("snapshot", fails)
            raise NotFound("gone", subject="c", remedy="Look again.")

    with pytest.raises(NotFound) as ours:
        await fails_as_ours()
    assert str(ours.value) == "c: gone. Look again. Left behind: snapshot, log."


async def test_settled_hands_on_results_and_errors() -> None:
    async def fails() -> None:
        raise NotFound("x")

    assert await settled(Things().make("a")) == "a"
    with pytest.raises(NotFound):
        await settled(fails())


CREATE = "failed to create shim task: OCI runtime create failed: runc create failed: "
START = f"{CREATE}unable to start container process: "
INIT = f"{START}error during container init: "
REFUSALS = [
    (
        f'{START}exec: "foo": executable file not found in $PATH: unknown',
        "the image has no program 'foo' (exec: \"foo\": executable file not found in $PATH)",
    ),
    (f'{START}exec: "/x y": stat /x y: no such file or directory', "has no program '/x y' ("),
    (f'{START}exec: "/etc": permission denied', "'/etc' is not a program that can be executed ("),
    (f'{START}exec: "/etc": is a directory', "'/etc' is not a program that can be executed ("),
    (f"{START}exec /g: permission denied: unknown", "'/g' is not a program that can be executed ("),
    (
        f"{INIT}error setting cgroup config for procHooks process: unable to set memory limit to "
        "1000 (current usage: 2330624, peak usage: 2506752): unknown",
        "the memory limit of 1000 bytes is less than the container needs to start (",
    ),
    (f"{START}container init was OOM-killed (memory limit too low?)", "needs more memory to start"),
    (
        f'{INIT}error mounting "/no/such" to rootfs at "/x": stat /no/such: no such file or '
        "directory: unknown",
        "the source '/no/such' of the mount at '/x' does not exist (",
    ),
    (
        f'{INIT}error mounting "/etc" to rootfs at "/etc/passwd": mount /etc:/etc/passwd (via '
        "/proc/self/fd/6), flags: 0x5000: not a directory",
        "'/etc' cannot be mounted at '/etc/passwd': one is a directory and the other is not (",
    ),
    (
        f'{INIT}error mounting "/etc" to rootfs at "/proc/sys": "/run/x/rootfs/proc/sys" cannot '
        "be mounted because it is inside /proc",
        "nothing can be mounted at '/proc/sys' from '/etc' (",
    ),
    (
        f'{INIT}error mounting "/a" to rootfs at "/b": mkdirat: read-only file system',
        "the mount point '/b' is not in the image, and the root is read-only (",
    ),
    (f'{INIT}error mounting "/a" to rootfs at "/b": odd', "'/a' cannot be mounted at '/b' ("),
    (
        f"{INIT}mkdir /etc/passwd: not a directory: unknown",
        "directory '/etc/passwd' cannot be used",
    ),
    (
        f'{START}chdir to cwd ("/x") set in config.json failed: permission denied',
        "the working directory '/x' cannot be used (",
    ),
    (
        'failed to start shim: failed to resolve runtime path: runtime "io.containerd.nope.v2" '
        'binary not installed "containerd-shim-nope-v2": file does not exist: unknown',
        "the runtime 'io.containerd.nope.v2' is not installed (",
    ),
    (
        f'{CREATE}exec: "runc": executable file not found in $PATH: unknown',
        "runc is not installed where the daemon looks for it (",
    ),
    (f"{CREATE}container with given ID already exists", "runc still has a container of this id"),
    (
        "mkdir /run/containerd/io.containerd.runtime.v2.task/default/web1: file exists: unknown",
        "another start of it is under way or was quicker, or a crash left its traces (",
    ),
    ("task web1: already exists", "another start of it is under way or was quicker"),
    (f"{CREATE}something new: unknown", "the runtime refused it (something new)"),
]


@pytest.mark.parametrize(("text", "plainly"), REFUSALS)
def test_runcs_words_become_plain(text: str, plainly: str) -> None:
    error = plain(DaemonError(text), "web1")
    assert isinstance(error, RuntimeFailed)
    assert error.subject == "web1"
    assert plainly in error.what
    assert error.remedy
    assert "OCI runtime create failed" not in error.what
    assert not error.what.endswith("unknown)")


def test_other_errors_stay_themselves() -> None:
    for error in (NotFound("no such container"), DaemonError("bolt: timeout")):
        assert plain(error, "c") is error


@given(text=st.text())
def test_no_text_breaks_the_translation(text: str) -> None:
    assert isinstance(plain(DaemonError(text), "c"), ContainerdError)
    assert isinstance(plain(DaemonError(f'exec: "{text}": permission denied'), "c"), RuntimeFailed)


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
            "io.ctdeck/stdout": "/etc/cron.d/evil",
            "nerdctl/log-uri": "binary:///bin/evil",
            "containerd.io/gc.root": "1",
            "io.containerd.image.config.stop-signal": "SIGKILL",
        },
    )
    options = RunOptions("i", "c", labels=(("mine", "ours"),), remove=True)
    paths = state.log_paths("default", "c")
    assert labels(options, config, paths) == {
        "maintainer": "them",
        "mine": "ours",
        STOP_SIGNAL_LABEL: "SIGINT",
        STDOUT_LABEL: str(paths.stdout),
        STDERR_LABEL: str(paths.stderr),
        REMOVE_LABEL: "true",
    }


def test_where_the_state_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert StateDirectory.default({"XDG_STATE_HOME": "/x"}).root == Path("/x/ctdeck")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert StateDirectory.default({"XDG_STATE_HOME": "x"}).root == Path("/var/lib/ctdeck")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/me")
    assert StateDirectory.default({}).root == Path("/home/me/.local/state/ctdeck")


def test_logs_are_ours_alone_and_kept_until_removed(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "new" / "state")
    paths = state.make_logs("default", "c")
    for path in (paths.stdout, paths.stdout.parent, paths.stdout.parent.parent, state.root):
        assert path.stat().st_mode & 0o077 == 0
    paths.stdout.write_text("kept")
    assert state.make_logs("default", "c").stdout.read_text() == "kept"
    state.remove_logs("default", "c")
    assert not paths.stdout.parent.exists()
    state.remove_logs("default", "c")
    state.make_logs("default", "t", terminal=True)
    assert not state.log_paths("default", "t").stderr.exists()


@pytest.mark.parametrize(
    "link", ["logs", "logs/default", "logs/default/c", "logs/default/c/stdout.log"]
)
def test_no_link_leads_the_log_elsewhere(tmp_path: Path, link: str) -> None:
    state = StateDirectory(tmp_path / "state")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    others = elsewhere / "default" / "c" / "not-ours"  # what a link at any level would lead to
    others.parent.mkdir(parents=True)
    others.touch()
    planted = state.root / link
    planted.parent.mkdir(parents=True)
    planted.symlink_to(elsewhere / "file" if link.endswith(".log") else elsewhere)
    with pytest.raises(FailedPrecondition):
        state.make_logs("default", "c")
    assert {path.name for path in elsewhere.rglob("*")} == {"default", "c", "not-ours"}
    state.remove_logs("default", "c")
    assert others.exists()


def test_logs_of_two_daemons_stay_apart(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    one, two = state.of_daemon("6f1e"), state.of_daemon("../..")
    logs = [each.make_logs("default", "c").stdout for each in (state, one, two)]
    assert len(set(logs)) == 3
    assert all(log.is_relative_to(tmp_path / "logs") and ".." not in log.parts for log in logs)
    two.remove_logs("default", "c")
    assert [log.exists() for log in logs] == [True, True, False]
    assert state.of_daemon("") == state


def test_ids_do_not_climb(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    for namespace, id in (("..", "c"), ("default", ".."), ("default", "a/b"), ("a/b", "c")):
        with pytest.raises(InvalidArgument):
            state.logs(namespace, id)


def test_references_in_labels() -> None:
    found = label_refs(
        {
            "containerd.io/gc.ref.content": "a",
            "containerd.io/gc.ref.content.l.0": "b",
            "containerd.io/gc.ref.content/x": "c",
            "containerd.io/gc.ref.contents": "no",
            "containerd.io/gc.ref.snapshot.overlayfs": "d",
            "containerd.io/gc.ref.snapshot.native/1": "e",
            "other": "no",
        }
    )
    assert list(found) == [
        content("a"),
        content("b"),
        content("c"),
        snapshot_node("overlayfs", "d"),
        snapshot_node("native", "e"),
    ]


def test_what_the_collector_keeps() -> None:
    graph = Graph()
    graph.roots = {("image", "one"), ("image", "two")}
    graph.add(("image", "one"), {}, [content("m1")])
    graph.add(("image", "two"), {}, [content("m2")])
    refs = "containerd.io/gc.ref.content."
    graph.add(content("m1"), {f"{refs}l.0": "base", f"{refs}l.1": "top", f"{refs}config": "gone"})
    graph.add(content("m2"), {f"{refs}l.0": "base", f"{refs}m.0": "m2"})  # a circle does no harm
    graph.add(content("base"), {})
    graph.add(content("top"), {})
    graph.add(content("rooted"), {"containerd.io/gc.root": "x"})
    graph.add(content("garbage"), {})
    everything = graph.reachable()
    assert content("garbage") not in everything
    assert content("gone") not in everything
    lost = everything - graph.reachable(without=("image", "one"))
    assert lost == {("image", "one"), content("m1"), content("top")}
    graph.leaves = {content("top")}
    assert content("top") in graph.reachable(without=("image", "one"))


@pytest.mark.parametrize(
    ("label", "seconds"),
    [(None, GRACE), ("3", 3.0), ("0", 0.0), ("x", GRACE), ("-1", GRACE), ("nan", GRACE)],
)
def test_nerdctls_stop_timeout_is_kept(label: str | None, seconds: float) -> None:
    labels = {} if label is None else {"nerdctl/stop-timeout": label}
    assert grace_of(Container("n", "c", "", "", "", "", labels=labels)) == seconds
