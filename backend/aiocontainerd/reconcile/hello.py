"""Makes sure that a subscription is live: containerd neither acknowledges one nor replays."""

import asyncio
from contextlib import suppress
from itertools import chain, repeat
from time import monotonic

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, ReadOnly, Unavailable, Unimplemented
from aiocontainerd.reconcile.topics import HELLO_NAMESPACE, HELLO_TOPIC

PATIENCE = 2.0  # s to see our own event; then we go on without being sure
# s between two hellos: the first may be too early for the subscription
GAPS = (0.002, 0.004, 0.008, 0.016)
UNSURE_PAUSE = 0.05  # s that a subscription gets which we cannot confirm
ANSWER = 2.0  # s for a healthy daemon to answer the smallest question
FIRST_ANSWER = 5.0  # s, as long as it is not known how healthy it is
SLOWER = 2  # times as long as the first answer took: what others may take


async def confirm(client: Client, greeted: asyncio.Event, patience: float | None = None) -> bool:
    """Wait until our own event came back (`greeted`); false where that cannot be known.

    One answer after it was asked for the daemon has taken the subscription up; a hello that is
    sent along with it was too early in one case of four. A read-only client may not publish one.
    Raises when the daemon is gone or does not answer within `patience`, as `answer`.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            for gap in chain(GAPS, repeat(GAPS[-1])):
                await client.events.publish(HELLO_TOPIC, namespace=HELLO_NAMESPACE)
                with suppress(TimeoutError):
                    # Not wait_for: it loses a cancellation that comes together with the greeting.
                    async with asyncio.timeout(gap):
                        await greeted.wait()
                    break
    except Unavailable:
        raise
    except (TimeoutError, ContainerdError) as error:
        await answer(client, patience)
        if isinstance(error, ReadOnly):
            await asyncio.sleep(UNSURE_PAUSE)
        return False
    return True


async def answer(client: Client, patience: float | None = None) -> None:
    """Ask the smallest question; `patience` in seconds, None for that with a healthy daemon.

    Raises DeadlineExceeded or Unavailable. No is an answer too.
    """
    with suppress(Unimplemented):
        await client.version.get(timeout=ANSWER if patience is None else patience)


async def measure(client: Client) -> float:
    """Ask the smallest question for the first time: how long it may take from now on, in seconds.

    A daemon that was slow from the start does not hang when it is no slower.
    """
    begun = monotonic()
    await answer(client, FIRST_ANSWER)
    return max(ANSWER, SLOWER * (monotonic() - begun))


def filters_for(namespaces: frozenset[str] | None) -> list[str]:
    """What to subscribe to: everything, or named namespaces and word of new ones."""
    if namespaces is None:
        return []
    wanted = [f'namespace=="{name}"' for name in sorted(namespaces)]
    return [*wanted, 'topic~="^/namespaces/"', f'topic=="{HELLO_TOPIC}"']
