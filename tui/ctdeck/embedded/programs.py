"""The programs that the embedded daemon needs: finding them, and installing what is missing.

Everything here blocks, and works before the screen opens.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aiocontainerd.errors import ContainerdError, FailedPrecondition, PermissionDenied
from aiocontainerd.safe import safe
from aiocontainerd.sample.elf import read_program

Report = Callable[[str], None]

# Program → Debian's package. The shim comes with containerd.
_PACKAGES = {"containerd": "containerd", "containerd-shim-runc-v2": "containerd", "runc": "runc"}
_SBIN = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_POLICY = Path("/usr/sbin/policy-rc.d")
_SYSTEMD = Path("/run/systemd/system")


@dataclass(frozen=True, slots=True)
class Needs:
    """What is missing: packages to install, and whether a static busybox must be fetched."""

    packages: tuple[str, ...] = ()
    busybox: bool = False

    def __bool__(self) -> bool:
        return bool(self.packages) or self.busybox


def search_path() -> str:
    """Our PATH and the folders of administrators, which a user's PATH often lacks."""
    given = os.environ.get("PATH", "").split(":")
    return ":".join(dict.fromkeys(folder for folder in (*given, *_SBIN) if folder))


def which(program: str) -> str | None:
    """The path of a program, None if it is not installed."""
    return shutil.which(program, path=search_path())


def needs_root() -> PermissionDenied | None:
    """What to say to someone who is not root; None for root."""
    if os.geteuid() == 0:
        return None
    return PermissionDenied(
        "the embedded containerd needs root: it mounts file systems and makes namespaces",
        remedy="Run it with sudo, or name the socket of a containerd that you may use "
        "with --address.",
    )


def find_needs(state: Path) -> Needs:
    """Look what is missing on this host."""
    packages = {package for program, package in _PACKAGES.items() if which(program) is None}
    return Needs(tuple(sorted(packages)), find_busybox(state) is None)


def find_busybox(state: Path) -> Path | None:
    """A static busybox: the host's, or the one fetched into the state directory."""
    for path in (which("busybox"), fetched_busybox(state)):
        with suppress(OSError, ContainerdError):
            if path and read_program(Path(path).read_bytes()).static:
                return Path(path)
    return None


def fetched_busybox(state: Path) -> Path:
    """Where `provide` puts the program."""
    return state / "embedded" / "busybox"


def provide(needs: Needs, state: Path, report: Report) -> None:
    """Install what is missing, saying each step first; a busybox that cannot be had is only said.

    Raises PermissionDenied without root, FailedPrecondition when packages cannot be installed.
    """
    if (refusal := needs_root()) is not None:
        raise refusal
    if needs.packages:
        _install(needs.packages, report)
    if needs.busybox and which("apt-get") is None:
        report("There will be no sample image: no static busybox is installed.")
    elif needs.busybox:
        report("Fetching Debian's busybox-static for the sample image; it is not installed.")
        try:
            _fetch_busybox(state, report)
        except (OSError, ContainerdError) as error:
            report(f"There will be no sample image: {safe(str(error))}")


def _install(packages: Sequence[str], report: Report) -> None:
    names = " and ".join(packages)
    if which("apt-get") is None:
        raise FailedPrecondition(
            f"{names} cannot be installed from here: this is no Debian",
            remedy=f"Install {names} with your distribution's tools, then start ctdeck again.",
        )
    report(f"{names} missing: installing from the distribution (apt-get install {names}).")
    report("Their own service is not started and not enabled: ctdeck runs a private containerd.")
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    with _no_services():
        _apt_with_update(command, report)
    if _SYSTEMD.is_dir() and "containerd" in packages:
        _say_output(["systemctl", "disable", "--quiet", "containerd.service"], report)
    if missing := [name for name in _PACKAGES if which(name) is None]:
        raise FailedPrecondition(
            f"{', '.join(missing)} is still missing after the installation",
            remedy="Look at what apt-get said above.",
        )


def _fetch_busybox(state: Path, report: Report) -> None:
    """Unpack the package beside our things: installing it could push the host's own one out."""
    with tempfile.TemporaryDirectory(prefix="ctdeck-") as folder:
        _apt_with_update(["apt-get", "download", "-q", "busybox-static"], report, Path(folder))
        for package in Path(folder).glob("busybox-static_*.deb"):
            _run(["dpkg-deb", "-x", str(package), folder], report, None)
        found = (Path(folder, name) for name in ("usr/bin/busybox", "bin/busybox"))
        program = next((path for path in found if path.is_file()), None)
        if program is None:
            raise FailedPrecondition("the package busybox-static could not be had")
        target = fetched_busybox(state)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(program, target.with_suffix(".new"))
        target.with_suffix(".new").chmod(0o755)
        target.with_suffix(".new").replace(target)


def _apt_with_update(command: Sequence[str], report: Report, folder: Path | None = None) -> None:
    """A fresh host may hold no package lists yet, or old ones: get them and try again."""
    try:
        _run(command, report, folder)
    except FailedPrecondition:
        report("That did not work: fetching the package lists (apt-get update), then again.")
        _run(["apt-get", "update", "-q"], report, folder)
        _run(command, report, folder)


def _run(command: Sequence[str], report: Report, folder: Path | None) -> None:
    """Run one command and pass its lines on. Raises FailedPrecondition when it fails."""
    if (status := _say_output(command, report, folder)) != 0:
        raise FailedPrecondition(
            f"'{' '.join(command)}' ended with status {status}",
            remedy="Look at what it said above.",
        )


def _say_output(command: Sequence[str], report: Report, folder: Path | None = None) -> int:
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(),
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                # dpkg counts up within one line: its end is enough.
                last = line.rstrip().rpartition(b"\r")[2]
                report(f"  {safe(last)}")
            return process.wait()
    except FileNotFoundError:
        report(f"  {command[0]} is not there")
        return 127


def _environment() -> Mapping[str, str]:
    return os.environ | {
        "DEBIAN_FRONTEND": "noninteractive",
        "LC_ALL": "C.UTF-8",
        "PATH": search_path(),
    }


@contextmanager
def _no_services() -> Iterator[None]:
    """Keep packages from starting their services, the way Debian has for it.

    The file forbids only while we live: left over by a crash it does no harm. One that is there
    already is somebody's own policy and stays.
    """
    try:
        with _POLICY.open("x") as file:
            file.write(f"#!/bin/sh\n# made by ctdeck\nkill -0 {os.getpid()} && exit 101\nexit 0\n")
        _POLICY.chmod(0o755)
    except OSError:
        yield
        return
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)
