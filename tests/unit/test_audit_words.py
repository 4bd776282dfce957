"""What stands in the audit: who, what, the result; safe, and nothing that is secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aiocontainerd import auditfile
from aiocontainerd.audit import Audit
from aiocontainerd.auditwords import result_of_status
from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError
from aiocontainerd.pb import (
    containers_pb2,
    images_pb2,
    leases_pb2,
    snapshots_pb2,
    transfer_pb2,
    transfer_types_pb2,
    typeurl,
)
from aiocontainerd.simulator import Simulator
from aiocontainerd.state import StateDirectory
from aiocontainerd.subjects import subject_of
from tests.unit.audits import fresh_audit, fresh_state, records, simulator  # noqa: F401  fixtures


async def test_no_secret_is_in_it(state: StateDirectory, sim: Simulator, audit: Audit) -> None:
    canary = "CANARY"
    spec = {"process": {"env": [f"TOKEN={canary}"], "args": ["x", canary]}}
    record = containers_pb2.Container(
        id="c",
        labels={"secret": canary},
        runtime=containers_pb2.Container.Runtime(name="x"),
        spec=typeurl.pack_json(typeurl.SPEC_URL, spec),
    )
    async with Client(sim.address, audit=audit) as client:
        await client.containers.create(record, namespace="default")
        await client.containers.set_labels("c", {"other": canary}, namespace="default")
        async with client.streaming.open("auth", namespace="default") as stream:
            await stream.send(record)
        async with client.content.writer("r", namespace="default") as writer:
            await writer.write(canary.encode(), 0)
    assert len(records(state)) == 8
    assert canary not in state.audit.read_text()


SECRETS = (
    'OCI runtime create failed: exec: "/bin/app --password CANARY": stat: no such file',
    'bad PASSWORD="CANARY CANARY"',
    'exec: "mysql" -pCANARY: permission denied',
    '{"auth":"CANARY"} token: CANARY',
    "https://user:p@CANARY@host/x?token=CANARY: no space left on device",
    'error mounting "/CANARY" to rootfs at "/CANARY": not a directory',
    "CANARY \x1b[2J\n" * 1000,
)


@pytest.mark.parametrize("text", SECRETS)
def test_no_word_of_the_daemons_error_is_in_it(text: str) -> None:
    """Any of them may be of somebody's command line: only sentences of our own are kept."""
    result = result_of_status("UNKNOWN", text)
    assert result.partition(":")[0] == "UNKNOWN"
    assert "CANARY" not in result
    assert result.isprintable()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('runc: exec: "a b": executable file not found in $PATH', "the image has no such program"),
        ("write /x: no space left on device", "no space left on the device"),
        ('error mounting "a" to rootfs at "b": x', "a mount cannot be made"),
        ("OCI runtime create failed: unable to set memory limit to 9", "too little memory"),
        ("failed to create shim task: something new", "the runtime refused it"),
        ("something else", ""),
    ],
)
def test_the_daemons_error_is_told_in_our_own_words(text: str, kept: str) -> None:
    assert result_of_status("UNKNOWN", text) == (f"UNKNOWN: {kept}" if kept else "UNKNOWN")


async def test_hostile_names_are_one_line_each(
    state: StateDirectory, sim: Simulator, audit: Audit
) -> None:
    async with Client(sim.address, audit=audit) as client:
        for name in ('a\n{"x": 1}', "\x1b[2J", "x" * 5000, "\u202e"):
            with pytest.raises(ContainerdError):
                await client.images.delete(name, namespace="default")
    written = records(state)
    assert len(written) == 8
    assert all(len(line) < 1500 for line in state.audit.read_text().splitlines())
    assert all(each["object"].isprintable() for each in written)


async def test_bytes_are_recorded_as_what_they_say() -> None:
    """Names that need not be UTF-8 are bytes in our stubs."""
    name = b"docker.io/x:1"
    for request in (
        images_pb2.DeleteImageRequest(name=name),
        images_pb2.CreateImageRequest(image=images_pb2.Image(name=name)),
        leases_pb2.DeleteRequest(id=name),
        snapshots_pb2.RemoveSnapshotRequest(key=name),
        transfer_pb2.TransferRequest(
            destination=typeurl.pack(transfer_types_pb2.ImageStore(name=name.decode()))
        ),
    ):
        assert subject_of(request) == "docker.io/x:1"


def test_who_it_was_behind_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "1000")
    monkeypatch.setenv("SUDO_USER", "al\x1bice")
    found = auditfile.who()
    assert (found["sudo_uid"], found["sudo_user"]) == (1000, "al␛ice")
    assert found["uid"] == os.getuid()
    for nonsense in ("x; rm", "9" * 5000, "-1", "٣"):
        monkeypatch.setenv("SUDO_UID", nonsense)
        assert "sudo_uid" not in auditfile.who()
    monkeypatch.setenv("SUDO_UID", "1000")
    monkeypatch.setenv("SUDO_USER", "x" * 5000)
    assert len(str(auditfile.who()["sudo_user"])) < 400


@pytest.mark.parametrize(("kernel", "known"), [("1000", True), ("4294967295", False)])
def test_who_it_was_to_the_kernel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kernel: str, known: bool
) -> None:
    (tmp_path / "loginuid").write_text(kernel)
    monkeypatch.setattr(auditfile, "LOGIN", tmp_path / "loginuid")
    assert ("login_uid" in auditfile.who()) == known
