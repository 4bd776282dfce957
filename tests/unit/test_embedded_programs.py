"""Installing what is missing, with an apt-get that only notes how it was called."""

import os
import subprocess
from pathlib import Path

import pytest

from aiocontainerd.errors import FailedPrecondition, PermissionDenied
from ctdeck.embedded import Needs, find_needs, programs, provide
from ctdeck.embedded.place import Place

PROGRAMS = ("containerd", "containerd-shim-runc-v2", "runc")
# Notes its arguments, and whether packages may start their services; `install` needs `update`.
APT = """#!/bin/sh
echo "$@" >> {folder}/calls
[ -e {policy} ] && {{ {policy}; echo "policy $?" >> {folder}/calls; }}
case $1 in
    update) touch {folder}/updated; echo "lists fetched" ;;
    install) [ -e {folder}/updated ] || {{ echo "E: no such package"; exit 100; }}
        for it in {programs}; do printf '#!/bin/sh' > {folder}/$it; chmod 755 {folder}/$it; done ;;
esac
"""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bare host: a folder of programs with nothing but apt-get in it."""
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(programs, "search_path", lambda: f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(programs, "which", lambda name: _which(tmp_path, name))
    monkeypatch.setattr(programs, "_POLICY", policy)
    monkeypatch.setattr(programs, "_SYSTEMD", tmp_path / "no-systemd")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    apt = tmp_path / "apt-get"
    apt.write_text(APT.format(folder=tmp_path, policy=policy, programs=" ".join(PROGRAMS)))
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def _which(folder: Path, name: str) -> str | None:
    return str(folder / name) if (folder / name).exists() else None


def test_a_bare_host_needs_both_packages_and_a_busybox(host: Path) -> None:
    assert find_needs(host / "state") == Needs(("containerd", "runc"), busybox=True)


def test_it_says_first_what_it_installs_and_starts_no_service(host: Path) -> None:
    said: list[str] = []

    def report(line: str) -> None:
        if not said:
            assert not (host / "calls").exists()
        said.append(line)

    provide(Needs(("containerd", "runc")), host / "state", report)
    assert "containerd and runc" in said[0]
    assert "  lists fetched" in said
    install = "install -y -q --no-install-recommends containerd runc"
    calls = (host / "calls").read_text().splitlines()
    assert calls == [install, "policy 101", "update -q", "policy 101", install, "policy 101"]
    assert not (host / "policy-rc.d").exists()
    assert not find_needs(host / "state").packages


def test_a_policy_of_the_host_stays(host: Path) -> None:
    policy = host / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 104\n")
    policy.chmod(0o755)
    provide(Needs(("containerd",)), host / "state", lambda line: None)
    assert "104" in policy.read_text()


def test_our_policy_left_by_a_crash_forbids_nothing(host: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    with programs._no_services():
        policy = host / "policy-rc.d"
        text = policy.read_text()
        assert subprocess.run([policy], check=False).returncode == 101
    left = host / "left"
    left.write_text(text.replace(str(os.getpid()), str(gone.pid)))
    left.chmod(0o755)
    assert subprocess.run([left], capture_output=True, check=False).returncode == 0


def test_without_apt_it_says_what_to_install(host: Path) -> None:
    (host / "apt-get").unlink()
    with pytest.raises(FailedPrecondition, match="Install containerd with"):
        provide(Needs(("containerd",)), host / "state", lambda line: None)


def test_without_root_nothing_is_tried(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(PermissionDenied, match="needs root"):
        provide(Needs(("containerd",)), host / "state", lambda line: None)
    assert not (host / "calls").exists()


def test_no_busybox_is_said_and_no_failure(host: Path) -> None:
    (host / "updated").touch()
    said: list[str] = []
    provide(Needs(busybox=True), host / "state", said.append)
    assert "no sample image" in said[-1]


def test_a_long_state_directory_gets_a_short_socket(tmp_path: Path) -> None:
    near = Place.below(Path("/var/lib/ctdeck"))
    assert near.socket == Path("/var/lib/ctdeck/embedded/containerd.sock")
    far = Place.below(Path("/var") / ("x" * 90))
    assert len(f"{far.socket}.ttrpc") < 60
    assert far.socket != Place.below(Path("/var") / ("y" * 90)).socket


def test_a_planted_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "embedded").symlink_to(tmp_path / "elsewhere")
    with pytest.raises((PermissionDenied, FailedPrecondition), match="link"):
        Place.below(tmp_path).make()
