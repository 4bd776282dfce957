"""Ingests: content on its way in. containerd `services/content/contentserver` and its writers."""

import hashlib
from collections.abc import Iterator, Sequence

from google.protobuf.timestamp_pb2 import Timestamp

from aiocontainerd.pb import content_pb2 as pb
from aiocontainerd.simulator import content
from aiocontainerd.simulator.filters import parse
from aiocontainerd.simulator.leases import check, hold, let_go
from aiocontainerd.simulator.refusals import (
    Refused,
    already_exists,
    failed_precondition,
    not_found,
)
from aiocontainerd.simulator.world import Ingest, World


def status(world: World, namespace: str, ref: str) -> pb.Status:
    """Raises Refused NOT_FOUND."""
    ingest = world.look(namespace).ingests.get(ref)
    if ingest is None:
        raise not_found(f'could not get status for ref "{ref}": reference {ref}')
    return _status(ref, ingest)


def select(world: World, namespace: str, filters: Sequence[str]) -> Iterator[pb.Status]:
    """Sorted by ref; any filter selects none, as ingests answer to no path."""
    parse(filters)
    ingests = world.look(namespace).ingests if not filters else {}
    return (_status(ref, ingests[ref]) for ref in sorted(ingests))


def abort(world: World, namespace: str, ref: str, lease: str) -> None:
    """Drop it and its bytes. Raises Refused NOT_FOUND."""
    if world.look(namespace).ingests.pop(ref, None) is None:
        raise not_found(f"reference {ref}")
    let_go(world, namespace, lease, "ingests", ref)


class Writing:
    """One Write stream: holds its ref locked until it is closed."""

    def __init__(self, world: World, namespace: str, lease: str) -> None:
        self._world, self._namespace, self._lease = world, namespace, lease
        self._ingest: Ingest | None = None
        self._ref = self._expected = ""
        self._total = 0
        # What was said about the ingest when it was asked for: every answer repeats it.
        self._said = pb.WriteContentResponse()

    def close(self) -> None:
        """Keep what was written, for a resume."""
        if self._ingest is not None:
            self._ingest.locked = False

    def answers(self, request: pb.WriteContentRequest) -> list[pb.WriteContentResponse]:
        """What the daemon says to one message; a commit's answer comes twice. Raises Refused."""
        self._expected = request.expected or self._expected
        self._total = request.total or self._total
        if self._ingest is None:
            ingest = self._open(request)
        else:
            ingest = self._ingest
            self._refuse_known(request.expected)
        if request.action != pb.WRITE_ACTION_STAT:
            self._append(ingest, request)
        committing = request.action == pb.WRITE_ACTION_COMMIT
        if committing:
            self._commit(ingest, request)
        elif request.action == pb.WRITE_ACTION_STAT:
            self._say(ingest)
        answer = pb.WriteContentResponse(
            action=request.action, offset=len(ingest.data), digest=_digest(ingest)
        )
        answer.MergeFrom(self._said)
        return [answer, answer] if committing else [answer]

    def _refuse_known(self, expected: str) -> None:
        """What came meanwhile is not written again."""
        if expected in self._world.look(self._namespace).content:
            self._drop()
            raise Refused("ALREADY_EXISTS", f"blob with expected digest {expected} exists")

    def _open(self, request: pb.WriteContentRequest) -> Ingest:
        if not request.ref:
            raise Refused("INVALID_ARGUMENT", "first message must have a reference")
        world, namespace, ref = self._world, self._namespace, request.ref
        check(world, namespace, self._lease)
        space = world.space(namespace)
        if self._expected in space.content:
            hold(world, namespace, self._lease, "content", self._expected)
            raise already_exists(f"content {self._expected}")
        ingest = space.ingests.get(ref)
        if ingest is None:
            ingest = space.ingests[ref] = self._begun()
        elif ingest.locked:
            raise Refused("UNAVAILABLE", _locked(namespace, ref, ingest, world.stamp()))
        if self._total and ingest.total and self._total != ingest.total:
            self._empty(ingest)
        ingest.total = self._total or ingest.total
        ingest.locked, ingest.locked_at = True, world.stamp()
        ingest.leased = ingest.leased or bool(self._lease)
        hold(world, namespace, self._lease, "ingests", ref)
        self._ingest, self._ref = ingest, ref
        return ingest

    def _begun(self) -> Ingest:
        """A new ingest; content that another namespace has is in it at once."""
        ingest = Ingest(self._world.stamp(), self._world.stamp())
        for space in self._world.spaces.values():
            blob = space.content.get(self._expected)
            if blob is not None and blob.data is not None:
                ingest.data += blob.data
                ingest.hash.update(blob.data)
                break
        return ingest

    def _append(self, ingest: Ingest, request: pb.WriteContentRequest) -> None:
        if request.offset > 0 and request.offset != len(ingest.data):
            raise Refused(
                "OUT_OF_RANGE",
                f"write @{request.offset} must occur at current offset {len(ingest.data)}",
            )
        if request.offset <= 0 and ingest.data:
            self._empty(ingest)
        ingest.data += request.data
        ingest.hash.update(request.data)
        ingest.updated_at = self._world.stamp()

    def _empty(self, ingest: Ingest) -> None:
        ingest.data.clear()
        ingest.hash = hashlib.sha256()

    def _commit(self, ingest: Ingest, request: pb.WriteContentRequest) -> None:
        world, namespace, digest, size = self._world, self._namespace, _digest(ingest), self._total
        if size and size != len(ingest.data):
            raise failed_precondition(
                f'"{self._ref}" failed size validation: {len(ingest.data)} != {size}'
            )
        if self._expected and self._expected != digest:
            raise failed_precondition(
                f"unexpected commit digest {digest}, expected {self._expected}"
            )
        there = digest in world.look(namespace).content
        if not there:
            labels, data = request.labels, bytes(ingest.data)
            content.put(world, namespace, data, labels=labels, lease=self._lease, digest=digest)
        self._drop()
        if there:
            raise already_exists(f"content {digest}")

    def _drop(self) -> None:
        self._world.space(self._namespace).ingests.pop(self._ref, None)
        let_go(self._world, self._namespace, self._lease, "ingests", self._ref)

    def _say(self, ingest: Ingest) -> None:
        self._said = pb.WriteContentResponse(
            started_at=ingest.started_at, updated_at=ingest.updated_at, total=self._total
        )


def _digest(ingest: Ingest) -> str:
    return f"sha256:{ingest.hash.hexdigest()}"


def _status(ref: str, ingest: Ingest) -> pb.Status:
    return pb.Status(
        started_at=ingest.started_at,
        updated_at=ingest.updated_at,
        ref=ref,
        offset=ingest.arrived or len(ingest.data),
        total=ingest.total,
    )


def _locked(namespace: str, ref: str, ingest: Ingest, now: Timestamp) -> str:
    since = ingest.locked_at.ToJsonString()
    ms = (now.ToNanoseconds() - ingest.locked_at.ToNanoseconds()) / 1e6
    return f"ref {namespace}/1/{ref} locked for {ms:.6g}ms (since {since}): unavailable"
