"""The `:` line: words, flags, quoting, and what is said about mistakes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.mounts import PROPAGATIONS, BindMount
from aiocontainerd.run_options import RunOptions
from ctdeck.command.parsing import parse
from ctdeck.command.requests import (
    AttachCommand,
    DebugCommand,
    ExecCommand,
    HelpCommand,
    KillCommand,
    NamespaceCommand,
    PaneCommand,
    PauseCommand,
    PullCommand,
    QuitCommand,
    RemoveCommand,
    RemoveImagesCommand,
    RestartCommand,
    ResumeCommand,
    RunCommand,
    StartCommand,
    StopCommand,
)
from ctdeck.command.shellwords import join, split, split_open
from ctdeck.command.words import WORDS
from ctdeck.forms.quantities import format_cpus, format_memory

TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), min_size=1)
PATH = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x7f"), max_size=20
).map(lambda text: f"/{text}")
DESTINATION = st.from_regex(r"/[a-z:\\ ,\"']{1,10}", fullmatch=True)


def mount(source: str, destination: str, readonly: bool, recursive: bool, spread: str) -> BindMount:
    return BindMount(source, destination, readonly, recursive, spread)


MOUNT = st.builds(
    mount, PATH, DESTINATION, st.booleans(), st.booleans(), st.sampled_from(["", *PROPAGATIONS])
)
OPTIONS = st.builds(
    RunOptions,
    image=st.sampled_from(["busybox", "docker.io/library/nginx:1.27", "-odd", "a b"]),
    id=st.from_regex(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+){0,3}", fullmatch=True).filter(
        lambda text: len(text) <= 76
    ),
    command=st.lists(TEXT).map(tuple),
    mounts=st.lists(MOUNT, max_size=3, unique_by=lambda each: each.destination).map(tuple),
    env=st.lists(st.tuples(st.from_regex(r"[A-Z_a-z]+", fullmatch=True), TEXT)).map(
        lambda pairs: tuple(f"{name}={value}" for name, value in pairs)
    ),
    user=st.sampled_from(["", "root", "1000:1000", "nobody:www"]),
    cwd=st.one_of(st.just(""), PATH),
    network=st.sampled_from(["none", "host"]),
    hostname=st.sampled_from(["", "web1"]),
    memory=st.one_of(st.none(), st.integers(4 << 20, 1 << 50)),
    cpus=st.one_of(st.none(), st.floats(0.01, 1000)),
    pids=st.one_of(st.none(), st.integers(1, 1 << 22)),
    readonly=st.booleans(),
    terminal=st.booleans(),
    remove=st.booleans(),
    privileged=st.booleans(),
)


@given(st.text())
def test_any_line_is_a_command_or_an_invalid_argument(line: str) -> None:
    with suppress(InvalidArgument):
        parse(line)


@given(
    st.lists(
        st.sampled_from(
            [
                "run",
                "stop",
                "-v",
                "-e",
                "--env=",
                "-dt",
                "--",
                "-",
                "-x",
                "--rm=no",
                "a",
                "'",
                "/a:/b",
                "-m",
            ]
        )
    )
)
def test_any_row_of_its_own_words_too(words: list[str]) -> None:
    with suppress(InvalidArgument):
        parse(" ".join(words))


def run_line(options: RunOptions) -> str:
    """The line, without ':', that `parse` reads back as these options."""
    words = ["run", "-d"]
    switches = {
        "--rm": options.remove,
        "-t": options.terminal,
        "--read-only": options.readonly,
        "--privileged": options.privileged,
    }
    words += [name for name, on in switches.items() if on]
    values = [("--name", options.id)]
    values += [("-v", mount.format()) for mount in options.mounts]
    values += [("-e", pair) for pair in options.env]
    values += [("-u", options.user), ("-w", options.cwd)]
    values += [("--net", options.network if options.network != "none" else "")]
    values += [("--memory", format_memory(options.memory)), ("--cpus", format_cpus(options.cpus))]
    values += [("--pids-limit", "" if options.pids is None else str(options.pids))]
    values += [("--hostname", options.hostname)]
    for name, value in values:
        words += [name, value] if value else []
    ends = ["--"] if options.image.startswith("-") else []
    return join([*words, *ends, options.image, *options.command])


@given(OPTIONS)
def test_run_options_survive_the_line(options: RunOptions) -> None:
    assert parse(run_line(options)) == RunCommand(options, named=True)


@given(st.lists(st.text()))
def test_words_survive_the_line(words: list[str]) -> None:
    assert [word.text for word in split(join(words))] == words


@given(st.text())
def test_positions_are_those_of_the_words(line: str) -> None:
    at = 0
    for word in split_open(line):
        assert line[at : word.start].strip(" \t\r\n") == ""
        assert word.end > word.start
        at = word.end


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("pull nginx", PullCommand("nginx")),
        (
            ":pull --platform linux/arm/v7 --plain-http localhost:5000/a",
            PullCommand("localhost:5000/a", "linux/arm/v7", True),
        ),
        ("stop -f web1 web2", StopCommand(("web1", "web2"), force=True)),
        ("exec web1", ExecCommand("web1")),
        ("attach web1", AttachCommand("web1")),
        ("debug web1", DebugCommand("web1")),
        ("debug --image alpine web1 ip -4 a", DebugCommand("web1", "alpine", ("ip", "-4", "a"))),
        (
            "exec -it -u 1000 -w /srv web1 ls -l ls",
            ExecCommand("web1", ("ls", "-l", "ls"), "1000", "/srv"),
        ),
        ("tasks exec web1 sh", ExecCommand("web1", ("sh",))),
        ("stop web1 -t 3", StopCommand(("web1",), grace=3)),
        ("kill web1", KillCommand(("web1",))),
        ("kill -s sighup web1 web1", KillCommand(("web1",), "HUP")),
        ("kill -s 9 -f web1", KillCommand(("web1",), "9", True)),
        ("start a", StartCommand(("a",))),
        ("rm a -f", RemoveCommand(("a",), True)),
        ("rmi a b", RemoveImagesCommand(("a", "b"))),
        ("pause a", PauseCommand(("a",))),
        ("resume a", ResumeCommand(("a",))),
        ("ns", NamespaceCommand("")),
        ("ns all", NamespaceCommand("all")),
        ("tasks", PaneCommand("tasks")),
        ("  quit ", QuitCommand()),
        ("help", HelpCommand()),
        ("q", QuitCommand()),
    ],
)
def test_words(line: str, command: object) -> None:
    assert parse(line) == command


def run(line: str) -> RunOptions:
    command = parse(line)
    assert isinstance(command, RunCommand)
    return command.options


@pytest.mark.parametrize(
    ("line", "same"),
    [
        ("ps", "containers"),
        ("ps -a", "containers"),
        ("images rm nginx", "rmi nginx"),
        ("image rm -f nginx", "rmi -f nginx"),
        ("images ls", "images"),
        ("containers rm web1", "rm web1"),
        ("c rm web1", ""),
        ("tasks kill -s HUP web1", "kill -s HUP web1"),
        ("task pause web1", "pause web1"),
        ("kill -9 web1", "kill -s 9 web1"),
        ("kill -f -15 web1", "kill -f -s 15 web1"),
    ],
)
def test_the_forms_of_ctr_and_docker(line: str, same: str) -> None:
    if same:
        assert parse(line) == parse(same)
    else:
        with pytest.raises(InvalidArgument):
            parse(line)


def test_restart() -> None:
    assert parse("restart -f -t 3 a b") == RestartCommand(("a", "b"), force=True, grace=3)


def test_everything_after_the_image_is_the_command() -> None:
    options = run("run -d --rm busybox sh -c 'echo -n \"a b\"' --rm -- -x")
    assert options.command == ("sh", "-c", 'echo -n "a b"', "--rm", "--", "-x")
    assert options.remove


def test_two_dashes_end_the_flags() -> None:
    assert run("run -- -odd -d").image == "-odd"


def test_flags_in_all_their_forms() -> None:
    options = run(
        "run -dteA=1 --env=B=2 --env C= -v '/a b:/c:ro' --volume=/x\\\\:y:/z "
        "--mount type=bind,src=/m,dst=/n,options=rbind:ro -m512m --cpus .5 --pids-limit=9 "
        "--network host -u 1:2 -w /w --read-only --privileged=false --name web1 nginx"
    )
    assert options.env == ("A=1", "B=2", "C=")
    assert options.mounts == (
        BindMount("/a b", "/c", readonly=True),
        BindMount("/x:y", "/z"),
        BindMount("/m", "/n", readonly=True),
    )
    assert (options.memory, options.cpus, options.pids) == (512 << 20, 0.5, 9)
    assert (options.network, options.user, options.cwd, options.id) == ("host", "1:2", "/w", "web1")
    assert options.terminal
    assert options.readonly
    assert not options.privileged


def test_a_name_is_made_when_none_is_given() -> None:
    assert run("run nginx:1.27").id.startswith("nginx-")


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("", ["nothing was typed"]),
        ("stoop web1", [":stoop", "no such command", "stop"]),
        ("xyzzy", ["There are pull, run"]),
        ("exec", ["id is missing"]),
        ("exec -w tmp web1", ["directory", "'/'"]),
        ("rm --forec a", ["--forec", "--force"]),
        ("rm --zz a", ["It takes -f"]),
        ("run -name web1 x", ["-name", "--name"]),
        ("run -it busybox", ["-it", "Leave -i out", "-t gives it a terminal"]),
        ("run -p 80:80 nginx", ["-p", "ports", "later"]),
        ("run --net br0 nginx", ["br0", "host"]),
        ("run --rm=maybe nginx", ["--rm", "maybe"]),
        ("run -v", ["-v", "missing"]),
        ("run -d", ["image is missing"]),
        ("run -v www:/srv nginx", ["'www'", "absolute"]),
        ("run -m lots nginx", ["lots", "512m"]),
        ("run -m 1k nginx", ["memory", "4 MiB"]),
        ("run --cpus none nginx", ["none", "0.5"]),
        ("run --pids-limit -1 nginx", ["-1", "200"]),
        ("run -e =x nginx", ["NAME=VALUE"]),
        ("run -e TOKEN nginx", ["TOKEN", "TOKEN=VALUE"]),
        ("run -w tmp nginx", ["tmp", "absolute"]),
        ("run --name -bad nginx", ["-bad"]),
        ("run 'nginx", ["quote"]),
        ("pull", ["reference is missing"]),
        ("pull a b", ["'b'"]),
        ("pull Nginx", ["Nginx", "lower case"]),
        ("pull --platform amd nginx", ["'amd'", "linux/amd64"]),
        ("kill -s HUPP a", ["HUPP", "HUP"]),
        ("kill -s 65 a", ["65"]),
        ("stop", ["id is missing"]),
        ("stop -t soon a", ["soon"]),
        ("tasks now", ["now"]),
        ("ns a/b", ["namespace"]),
    ],
)
def test_mistakes_name_the_thing_and_the_remedy(line: str, parts: list[str]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse(line)
    for part in parts:
        assert part in str(caught.value)


def test_each_word_shows_how_it_is_used() -> None:
    usages = {word.name: word.usage for word in WORDS}
    assert usages["stop"] == ":stop [-f] [-t SECONDS] ID…"
    assert usages["quit"] == ":quit"
    assert "[-v SRC:DST[:ro]]…" in usages["run"]
