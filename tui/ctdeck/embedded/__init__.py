"""A private containerd of ctdeck's own: its programs, its place, its process, its sample image.

    needs = find_needs(state.root)          # before: what is missing on this host
    provide(needs, state.root, print)       # installs it, saying so; as root
    daemon = await EmbeddedDaemon.start(state.root)
    …  daemon.address  …
    if (names := await daemon.running_containers()) and daemon.is_last(): …ask…
    await daemon.stop()                     # ends its containers, then itself
    await daemon.leave()                    # or: ends it unless containers run in it

Several ctdecks share one daemon; the last to leave ends it. It outlives a ctdeck that was killed,
with its containers, and the next one finds it again.
"""

from ctdeck.embedded.daemon import OWN as OWN
from ctdeck.embedded.daemon import EmbeddedDaemon as EmbeddedDaemon
from ctdeck.embedded.programs import Needs as Needs
from ctdeck.embedded.programs import find_needs as find_needs
from ctdeck.embedded.programs import needs_root as needs_root
from ctdeck.embedded.programs import provide as provide
