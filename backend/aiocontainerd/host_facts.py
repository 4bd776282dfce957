"""What a spec needs to know of the host; the only part of spec making that does I/O.

Source: containerd `pkg/oci/utils_unix.go` (HostDevices) and `pkg/cap` (Current). The facts
are those of this process: a daemon elsewhere or with other rights may differ.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SKIPPED = {"pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"}
_CAPEFF = re.compile(r"^CapEff:\s*([0-9a-f]+)$", re.MULTILINE)

# In the order of their bits: include/uapi/linux/capability.h
_NAMES = """
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
    LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER
    SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
    SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP
    MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF
    CHECKPOINT_RESTORE
"""
CAPABILITY_NAMES = tuple(f"CAP_{name}" for name in _NAMES.split())


@dataclass(frozen=True, slots=True)
class Device:
    """A device node: `type` is "c" or "b", `mode` its permission bits."""

    path: str
    type: str
    major: int
    minor: int
    mode: int
    uid: int
    gid: int

    def oci(self) -> dict[str, Any]:
        """The entry of the OCI runtime spec's `linux.devices`."""
        return {
            "path": self.path,
            "type": self.type,
            "major": self.major,
            "minor": self.minor,
            "fileMode": self.mode,
            "uid": self.uid,
            "gid": self.gid,
        }


@dataclass(frozen=True, slots=True)
class HostFacts:
    """The host as a spec sees it.

    `capabilities` are the effective ones of this process, which is what a privileged
    container gets; `devices` are those under /dev and only read for one.
    """

    hostname: str
    capabilities: tuple[str, ...] = ()
    devices: tuple[Device, ...] = ()


def read_host_facts(*, privileged: bool = False) -> HostFacts:
    """Read the facts from the kernel; `privileged` adds the devices. Raises OSError."""
    hostname = os.uname().nodename
    if not privileged:
        return HostFacts(hostname)
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    found = _CAPEFF.search(status)
    mask = int(found[1], 16) if found else 0
    names = tuple(name for bit, name in enumerate(CAPABILITY_NAMES) if mask >> bit & 1)
    return HostFacts(hostname, names, tuple(_devices("/dev")))


def _devices(directory: str) -> list[Device]:
    """Device nodes below a directory, by name; links and FIFOs are none."""
    devices: list[Device] = []
    with os.scandir(directory) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        try:
            if entry.is_dir(follow_symlinks=False):
                devices += [] if entry.name in _SKIPPED else _devices(entry.path)
            elif entry.name != "console":
                devices += _device(entry)
        except FileNotFoundError:  # it went away while we looked
            continue
    return devices


def _device(entry: "os.DirEntry[str]") -> list[Device]:
    info = entry.stat(follow_symlinks=False)
    kind = {stat.S_IFCHR: "c", stat.S_IFBLK: "b"}.get(stat.S_IFMT(info.st_mode))
    if kind is None:
        return []
    major, minor = os.major(info.st_rdev), os.minor(info.st_rdev)
    mode = stat.S_IMODE(info.st_mode)
    return [Device(entry.path, kind, major, minor, mode, info.st_uid, info.st_gid)]
