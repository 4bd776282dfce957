"""The equivalent `ctr run` line."""

import shlex

from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.equivalent import ctr_run
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.mounts import BindMount
from aiocontainerd.run_options import RunOptions

START = "ctr --address /run/c.sock --namespace default run "


def line(options: RunOptions, config: ImageConfig | None = None) -> str:
    return ctr_run(options, address="/run/c.sock", namespace="default", config=config)


def test_least() -> None:
    assert line(RunOptions("docker.io/library/busybox:1", "b")) == (
        START + "--detach docker.io/library/busybox:1 b"
    )


def test_most() -> None:
    options = RunOptions(
        "busybox",
        "b",
        command=("sh", "-c", "echo $HOME"),
        mounts=(BindMount("/a,b c", "/x", readonly=True, propagation="rshared"),),
        env=("A=b c", "GONE"),
        user="app",
        cwd="/srv",
        network="host",
        hostname="h",
        memory=1 << 26,
        cpus=1.5,
        pids=7,
        readonly=True,
        terminal=True,
        remove=True,
        privileged=True,
        labels=(("k", "v w"),),
    )
    assert line(options) == (
        START + "--rm --tty --net-host --read-only --privileged --user app --cwd /srv "
        "--hostname h --memory-limit 67108864 --cpus 1.5 --rootfs-propagation rshared "
        "--env 'A=b c' --mount 'type=bind,\"src=/a,b c\",dst=/x,options=rbind:ro:rshared' "
        "--label 'k=v w' busybox b sh -c 'echo $HOME'  # not in ctr: pids limit 7, unset GONE"
    )


def test_the_entrypoint_is_repeated_because_ctr_drops_it() -> None:
    config = ImageConfig(entrypoint=("/entry",), cmd=("x",))
    assert line(RunOptions("i", "b", command=("y",)), config).endswith(" i b /entry y")
    assert line(RunOptions("i", "b"), config).endswith(" i b")


@given(st.text().filter(lambda text: "\0" not in text and text.isprintable()))
def test_the_shell_gives_back_every_word(text: str) -> None:
    options = RunOptions("i", "b", command=(text,), env=(f"A={text}",))
    words = shlex.split(line(options))
    assert words[-1] == text
    assert f"A={text}" in words


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="=\0"), min_size=1))
def test_the_comment_stays_on_the_line(name: str) -> None:
    text = line(RunOptions("i", "b", env=(name,)))
    assert len(text.splitlines()) == 1
