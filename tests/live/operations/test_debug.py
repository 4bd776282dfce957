"""A toolbox in the namespaces of a container without a shell, and that nothing of it is left."""

from pathlib import Path

import pytest

from aiocontainerd.errors import FailedPrecondition, NoProgram
from aiocontainerd.operations import ExecOptions, Size, executed, toolbox

from .. import images
from ..layers import Entry, busybox_program, layer
from .conftest import Stage
from .test_exec import said, type_in

SIZE = Size(91, 33)


async def test_where_there_is_no_shell(stage: Stage, bare: str) -> None:
    await stage.run("c", image=bare, command=("/sleep", "1000"), hostname="target")
    container = await stage.container("c")
    before = stage.everything()
    with pytest.raises(NoProgram):
        async with executed(stage.client, container, ExecOptions(("sh",)), state=stage.state):
            pass
    async with toolbox(
        stage.client,
        container,
        stage.image,
        namespace=stage.namespace,
        state=stage.state,
        size=SIZE,
    ) as box:
        line = box.line
        assert box.files == "/proc/1/root"
        type_in(line, "stty size; pwd; ls; hostname; cat /proc/1/cmdline; echo\r")
        shown = await said(line, "/sleep")
        assert "33 91" in shown
        assert "/proc/1/root #" in shown
        assert "the-only-file" in shown
        assert "target" in shown
        type_in(line, "readlink /proc/1/ns/net; readlink /proc/self/ns/net; echo 'on'e\r")
        links = [each.strip() for each in (await said(line, "one\r\n")).split() if "net:[" in each]
        assert len(links) == 2
        assert len(set(links)) == 1
        type_in(line, "sleep 1000 &\r")
        type_in(line, "exit 4\r")
        assert await line.ended() == 4
    assert stage.everything() == before
    assert len(await stage.client.tasks.pids("c", namespace=stage.namespace)) == 1
    assert stage.task("c") == "RUNNING"


async def test_left_while_it_runs(stage: Stage) -> None:
    await stage.run("c")
    before = stage.everything()
    async with toolbox(
        stage.client,
        await stage.container("c"),
        stage.image,
        namespace=stage.namespace,
        state=stage.state,
        size=SIZE,
        command=("sh", "-c", "trap '' HUP TERM; echo here; sleep 1000"),
    ) as box:
        await said(box.line, "here")
    assert stage.everything() == before


async def test_what_does_not_run_has_no_namespaces(stage: Stage) -> None:
    await stage.run("c", "exit 0")
    await stage.client.tasks.wait("c", namespace=stage.namespace)
    before = stage.everything()
    with pytest.raises(FailedPrecondition, match="does not run"):
        async with toolbox(
            stage.client,
            await stage.container("c"),
            stage.image,
            namespace=stage.namespace,
            state=stage.state,
            size=SIZE,
        ):
            pass
    assert stage.everything() == before


@pytest.fixture
def bare(stage: Stage, tmp_path: Path) -> str:
    """An image with one static program and no shell, imported."""
    name = "ctdeck.test/bare:latest"
    stage.ctr("images", "import", str(images.save(tmp_path / "bare.tar", {name: bare_image()})))
    return name


def bare_image() -> images.Image:
    program = Entry("sleep", busybox_program().read_bytes())
    folders = [Entry(name, kind="dir") for name in ("dev", "etc", "proc", "sys")]
    return images.image([layer([*folders, program, Entry("the-only-file", b"x")])], cmd=())
