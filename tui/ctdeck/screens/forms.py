"""Opens the run form, the pull dialog and the `:` line for the main screen."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aiocontainerd.errors import ContainerdError
from aiocontainerd.identifiers import generate_name
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.models import Container, Image
from aiocontainerd.run_options import RunOptions
from ctdeck.command.history import History
from ctdeck.forms.drafts import Draft
from ctdeck.forms.likeness import options_like
from ctdeck.forms.risks import NO_FACTS, Facts
from ctdeck.screens.pull import PullScreen
from ctdeck.screens.run import RunScreen
from ctdeck.verbs.doing import NotNow, client_of, state_of
from ctdeck.verbs.permitted import permitted_into
from ctdeck.verbs.pull import pull_again, start_pull
from ctdeck.verbs.risky import agreed, can_be_risky, engine_of, examine
from ctdeck.verbs.run import equivalent_of, name_to_run, run_container
from ctdeck.verbs.typed import carry_out
from ctdeck.widgets.command import CommandLine

if TYPE_CHECKING:
    from aiocontainerd.pull import PullJob
    from ctdeck.screens.main import MainScreen


@dataclass
class _Kept:
    """What lasts as long as the main screen: the history, and forms that were left, by row."""

    history: History
    drafts: dict[Hashable, Draft] = field(default_factory=dict)
    digests: dict[Hashable, str] = field(
        default_factory=dict
    )  # of their images, when they were left


_kept: WeakKeyDictionary[MainScreen, _Kept] = WeakKeyDictionary()


def open_pull(main: MainScreen, reference: str = "") -> None:
    """The pull dialog, for the namespace that new things go into."""
    session, namespace = main.session, main.new_namespace
    if session is None or session.pulls is None:
        main.tell("No daemon has answered yet; ctdeck keeps trying.")
        return
    screen = PullScreen(
        session.pulls,
        lambda text, watched: start_pull(main, text, namespace=namespace, watched=watched),
        lambda job, watched: pull_again(main, job, watched=watched),
        namespace=namespace,
        reference=reference,
    )

    async def show() -> None:
        if await permitted_into(main, "pull", namespace):
            main.app.push_screen(screen, lambda job: _go_to_image(main, job) if job else None)

    main.begin(show(), group="image.pull", opens=True)


def _go_to_image(main: MainScreen, job: PullJob) -> None:
    """The cursor of the images goes to what was pulled, if one looks at them."""
    if main.pane_id == "images":
        main.view.table.move_to_key((job.namespace, job.reference))


def open_run(
    main: MainScreen, image: Image | None = None, container: Container | None = None
) -> None:
    """The run form for an image, or for another container like this one."""
    if container is not None:
        main.begin(_run_like(main, container), group="run", opens=True)
    elif image is not None:
        main.begin(_run_new(main, image), group="run", opens=True)
    else:
        images, pull = main.way_to("pane.images"), main.way_to("image.pull")
        where = f"Press {images} for the images, {pull} to pull one."
        main.tell(f"There is no image here to run. {where}")


def open_command(main: MainScreen, text: str = "") -> None:
    """The `:` line over the bottom line."""
    main.open_prompt(
        CommandLine(
            world=lambda: (main.snapshot, main.scope),
            carry_out=lambda command: carry_out(main, command),
            history=_kept_of(main).history,
            text=text,
        )
    )


def _kept_of(main: MainScreen) -> _Kept:
    """Made when it is first wanted: by then a session says where the history is."""
    if main not in _kept:
        state = main.session.state if main.session else None
        _kept[main] = _Kept(History(state.root / "history" if state else None))
    return _kept[main]


async def _run_new(main: MainScreen, image: Image) -> None:
    base = RunOptions(name_to_run(image), _new_id(main, image.name))
    if await permitted_into(main, "run", *image.key):
        kept_as = ("image", image.key)
        _form(main, base, image.namespace, image.target.digest, kept_as=kept_as)


async def _run_like(main: MainScreen, container: Container) -> None:
    from aiocontainerd.operations.chosen import choose

    client, namespace = client_of(main), container.namespace
    if not await permitted_into(main, "run", *container.key):
        return
    main.progress(f"{container.id} is being read …")  # a daemon that hangs takes its time
    try:
        spec = await client.containers.spec(container.id, namespace=namespace)
        digest, config = "", ImageConfig()
        try:
            chosen = await choose(client, container.image, namespace)
            digest, config = chosen.image.target.digest, chosen.config
        except ContainerdError:
            pass  # the image is gone or broken: all is shown as the caller's wish
    finally:
        main.progress("")
    name = _new_id(main, container.image or container.id)
    if not container.image:
        raise NotNow(f"{container.id} was made from no image, so no other can be like it.")
    if container.exact_image:
        raise NotNow(f"The name of {container.id}'s image is not plain text: it cannot be typed.")
    like = options_like(container, spec, config, id=name)
    # With its birth: another one that takes the name later has other settings.
    kept_as = ("container", container.key, container.created_at)
    _form(main, like, namespace, digest, kept_as=kept_as)


def _form(
    main: MainScreen, base: RunOptions, namespace: str, digest: str, *, kept_as: Hashable
) -> None:
    """`digest` is what the name of the image means as the form opens: only that is run."""
    client_of(main), state_of(main)  # raises at once while there is no daemon
    kept = _kept_of(main)
    was = kept.digests.get(kept_as, digest) if kept_as in kept.drafts else digest
    kept.digests[kept_as] = digest

    main.app.push_screen(
        RunScreen(
            base,
            namespace=namespace,
            run=lambda options, facts: run_container(
                main, options, namespace=namespace, digest=digest, facts=facts
            ),
            equivalent=lambda options: equivalent_of(main, options, namespace),
            agree=partial(_agree, main),
            examine=partial(examine, main),
            engine=engine_of(main),
            drafts=kept.drafts,
            kept_as=kept_as,
            moved=was != digest,
        )
    )


async def _agree(main: MainScreen, options: RunOptions) -> Facts | None:
    """As `:run` asks; what is typed meanwhile is not for the form."""
    if not can_be_risky(options):
        return NO_FACTS
    work = object()
    main.keys.expect(work)
    try:
        return await agreed(main, options)
    finally:
        main.keys.done(work)


def _new_id(main: MainScreen, image: str) -> str:
    return generate_name(image, {key.id for key in main.snapshot.containers})
