"""The parts of an OCI runtime spec that are the same for every container.

Source: containerd `pkg/oci/spec.go` and `mounts.go` (what `ctr run` starts from), measured
against ctr 1.6.20. Everything here is data; `spec.py` copies it.
"""

OCI_VERSION = "1.0.2"

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

NAMESPACES = ("pid", "ipc", "uts", "mount", "network")

# What a container that joins another one's shares with it, by its file in /proc/<pid>/ns.
JOINED = {"pid": "pid", "ipc": "ipc", "uts": "uts", "network": "net"}
LOOKING_IN = "CAP_SYS_PTRACE"  # to follow /proc/<pid>/root of another one's process

NOFILE = 1024
CPU_SHARES = 1024
CPU_PERIOD = 100_000  # microseconds

CAPABILITIES = (
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
)

# /sys/devices/virtual/powercap: masked since containerd 1.7 (CVE-2020-8694), not by 1.6.
MASKED_PATHS = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
    "/proc/scsi",
)

READONLY_PATHS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

# destination, type, source, options
MOUNTS = (
    ("/proc", "proc", "proc", "nosuid noexec nodev"),
    ("/dev", "tmpfs", "tmpfs", "nosuid strictatime mode=755 size=65536k"),
    (
        "/dev/pts",
        "devpts",
        "devpts",
        "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5",
    ),
    ("/dev/shm", "tmpfs", "shm", "nosuid noexec nodev mode=1777 size=65536k"),
    ("/dev/mqueue", "mqueue", "mqueue", "nosuid noexec nodev"),
    ("/sys", "sysfs", "sysfs", "nosuid noexec nodev ro"),
    ("/run", "tmpfs", "tmpfs", "nosuid strictatime mode=755 size=65536k"),
)

# Character devices that the cgroup lets through: major, minor (None: every minor).
DEVICES = (
    (1, 3),  # null
    (1, 8),  # random
    (1, 7),  # full
    (5, 0),  # tty
    (1, 5),  # zero
    (1, 9),  # urandom
    (5, 1),  # console
    (136, None),  # pts
    (5, 2),  # ptmx
)
