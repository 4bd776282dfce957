"""What was found out beyond their records, for as long as these are there."""

from datetime import datetime

from aiocontainerd.models import Container, Image, ImageDetails, Key, Task, Told
from aiocontainerd.reconcile.dockerd import book_of
from aiocontainerd.reconcile.topics import Identity

Slot = tuple[str, str]  # a namespace, and a target's digest or a chain id in it


class Findings:
    """Details by target and start times by process; finds the images that one of them is about.

    Several images can point at one target, and several targets unpack to one chain. `books` are
    where dockerd writes down what it knows of its containers, `told` what stands there.
    """

    def __init__(self) -> None:
        self.details: dict[Slot, ImageDetails] = {}
        self.started: dict[tuple[Key, int], datetime | None] = {}
        self.books: dict[Key, str] = {}
        self.told: dict[Key, Told] = {}
        self._images: dict[Slot, dict[Identity, Image]] = {}  # by target
        self._targets: dict[Slot, set[Slot]] = {}  # by chain

    def replace(self, old: object, new: object) -> None:
        """A record came (`old` is None), went (`new` is None) or differs."""
        if isinstance(new, Image):
            self._images.setdefault(target_of(new), {})[new.raw_name] = new
        if isinstance(old, Image) and not (
            isinstance(new, Image) and target_of(new) == target_of(old)
        ):
            self._leave(target_of(old), old)
        elif isinstance(old, Task) and not (isinstance(new, Task) and new.pid == old.pid):
            self.started.pop((old.key, old.pid), None)
        if isinstance(new, Container) and (book := book_of(new)):
            self.books[new.key] = book
        elif isinstance(old, Container) and self.books:
            self.books.pop(old.key, None)

    def pointing_at(self, target: Slot) -> list[Image]:
        """The images with that target."""
        return list(self._images.get(target, {}).values())

    def on_chain(self, chain: Slot) -> list[Image]:
        """The images whose root file system is that committed snapshot."""
        targets = self._targets.get(chain, ())
        return [image for target in targets for image in self.pointing_at(target)]

    def set_details(self, target: Slot, details: ImageDetails) -> bool:
        """Whether that is news; details of what no image points at any more are not."""
        if target not in self._images or self.details.get(target) == details:
            return False
        self._unchain(target)
        self.details[target] = details
        if details.chain_id:
            self._targets.setdefault((target[0], details.chain_id), set()).add(target)
        return True

    def _leave(self, target: Slot, image: Image) -> None:
        images = self._images.get(target, {})
        images.pop(image.raw_name, None)
        if not images:
            self._images.pop(target, None)
            self._unchain(target)
            self.details.pop(target, None)

    def _unchain(self, target: Slot) -> None:
        if details := self.details.get(target):
            chain = (target[0], details.chain_id)
            self._targets.get(chain, set()).discard(target)
            if not self._targets.get(chain):
                self._targets.pop(chain, None)


def target_of(image: Image) -> Slot:
    """What an image points at, in its namespace."""
    return image.namespace, image.target.digest
