"""Emptying and removing a containerd namespace after a test."""

import itertools
import os
import secrets
from contextlib import suppress

import grpc

from . import folders
from .daemons import Daemon
from .emptying import emptying
from .processes import wait_for

_NUMBERS = itertools.count(1)


def new_name() -> str:
    """Return a namespace that no other test of this machine uses.

    runc's state and the cgroups are named by namespace and container, not by daemon.
    """
    return f"ctd-{os.getpid()}-{next(_NUMBERS)}"


def new_id(name: str) -> str:
    """Return a container id that no other daemon uses, for a namespace that others have too."""
    return f"{name}-{secrets.token_hex(3)}"


def clean(daemon: Daemon, namespace: str) -> None:
    """Delete the namespace with all that is in it; CtrError if something resists."""
    with suppress(grpc.RpcError, ValueError):  # ValueError: a name that is not UTF-8
        _clean_fast(daemon, namespace)
        return
    _clean_by_ctr(daemon, namespace)


def _clean_fast(daemon: Daemon, namespace: str) -> None:
    with emptying(daemon, namespace) as there:
        if not there.is_there():
            return
        if there.has_tasks() or any((daemon.state / folders.TASKS / namespace).glob("*")):
            _end_tasks(daemon, namespace)
        there.records()
        there.leases()
        for snapshotter in {daemon.snapshotter, "native"}:
            there.snapshots(snapshotter)
        there.content()
        there.itself()
    folders.clear_tasks(daemon.folder, namespace)  # the cgroup of the namespace, too


def _clean_by_ctr(daemon: Daemon, namespace: str) -> None:
    """For what the fast way cannot read or remove: says what resists."""

    def ctr(*args: str, check: bool = True) -> str:
        return daemon.ctr(*args, namespace=namespace, check=check)

    if namespace not in daemon.ctr("namespaces", "ls", "-q").split():
        return
    _end_tasks(daemon, namespace)
    for kind in ("containers", "images"):
        if names := ctr(kind, "ls", "-q").splitlines():
            ctr(kind, "rm", *names)
    ctr("leases", "create", "--id", "last")
    leases = [line.split()[0] for line in ctr("leases", "ls", "-q").splitlines()]
    ctr("leases", "rm", "--sync", *leases)  # the garbage collector runs before this returns
    for snapshotter in {daemon.snapshotter, "native"}:
        _remove_snapshots(daemon, namespace, snapshotter)
    if blobs := ctr("content", "ls", "-q").split():
        ctr("content", "rm", *blobs)
    ctr("namespaces", "rm", namespace)
    folders.clear_tasks(daemon.folder, namespace)  # the cgroup of the namespace, too


def _end_tasks(daemon: Daemon, namespace: str) -> None:
    """End all tasks, by the daemon or, for those that it has lost or cannot end, without it."""
    if names := daemon.ctr("tasks", "ls", "-q", namespace=namespace).splitlines():
        daemon.ctr("tasks", "rm", "--force", *names, namespace=namespace, check=False)
    bundles = daemon.state / folders.TASKS / namespace
    if any(bundles.glob("*")):
        folders.clear_tasks(daemon.folder, namespace)
        wait_for(
            lambda: not daemon.ctr("tasks", "ls", "-q", namespace=namespace),
            f"{daemon} sees that the tasks of {namespace} are gone",
        )


def _remove_snapshots(daemon: Daemon, namespace: str, snapshotter: str) -> None:
    """Remove what the garbage collector was told to keep, children before parents."""

    def left() -> list[str]:
        listing = daemon.ctr("snapshots", "--snapshotter", snapshotter, "ls", namespace=namespace)
        return [line.split()[0] for line in listing.splitlines()[1:]]

    while keys := left():
        for key in keys:
            args = ("snapshots", "--snapshotter", snapshotter, "rm", key)
            daemon.ctr(*args, namespace=namespace, check=False)
        if left() == keys:
            raise AssertionError(f"snapshots that cannot be removed: {keys}")
