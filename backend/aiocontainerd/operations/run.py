"""Run an image: snapshot, record, log and task, under one lease, or nothing at all."""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.errors import AlreadyExists, ContainerdError, NotFound
from aiocontainerd.models import Container
from aiocontainerd.operations.launch import launch, logs_of
from aiocontainerd.operations.logger import log_uri
from aiocontainerd.operations.plan import Plan, check, look, refuse_taken, taken, user_of
from aiocontainerd.operations.record import labels, record
from aiocontainerd.operations.undo import Undo, undone_on_failure
from aiocontainerd.pb import containers_pb2 as pb
from aiocontainerd.run_options import RunOptions
from aiocontainerd.services.snapshots import MountSpec
from aiocontainerd.settled import settled
from aiocontainerd.spec import build_spec, read_host_facts
from aiocontainerd.state import StateDirectory

# A run that our death cut short holds its pieces for this long at most.
LEASE_TIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RunResult:
    """A container that was started. With a terminal there is one stream: both paths are the same.

    `container` is its record, ready for the other operations.
    """

    id: str
    pid: int
    stdout: Path
    stderr: Path
    container: Container


async def run(
    client: Client, options: RunOptions, *, namespace: str, state: StateDirectory
) -> RunResult:
    """Make and start a detached container; equal in effect to `ctr run -d`.

    Its output goes to two files under `state`, written by its shim and named by its labels
    io.ctdeck/stdout and io.ctdeck/stderr. If anything fails or we are cancelled, all that was
    made is removed. `options.remove` becomes a label: await `remove_when_done` to do it.

    Raises InvalidArgument (mounts, user, names), NotFound (image), AlreadyExists (id),
    RuntimeFailed (what runc refuses), and whatever the daemon answers.
    """
    await check(client, options, namespace)
    lease = f"ctdeck-run-{secrets.token_hex(8)}"
    async with undone_on_failure() as undo:
        leasing = asyncio.ensure_future(
            client.leases.create(id=lease, namespace=namespace, expire=LEASE_TIME)
        )
        drop = partial(_drop_lease, client, namespace, lease, leasing, undo)
        undo.add("lease", drop)
        plan = await look(client, options, namespace)
        await settled(leasing)
        state = await logs_of(client, state)
        rootfs = await _prepare(plan, lease, undo)
        container = await _create(plan, rootfs, state, lease, undo)
        paths = state.make_logs(namespace, options.id, terminal=options.terminal)
        undo.add("log", partial(asyncio.to_thread, state.remove_logs, namespace, options.id))
        # The record holds the snapshot now, so the lease goes while runc works.
        dropping = asyncio.ensure_future(drop())
        pid = await launch(
            client, container, rootfs, log_uri(paths, terminal=options.terminal), undo
        )
        await settled(dropping)
    return RunResult(
        options.id, pid, paths.stdout, paths.stdout if options.terminal else paths.stderr, container
    )


async def _drop_lease(
    client: Client, namespace: str, lease: str, leasing: "asyncio.Future[str]", undo: Undo
) -> None:
    """Drop the lease; one that cannot be dropped ends by itself.

    After a call that was not answered, what it may have made is left to the garbage collector,
    and waited for.
    """
    await asyncio.wait({leasing})
    with suppress(ContainerdError):
        unanswered = isinstance(leasing.exception(), ContainerdError)
        await client.leases.delete(lease, namespace=namespace, sync=undo.unsure or unanswered)


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
            remedy="Choose another name, or remove the snapshot: ctr -n "
            f"{namespace} snapshots --snapshotter {snapshotter} rm {id}",
        ) from error


async def _create(
    plan: Plan, rootfs: list[MountSpec], state: StateDirectory, lease: str, undo: Undo
) -> Container:
    """The record; from here on the id is ours, and logs left under it are of the past."""
    options, namespace, containers = plan.options, plan.namespace, plan.client.containers
    user = await asyncio.to_thread(user_of, plan, rootfs)
    spec = build_spec(
        options,
        plan.chosen.config,
        namespace=namespace,
        user=user,
        host=read_host_facts(privileged=options.privileged),
    )
    message = record(
        options,
        image=plan.chosen.image.name,
        spec=spec,
        defaults=plan.defaults,
        labels=labels(options, plan.chosen.config, state.log_paths(namespace, options.id)),
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
