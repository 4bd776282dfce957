"""How far a pull is: immutable pictures for watchers, and the tracker that the puller writes."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["resolving", "pulling", "done", "failed", "cancelled"]
LayerStage = Literal["waiting", "downloading", "downloaded", "unpacking", "unpacked", "exists"]
By = Literal["transfer", "ctdeck"]
ENDED: frozenset[Stage] = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class LayerProgress:
    """One layer: sizes in bytes, `total` 0 while it is not known.

    `exists`: its content was here already; it goes on to `unpacking` and `unpacked` as others.
    """

    digest: str
    total: int = 0
    downloaded: int = 0
    stage: LayerStage = "waiting"


@dataclass(frozen=True, slots=True)
class PullProgress:
    """A pull at one moment; layers in their order in the image, the lowest first.

    `waiting` says what it waits for, if it does: a registry that wants to be left alone, or the
    daemon to come back. `host` is who was asked last, `since` when it was last heard of (seconds,
    as `time.monotonic` counts).
    """

    reference: str
    stage: Stage = "resolving"
    layers: tuple[LayerProgress, ...] = ()
    error: str = ""
    by: By = "ctdeck"
    waiting: str = ""
    host: str = ""
    since: float = 0.0

    @property
    def downloaded(self) -> int:
        """Bytes of layers that are here."""
        return sum(layer.downloaded for layer in self.layers)

    @property
    def total(self) -> int:
        """Bytes of all layers, compressed."""
        return sum(layer.total for layer in self.layers)

    @property
    def unpacked_layers(self) -> int:
        """How many layers are unpacked."""
        return sum(layer.stage == "unpacked" for layer in self.layers)

    @property
    def ended(self) -> bool:
        """Nothing more will come."""
        return self.stage in ENDED


class Tracker:
    """The puller's side: cheap to write at each chunk; pictures are made when asked for."""

    def __init__(self, reference: str) -> None:
        self._reference = reference
        self._layers: dict[str, LayerProgress] = {}
        self._stage: Stage = "resolving"
        self._error = ""
        self._by: By = "ctdeck"
        self._waiting = ""
        self._host, self._since = "", time.monotonic()
        self._changed = asyncio.Event()
        self.version = 0

    def snapshot(self) -> PullProgress:
        """The picture as of now."""
        return PullProgress(
            self._reference,
            self._stage,
            tuple(self._layers.values()),
            self._error,
            self._by,
            self._waiting,
            self._host,
            self._since,
        )

    def start(self, by: By) -> None:
        """Begin (again), by the daemon's Transfer service or by ourselves."""
        self._by, self._stage, self._layers = by, "resolving", {}
        self._host, self._since = self._reference.partition("/")[0], time.monotonic()
        self._touch()

    def ask(self, host: str) -> None:
        """Say who is asked, "" when it has answered."""
        if host != self._host:
            self._host, self._since = host or self._host, time.monotonic()
            self._touch()

    def expect(self, layers: Iterable[tuple[str, int]]) -> None:
        """These are the layers (digest, size), the lowest first."""
        known = self._layers
        self._layers = {
            digest: known.get(digest, LayerProgress(digest, total)) for digest, total in layers
        }
        self._stage = "pulling"
        self._touch()

    def layer(
        self,
        digest: str,
        stage: LayerStage,
        *,
        downloaded: int | None = None,
        total: int | None = None,
    ) -> None:
        """Say where a layer is; without `downloaded` it keeps what it has, or is whole."""
        old = self._layers.get(digest, LayerProgress(digest))
        total = old.total if total is None else total
        if downloaded is None:
            downloaded = old.downloaded if stage in ("waiting", "downloading") else total
        new = LayerProgress(digest, total, downloaded, stage)
        if new != old:  # the daemon says the same again and again
            self._since = time.monotonic()
        self._layers[digest] = new
        self._stage = "pulling"
        self._touch()

    def wait(self, what: str) -> None:
        """Say what it waits for, "" when that is over."""
        self._waiting = what
        self._touch()

    def end(self, stage: Stage, error: str = "") -> None:
        """The last picture."""
        self._stage, self._error, self._waiting = stage, error, ""
        self._touch()

    async def change(self, after: int) -> int:
        """Wait for a version newer than `after` and return it."""
        while self.version == after:
            await self._changed.wait()
        return self.version

    def _touch(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()
