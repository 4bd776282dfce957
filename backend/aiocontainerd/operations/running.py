"""Run an image: snapshot, record, log and task, under one lease, or nothing at all."""

import asyncio
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.errors import AlreadyExists, NotFound
from aiocontainerd.models import Container
from aiocontainerd.operations.agreed import Agreed, refuse_moved
from aiocontainerd.operations.launch import launch
from aiocontainerd.operations.leasing import RunLease
from aiocontainerd.operations.logger import log_uri
from aiocontainerd.operations.notes import LEASE_LABEL, logs_of
from aiocontainerd.operations.plan import Plan, check, look, refuse_taken, taken, user_of
from aiocontainerd.operations.readonly import sealed
from aiocontainerd.operations.record import labels, record
from aiocontainerd.operations.remains import cut_short
from aiocontainerd.operations.room import room_is_told
from aiocontainerd.operations.undo import Undo, undone_on_failure
from aiocontainerd.pb import containers_pb2 as pb
from aiocontainerd.run_options import RunOptions
from aiocontainerd.services.snapshots import MountSpec
from aiocontainerd.settled import settled
from aiocontainerd.spec import build_spec, read_host_facts
from aiocontainerd.state import StateDirectory, stdin_of

_NOTHING_SEEN = Agreed()


@dataclass(frozen=True, slots=True)
class RunResult:
    """A container that was started: `log` is where its output goes.

    `container` is its record, ready for the other operations.
    """

    id: str
    pid: int
    log: Path
    container: Container


async def run(
    client: Client,
    options: RunOptions,
    *,
    namespace: str,
    state: StateDirectory,
    agreed: Agreed = _NOTHING_SEEN,
) -> RunResult:
    """Make and start a detached container; equal in effect to `ctr run -d`.

    Its output goes to a file under `state`, written by what its shim runs and named by its label
    io.ctdeck/log, with a terminal io.ctdeck/stdout. If anything fails or we are cancelled, all that
    was made is removed. `options.remove` becomes a label: await `remove_when_done` to do it.

    `agreed` is what the user saw of the image and of the sources. The spec has these where they
    really are, links followed.

    Raises InvalidArgument (mounts, user, names), NotFound (image), AlreadyExists (id),
    FailedPrecondition (what was `agreed` to is something else by now),
    RuntimeFailed (what runc refuses), and whatever the daemon answers.
    """
    options = await check(client, options, namespace, agreed)
    async with room_is_told(client, namespace), undone_on_failure() as undo:
        lease = RunLease(client, "run", options.id, namespace=namespace, undo=undo)
        plan = await look(client, options, namespace, agreed)
        state = await logs_of(client, state)
        terminal = options.terminal
        log = state.log_path(namespace, options.id, terminal=terminal)
        uri = log_uri(log, terminal=terminal)
        notebook = await lease.made(state, remove=options.remove, stdout=uri)
        rootfs = await _prepare(plan, lease.id, undo)
        container = await _create(plan, rootfs, state, lease.id, undo)
        state.make_log(namespace, options.id, terminal=terminal)
        undo.add("log", partial(asyncio.to_thread, state.remove_logs, namespace, options.id))
        await refuse_moved(client, options.mounts)
        stdin = os.fspath(stdin_of(log)) if terminal else ""
        pid = await launch(client, container, rootfs, uri, undo, notebook, stdin)
        await settled(lease.drop())
        notebook.done()
    return RunResult(options.id, pid, log, container)


async def _prepare(plan: Plan, lease: str, undo: Undo) -> list[MountSpec]:
    """The container's own writable snapshot; an image that is not unpacked is, first."""
    try:
        return await _prepare_once(plan, lease, undo)
    except NotFound:
        from aiocontainerd.pull.unpack import unpack_image  # rarely needed, not small

        await unpack_image(
            plan.client,
            plan.chosen.image,
            namespace=plan.namespace,
            snapshotter=plan.defaults.snapshotter,
            lease=lease,
        )
        return await _prepare_once(plan, lease, undo)


async def _prepare_once(plan: Plan, lease: str, undo: Undo) -> list[MountSpec]:
    snapshots, id, namespace = plan.client.snapshots, plan.options.id, plan.namespace
    snapshotter = plan.defaults.snapshotter
    try:
        return await undo.make(
            "snapshot",
            snapshots.prepare(
                id, plan.chosen.chain_id, snapshotter=snapshotter, namespace=namespace, lease=lease
            ),
            partial(snapshots.remove, id, snapshotter=snapshotter, namespace=namespace),
        )
    except AlreadyExists as error:
        await refuse_taken(plan.client, id, namespace)
        raise AlreadyExists(
            "a snapshot of this name exists already, without a container",
            subject=id,
            remedy=await _how_to_free(plan),
        ) from error


async def _how_to_free(plan: Plan) -> str:
    """What to do about a snapshot that has the id: a run that was cut short may have left it."""
    id, namespace, snapshotter = plan.options.id, plan.namespace, plan.defaults.snapshotter
    for found in await cut_short(plan.client, [namespace]):
        if (found.doing, found.subject) == ("run", id) and found.snapshots:
            return (
                "A run of it was cut short: the next start of ctdeck offers to remove what it "
                f"left, or: ctr -n {namespace} leases rm --sync {found.lease}"
            )
    return (
        "Choose another name, or remove the snapshot: ctr -n "
        f"{namespace} snapshots --snapshotter {snapshotter} rm {id}"
    )


async def _create(
    plan: Plan, rootfs: list[MountSpec], state: StateDirectory, lease: str, undo: Undo
) -> Container:
    """The record; from here on the id is ours, and logs left under it are of the past."""
    namespace, containers = plan.namespace, plan.client.containers
    options = await sealed(plan.client, plan.options, plan.defaults.runtime)
    user = await asyncio.to_thread(user_of, plan, rootfs)
    spec = build_spec(
        options,
        plan.chosen.config,
        namespace=namespace,
        user=user,
        host=read_host_facts(privileged=options.privileged),
    )
    log = state.log_path(namespace, options.id, terminal=options.terminal)
    found = labels(options, plan.chosen.config, log)
    message = record(
        options,
        image=plan.chosen.image.name,
        spec=spec,
        defaults=plan.defaults,
        labels={**found, LEASE_LABEL: lease},
    )
    delete = partial(containers.delete, options.id, namespace=namespace)
    try:
        container = await undo.make(
            "container",
            containers.create(message, namespace=namespace, lease=lease),
            delete,
            unsure=partial(_delete_ours, plan, message),
        )
    except AlreadyExists as error:
        raise taken(options.id) from error
    state.remove_logs(namespace, options.id)
    return container


async def _delete_ours(plan: Plan, message: pb.Container) -> None:
    """Delete the record if it is the one that we sent: somebody else's has another spec."""
    found = await plan.client.containers.get_record(message.id, namespace=plan.namespace)
    if found.spec == message.spec and found.labels == message.labels:
        await plan.client.containers.delete(message.id, namespace=plan.namespace)
