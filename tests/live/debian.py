"""Debian packages of other suites, unpacked beside the system and never installed.

The mirror is the one this machine's apt uses. A suite's InRelease file is checked against Debian's
own keyring, the index against InRelease, and the package against the index, as apt does.
Unpacked packages live in `.cache/<package>/<version>` below the repository, or below the folder
that CTDECK_TEST_CACHE names.
"""

import fcntl
import hashlib
import json
import lzma
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
INDEX_LIFE = 24 * 3600.0  # seconds for which a resolved version is used without asking again


class ProvisionError(RuntimeError):
    """A package could not be fetched, verified or unpacked; the text says what to do."""


@dataclass(frozen=True)
class Package:
    """One package of one suite, as the mirror's index describes it."""

    name: str
    suite: str
    version: str
    path: str
    sha256: str


def unpacked(name: str, suite: str) -> tuple[Package, Path]:
    """Return the package `name` of `suite` and the folder that holds its files.

    Downloads it on first use; another process that wants it waits. Raises ProvisionError.
    """
    with _alone(f"{name}-{suite}"):
        package = find(name, suite)
        target = cache() / name / package.version.replace(":", "_")
        if not target.is_dir():
            _unpack(package, target)
    return package, target


def find(name: str, suite: str) -> Package:
    """Return what `suite` holds under `name`, remembered for a day. Raises ProvisionError."""
    memo = cache() / name / f"{suite}.json"
    if memo.exists() and time.time() - memo.stat().st_mtime < INDEX_LIFE:
        return Package(**json.loads(memo.read_text()))
    try:
        package = _look_up(name, suite)
    except ProvisionError:
        if not memo.exists():
            raise
        return Package(**json.loads(memo.read_text()))  # the mirror is away: the last known will do
    memo.parent.mkdir(parents=True, exist_ok=True)
    draft = memo.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(asdict(package)))
    draft.replace(memo)
    return package


def cache() -> Path:
    """Return the folder that keeps unpacked packages between runs."""
    named = os.environ.get("CTDECK_TEST_CACHE")
    return Path(named) if named else Path(__file__).resolve().parents[2] / ".cache"


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """One process at a time: of several that begin with an empty cache, one downloads."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def mirror() -> str:
    """Return the base address of the Debian archive in this machine's apt configuration."""
    fields = "$(REPO_URI)|$(LABEL)|$(COMPONENT)|$(CODENAME)"
    command = ["apt-get", "indextargets", "--format", fields, "Created-By: Packages"]
    try:
        listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ProvisionError(f"apt-get cannot tell the Debian mirror ({error})") from error
    for line in listing.splitlines():
        address, label, component, codename = line.split("|")
        plain = component == "main" and "-" not in codename  # not -updates, not -security
        if plain and label in ("Debian", "") and re.match(r"(https?|file):", address):
            return address.rstrip("/") + "/"
    raise ProvisionError("apt knows no Debian mirror; run `apt-get update`, then the tests again")


def _look_up(name: str, suite: str) -> Package:
    """Find `name` in the suite's verified index."""
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    folder = f"main/binary-{arch}"
    release = _release(suite)
    entry = re.search(rf"^ ([0-9a-f]{{64}}) +\d+ {folder}/Packages\.xz$", release, re.MULTILINE)
    if entry is None:
        raise ProvisionError(f"Debian's suite {suite} has no index for {arch}")
    # By its hash, because the plain name changes under us while the mirror is updated.
    data = _download(f"dists/{suite}/{folder}/by-hash/SHA256/{entry[1]}", entry[1])
    for stanza in lzma.decompress(data).decode().split("\n\n"):
        if stanza.startswith(f"Package: {name}\n"):
            fields = dict(re.findall(r"^(Version|Filename|SHA256): (\S+)$", stanza, re.MULTILINE))
            return Package(name, suite, fields["Version"], fields["Filename"], fields["SHA256"])
    raise ProvisionError(f"Debian's suite {suite} has no package {name} for {arch}")


def _release(suite: str) -> str:
    """Return the suite's InRelease text, once one of its signatures is known to be good."""
    signed = _download(f"dists/{suite}/InRelease")
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "Release")
        command = ["gpgv", "--status-fd", "1", "--keyring", str(KEYRING), "--output", str(text)]
        checked = subprocess.run([*command, "-"], input=signed, capture_output=True, check=False)
        # As apt does: an older keyring lacks newer keys, so one good signature is enough.
        if b"[GNUPG:] VALIDSIG" not in checked.stdout or b"BADSIG" in checked.stdout:
            raise ProvisionError(f"{suite}: no good signature in InRelease, see {KEYRING}")
        return text.read_text()


def _download(path: str, sha256: str | None = None) -> bytes:
    """Fetch one file of the mirror, and compare its digest if one is given."""
    address = mirror() + path
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            data: bytes = answer.read()
    except OSError as error:
        raise ProvisionError(f"cannot fetch {address}: {error}") from error
    if sha256 and hashlib.sha256(data).hexdigest() != sha256:
        raise ProvisionError(f"{address}: the digest is not {sha256}; try again later")
    return data


def _unpack(package: Package, target: Path) -> None:
    """Download, verify and unpack, then move into place in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=target.parent))
    try:
        archive = draft / "package.deb"
        archive.write_bytes(_download(package.path, package.sha256))
        files = draft / "files"
        subprocess.run(["dpkg", "-x", str(archive), str(files)], check=True)
        try:
            files.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another process was faster
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
