"""Pull in the background; a toast tells how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aiocontainerd.audit import acting
from ctdeck import equivalents
from ctdeck.desk import Desk
from ctdeck.formatting import short_reference
from ctdeck.verbs.doing import NotNow, address_of
from ctdeck.verbs.permitted import require

if TYPE_CHECKING:
    from aiocontainerd.pull import PullJob


# Of each pull its platform and whether plain HTTP was allowed, for another try.
_wishes: WeakKeyDictionary[PullJob, tuple[str, bool]] = WeakKeyDictionary()


def start_pull(
    desk: Desk,
    reference: str,
    *,
    namespace: str = "",
    platform: str = "",
    plain_http: bool = False,
    watched: Callable[[], bool] = lambda: False,
) -> PullJob:
    """Start it into `namespace`, or that for new things; the end is told unless `watched` then.

    Raises InvalidArgument at once for a bad reference, NotNow while there is no daemon.
    """
    if desk.session is None or desk.session.pulls is None:
        raise NotNow("No daemon has answered yet; ctdeck keeps trying.")
    namespace = namespace or desk.new_namespace
    with acting("image.pull"):
        require(desk, namespace, reference)
        job = desk.session.pulls.start(
            reference.strip(), namespace=namespace, platform=platform, plain_http=plain_http
        )
    _wishes[job] = platform, plain_http
    desk.last_equivalent = equivalents.pull_line(
        job.reference, namespace=namespace, address=address_of(desk), platform=platform
    )
    if job.joined == 1:  # who joins a pull is told by the one that began it
        desk.begin(_announce(desk, job, watched), group="pulls")
    return job


def pull_again(desk: Desk, job: PullJob, *, watched: Callable[[], bool]) -> PullJob:
    """Another try of a pull that failed or was cancelled, with the same wishes."""
    platform, plain_http = _wishes.get(job, ("", False))
    return start_pull(
        desk,
        job.reference,
        namespace=job.namespace,
        platform=platform,
        plain_http=plain_http,
        watched=watched,
    )


async def _announce(desk: Desk, job: PullJob, watched: Callable[[], bool]) -> None:
    async for _ in job.watch():
        pass
    name = short_reference(job.reference)
    if watched():
        return
    if job.progress.stage == "done":
        desk.tell(f"{name} is pulled.")
    elif job.progress.stage == "failed":
        error = job.progress.error or "the registry gave no reason"
        desk.tell(error, title=f"{name} was not pulled", bad=True)
    elif job.progress.stage == "cancelled":
        desk.tell(f"The pull of {name} was cancelled; nothing of it is left behind.")
