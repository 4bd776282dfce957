"""The containerd releases that the tests run against, and where their programs are."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .debian import ProvisionError, unpacked

# Names as the tests spell them, and the Debian suite that holds each.
SUITES = {"1.6": "bookworm", "1.7": "trixie", "2": "forky"}


@dataclass(frozen=True)
class Release:
    """One containerd: its short name ("1.6", "1.7" or "2"), version and folder of programs."""

    name: str
    version: str
    programs: Path

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.split(".")[0])


def release(name: str) -> Release:
    """Return the release of that name, fetched from Debian when it is not there yet.

    1.6 is the host's own package if that is 1.6. Raises ProvisionError.
    """
    if name == "1.6" and (installed := shutil.which("containerd", path="/usr/bin")):
        programs = Path(installed).parent
        if (version := _version(programs)).startswith("1.6."):
            return Release(name, version, programs)
    package, folder = unpacked("containerd", SUITES[name])
    programs = folder / "usr" / "bin"
    version = _version(programs)
    if not version.startswith(f"{name}."):
        raise ProvisionError(f"{package.suite} holds containerd {version}, not {name}")
    return Release(name, version, programs)


def _version(programs: Path) -> str:
    """Ask the daemon's program for its version, such as 1.7.24."""
    command = [str(programs / "containerd"), "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise ProvisionError(f"{command[0]} does not run here: {answer.stderr.strip()}")
    found = re.search(r" v?(\d+\.\d+\.\d+)", answer.stdout)
    if found is None:
        raise ProvisionError(f"{command[0]} tells no version: {answer.stdout.strip()}")
    return found[1]
