"""Run a container from options that are complete; for the form and for the `:` line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aiocontainerd.errors import FailedPrecondition, InvalidArgument, NotFound
from ctdeck.command.targets import find_images
from ctdeck.desk import Desk
from ctdeck.forms.risks import NO_FACTS, Facts
from ctdeck.masking import masked
from ctdeck.verbs.doing import address_of, client_of, state_of
from ctdeck.verbs.permitted import require
from ctdeck.verbs.removal import follow

if TYPE_CHECKING:
    from aiocontainerd.models import Image
    from aiocontainerd.operations import RunResult
    from aiocontainerd.run_options import RunOptions


def equivalent_of(desk: Desk, options: RunOptions, namespace: str) -> str:
    """The `ctr run` line; secrets among the variables are stars."""
    from aiocontainerd.equivalent import ctr_run

    address = address_of(desk).removeprefix("unix://")
    return ctr_run(masked(options), address=address, namespace=namespace)


async def run_container(
    desk: Desk,
    options: RunOptions,
    *,
    namespace: str,
    digest: str = "",
    facts: Facts = NO_FACTS,
) -> RunResult:
    """Run it, tell so, and see to its removal if it is to be removed when done.

    `digest` is what the image's name meant when the user looked, `facts` where the sources led:
    what is something else by now is refused. Raises what `aiocontainerd.operations.run` raises;
    nothing is left behind then.
    """
    from aiocontainerd.operations import Agreed
    from aiocontainerd.operations import run as operation

    client, state = client_of(desk), state_of(desk)
    require(desk, namespace, options.id)
    # What did not answer in time is of no kind: nobody has seen where it leads.
    agreed = Agreed(digest, {source: seen.real for source, seen in facts.items() if seen.kind})
    result = await operation(client, options, namespace=namespace, state=state, agreed=agreed)
    desk.last_equivalent = equivalent_of(desk, options, namespace)
    desk.tell(f"{result.id} was started in {namespace} (pid {result.pid}).")
    if options.remove:
        follow(desk, result.container)
    return result


def with_image(desk: Desk, options: RunOptions) -> tuple[RunOptions, str]:
    """The options with the full name of an image that is there, and its digest.

    Raises NotFound, also when it is only in another namespace than the one for new things.
    """
    namespace = desk.new_namespace
    try:
        (image,) = find_images(desk.snapshot, namespace, [options.image])
    except NotFound as error:
        raise _elsewhere(desk, options.image, error) from error
    return replace(options, image=name_to_run(image)), image.target.digest


def name_to_run(image: Image) -> str:
    """Its name. Raises InvalidArgument for one that is shown as another could be called."""
    if image.exact_name:
        raise InvalidArgument(
            "this name is not plain text, and a container's record has to name its image",
            subject=image.exact_name,
            remedy="Give the image another name: ctr images tag.",
        )
    return image.name


def _elsewhere(desk: Desk, name: str, error: NotFound) -> NotFound:
    try:
        (image,) = find_images(desk.snapshot, None, [name])
    except (NotFound, FailedPrecondition):
        remedy = f"{error.remedy} Or pull it first: :pull {name}".strip()
        return NotFound(error.what, subject=error.subject, remedy=remedy)
    return NotFound(
        f"this image is in namespace {image.namespace}, not in {desk.new_namespace}",
        subject=image.name,
        remedy=f"Choose it first: :ns {image.namespace}, or pull it into {desk.new_namespace}.",
    )
