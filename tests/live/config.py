"""The configuration file of a test daemon, in the dialect of its release."""

from pathlib import Path

from .releases import Release

CRI_PLUGINS = (
    "io.containerd.grpc.v1.cri",
    "io.containerd.cri.v1.images",
    "io.containerd.cri.v1.runtime",
)
# Fails at start without the three above; `sandbox-controllers` is in error on 2.x either way.
POD_PLUGIN = "io.containerd.podsandbox.controller.v1.podsandbox"


def config_text(
    release: Release, folder: Path, snapshotter: str, pause_image: str | None, extra: str
) -> str:
    """Return TOML that keeps the daemon inside `folder`.

    With `pause_image` the CRI plugin is on and starts pods with that image; without, it is off.
    """
    disabled = [] if pause_image else [*CRI_PLUGINS, POD_PLUGIN]
    parts = [
        f"version = {3 if release.major >= 2 else 2}",
        f'root = "{folder}/root"',
        f'state = "{folder}/state"',
        f"disabled_plugins = {disabled}".replace("'", '"'),
        f'[grpc]\naddress = "{folder}/c.sock"',
        f'[ttrpc]\naddress = "{folder}/c.sock.ttrpc"',
        f'[plugins."io.containerd.internal.v1.opt"]\npath = "{folder}/opt"',
    ]
    if release.name != "1.6":
        parts.append('[plugins."io.containerd.nri.v1.nri"]\ndisable = true')
        parts.append(_transfer(snapshotter))
    if pause_image:
        parts.append((_cri if release.major >= 2 else _cri_1)(folder, snapshotter, pause_image))
    return "\n".join([*parts, extra, ""])


def _transfer(snapshotter: str) -> str:
    """Let the Transfer service unpack for our snapshotter; overlayfs is its own default."""
    if snapshotter == "overlayfs":
        return ""
    return (
        '[[plugins."io.containerd.transfer.v1.local".unpack_config]]\n'
        f'platform = "linux"\nsnapshotter = "{snapshotter}"'
    )


def _cri_1(folder: Path, snapshotter: str, pause_image: str) -> str:
    """Configure the one CRI plugin of 1.6 and 1.7."""
    name = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""
[{name}]
sandbox_image = "{pause_image}"
disable_apparmor = true
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[{name}.cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{folder}/cni"
[{name}.containerd]
snapshotter = "{snapshotter}"
"""


def _cri(folder: Path, snapshotter: str, pause_image: str) -> str:
    """Configure the two CRI plugins of 2.x."""
    images, runtime = (f'plugins."{name}"' for name in CRI_PLUGINS[1:])
    return f"""
[{images}]
snapshotter = "{snapshotter}"
[{images}.pinned_images]
sandbox = "{pause_image}"
[{runtime}]
disable_apparmor = true
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[{runtime}.cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "{folder}/cni"
"""
