"""The run form's texts and what they mean; risks; masks; another container like this one."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aiocontainerd.bind_sources import SourceFacts
from aiocontainerd.errors import AlreadyExists, ContainerdError, InvalidArgument, RuntimeFailed
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.models import Container, Mount
from aiocontainerd.mounts import BindMount, parse_volume
from aiocontainerd.run_options import RunOptions
from ctdeck.forms.drafts import Draft, draft_of, field_of, read
from ctdeck.forms.likeness import options_like
from ctdeck.forms.quantities import format_cpus, format_memory, parse_cpus, parse_memory
from ctdeck.forms.risks import risks
from ctdeck.forms.risky_paths import Engine, risk_of
from ctdeck.masking import masked
from tests.unit.test_commands import OPTIONS

BASE = RunOptions("docker.io/library/nginx:1.27", "nginx-7f3a", labels=(("a", "b"),))


@given(OPTIONS)
@example(RunOptions("busybox", "x", mounts=(BindMount("/", "/ "), BindMount("/a ", "/b \u3000"))))
@example(RunOptions("busybox", "x", mounts=(BindMount("/", "/ ", readonly=True),)))
def test_options_survive_the_form(options: RunOptions) -> None:
    reading = read(draft_of(options), RunOptions(options.image, "x", privileged=options.privileged))
    if not options.hostname:  # the form has no field for it
        assert reading.options == options


@given(
    st.builds(
        Draft,
        name=st.text(),
        command=st.text(),
        mounts=st.lists(st.text()).map(tuple),
        env=st.lists(st.text()).map(tuple),
        user=st.text(),
        cwd=st.text(),
        memory=st.text(),
        cpus=st.text(),
        pids=st.text(),
    )
)
def test_any_draft_is_options_or_errors(draft: Draft) -> None:
    reading = read(draft, BASE)
    assert (reading.options is None) == bool(reading.errors)
    assert reading.shown.image == BASE.image


def test_each_mistake_is_found_in_its_own_field() -> None:
    draft = Draft(
        name="-x", command="sh 'a", mounts=("", "x", "/a:/b"), env=("A=1", "B"), cwd="tmp",
        memory="1k", cpus="0", pids="many",
    )  # fmt: skip
    reading = read(draft, BASE)
    assert set(reading.errors) == {
        "name", "command", "mounts.1", "env.1", "cwd", "memory", "cpus", "pids",
    }  # fmt: skip
    assert reading.shown.mounts == (BindMount("/a", "/b"),)
    assert reading.shown.env == ("A=1",)


def test_two_mounts_in_one_place_are_shown_at_a_mount() -> None:
    draft = Draft(name="web", mounts=("/a:/x", "/b:/x"))
    assert set(read(draft, BASE).errors) == {"mounts.0"}


DRAFT = Draft(name="web1", command="ngnix", mounts=("", "/srv/w w:/www"))


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (AlreadyExists("a container of this name exists already", subject="web1"), "name"),
        (RuntimeFailed("the image has no program 'ngnix' (exec: …)", subject="web1"), "command"),
        (InvalidArgument("the image names no command to run", subject="nginx"), "command"),
        (InvalidArgument("the source of the mount does not exist", subject="mount '/srv/w w'"),
         "mounts.1"),
        (RuntimeFailed("'/srv/w w' cannot be mounted at '/www'", subject="web1"), "mounts.1"),
        (InvalidArgument("the image has no user 'bob'", subject="user 'bob'"), "user"),
        (RuntimeFailed("the working directory '/nope' cannot be used", subject="web1"), "cwd"),
        (RuntimeFailed("the container needs more memory to start than its limit"), "memory"),
        (ContainerdError("the daemon is on fire", subject="user1"), ""),
    ],
)  # fmt: skip
def test_errors_of_the_daemon_find_their_field(error: ContainerdError, field: str) -> None:
    assert field_of(error, DRAFT) == field


@pytest.mark.parametrize(
    ("text", "size"),
    [("", None), ("512m", 512 << 20), ("1.5G", 3 << 29), ("2gb", 2 << 30), ("2GiB", 2 << 30),
     ("1048576", 1 << 20), (" 64k ", 64 << 10)],
)  # fmt: skip
def test_memory(text: str, size: int | None) -> None:
    assert parse_memory(text) == size
    assert parse_memory(format_memory(size)) == size


@given(st.text())
def test_quantities_never_fail_otherwise(text: str) -> None:
    for parse in (parse_memory, parse_cpus):
        with suppress(InvalidArgument):
            parse(text)


@given(st.floats(0.01, 1e5))
def test_cpus(cpus: float) -> None:
    assert parse_cpus(format_cpus(cpus)) == cpus


@pytest.mark.parametrize(
    ("volume", "words"),
    [
        (("/", True), "all of the host's files"),
        (("//", False), "all of the host's files"),
        (("/etc/", True), "passwords"),
        (("/run/containerd/containerd.sock", True), "root on the host"),
        (("/var/run/docker.sock", False), "root on the host"),
        (("/run", False), "root on the host"),
        (("/dev", False), "devices"),
        (("/proc/sys", True), "kernel"),
        (("/var/lib/containerd/io", True), "engine"),
        (("/usr/lib", False), "add :ro"),
        (("/home", False), "add :ro"),
        (("/home", True), "keys of all users, read-only"),
        (("/root", True), "root's own files and keys, read-only"),
        (("/var/lib/kubelet/pods", True), "engine"),
        (("/var/lib", True), "holds the container engines' own files, read-only"),
        (("/var", False), "holds the container engines' own files, writable"),
        (("/sys/fs/cgroup", False), "kernel settings, writable"),
        (("/dev/sda", False), "devices"),
        (("/etc/shadow", True), "passwords and settings, read-only"),
        (("/etc/kubernetes", True), "passwords and settings, read-only"),
        (("/etc/nginx", False), "passwords and settings, writable"),
        (("/etc/hosts", False), "passwords and settings, writable"),
        (("/root/.ssh", True), "root's own files and keys, read-only"),
        (("/root/.bashrc", False), "add :ro"),
        (("/home/u", True), "a user's own files and keys, read-only"),
        (("/home/u/.ssh/id_ed25519", True), "a user's own files and keys"),
        (("/home/u/.kube", True), "a user's own files and keys"),
        (("/run/crio", True), "root on the host"),
        (("/run/podman", True), "root on the host"),
        (("/run/buildkit", True), "root on the host"),
        (("/run/k3s/containerd", True), "engine's own files"),
        (("/run/containerd/io.containerd.runtime.v2.task/k8s.io", True), "engine's own files"),
        (("/run/user/1000", True), "sockets and state"),
        (("/var/run/user/1000", True), "sockets and state"),
        (("/run/systemd", True), "sockets and state"),
        (("/run/dbus", True), "sockets and state"),
        (("/run/secrets", True), "sockets and state"),
        (("/var/lib/etcd", True), "engine's own files"),
        (("/var/lib/ctdeck/logs", False), "engine's own files"),
        (("/var/spool/cron", False), "system, writable (add :ro)"),
        (("/var/spool", False), "system, writable (add :ro)"),
        (("/var/lib/dpkg/info", False), "system, writable (add :ro)"),
        (("/lib32", False), "system, writable (add :ro)"),
        (("/opt", False), "system, writable (add :ro)"),
    ],
)
def test_risky_mounts(volume: tuple[str, bool], words: str) -> None:
    source, readonly = volume
    assert words in risk_of(BindMount(source, "/x", readonly=readonly))


@pytest.mark.parametrize(
    "source",
    ["/usr/share/doc", "/devices", "/etc/hosts", "/etc/ssl/certs", "/etc/localtime",
     "/run/systemd/resolve/stub-resolv.conf", "/var/spool/cron", "/opt"],
)  # fmt: skip
def test_mounts_without_a_word(source: str) -> None:
    assert risk_of(BindMount(source, "/x", readonly=True)) == ""


@pytest.mark.parametrize(
    "source",
    ["/srv", "/srv/x", "/data", "/tmp/x", "/home/me/src", "/home/me/src/.git", "/root/project",
     "/home/me/.cache/pip", "/var/www", "/mnt/disk", "/opt/app", "/running", "/var/lib/mysql"],
)  # fmt: skip
def test_projects_and_data_are_without_a_word_also_when_writable(source: str) -> None:
    assert risk_of(BindMount(source, "/x"), Engine("/tmp/e/c.sock", ("/data/cd",))) == (
        "/data: holds the container engines' own files, writable" if source == "/data" else ""
    )


def test_a_folder_that_holds_the_engines_socket() -> None:
    engine = Engine("/srv/engine/c.sock")
    for source in ("/srv", "/srv/engine"):
        assert "root on the host" in risk_of(BindMount(source, "/x", readonly=True), engine)
    assert risk_of(BindMount("/srv/other", "/x"), engine) == ""


def test_a_link_is_as_risky_as_where_it_leads() -> None:
    options = RunOptions("a", "b", mounts=(BindMount("/srv/link", "/x"),))
    assert risks(options) == ()
    (risk,) = risks(options, {"/srv/link": SourceFacts("/etc")})
    assert risk.startswith("/srv/link leads to /etc: the host's passwords")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (SourceFacts("/mnt/x", "directory", "/"), "/s is another name of /: all of the host's"),
        (SourceFacts("/mnt/x", "socket", "/run/docker.sock"), "another name of /run/docker.sock"),
        (SourceFacts("/mnt/x", "socket"), "/s leads to /mnt/x: a socket; the container can"),
        (SourceFacts("/s", "device"), "/s: a device of the host"),
        (SourceFacts("/srv/x", "directory", sockets=("a.sock", "b")), "/srv/x: holds sockets (a.s"),
        (SourceFacts("/srv/x", "directory", is_bundle=True), "/srv/x: the files of a container"),
        (SourceFacts("/data/cd/x", "directory"), "/data/cd/x: a container engine's own files"),
        (SourceFacts("/tmp/e/c.sock", "socket"), "/tmp/e/c.sock: who reaches the runtime's"),
    ],
)
def test_what_a_source_really_is_counts(facts: SourceFacts, words: str) -> None:
    options = RunOptions("a", "b", mounts=(BindMount("/s", "/x", readonly=True),))
    engine = Engine("/tmp/e/c.sock", ("/data/cd",))
    (risk,) = risks(options, {"/s": facts}, engine)
    assert words in risk


@pytest.mark.parametrize("words", ["", "ro", "rro", "bind,ro"])
def test_submounts_that_stay_writable_are_named(words: str) -> None:
    mount = parse_volume(f"/srv:/x{':' if words else ''}{words}")
    facts = {"/srv": SourceFacts("/srv", "directory", "", ("/srv/a", "/srv/b"))}
    found = risks(RunOptions("a", "b", mounts=(mount,)), facts)
    told = "/srv: read-only, but what is mounted below it stays writable: /srv/a, /srv/b"
    assert found == ((told,) if words == "ro" else ())


def test_risks_of_the_container() -> None:
    options = RunOptions("a", "b", network="host", privileged=True)
    assert [risk.partition(":")[0] for risk in risks(options)] == ["privileged", "host network"]


def test_secrets_are_stars() -> None:
    options = RunOptions("a", "b", env=("DB_PASSWORD=x", "API_TOKEN=", "HOME=/root"))
    assert masked(options).env == ("DB_PASSWORD=***", "API_TOKEN=", "HOME=/root")


def test_another_container_like_this_one() -> None:
    container = Container(
        "default", "web1", "docker.io/library/nginx:1.27", "runc", "overlayfs", "web1",
        mounts=(
            Mount("/proc", "proc", "proc"),
            Mount("/www", "bind", "/srv/w", ("rbind", "ro")),
            Mount("/etc/hosts", "bind", "/etc/hosts", ("rbind", "ro")),
        ),
    )  # fmt: skip
    config = ImageConfig(entrypoint=("/entry",), cmd=("nginx",), env=("PATH=/bin", "A=image"))
    spec = {
        "process": {
            "args": ["/entry", "sh", "-c", "x y"],
            "env": ["PATH=/bin", "A=mine", "HOSTNAME=h", "broken"],
            "cwd": "/inside",
            "user": {"uid": 5, "gid": 6},
            "terminal": True,
        },
        "root": {"readonly": True},
        "linux": {
            "namespaces": [{"type": "pid"}],
            "maskedPaths": ["/proc/kcore"],
            "resources": {
                "memory": {"limit": 64 << 20},
                "cpu": {"quota": 50000, "period": 100000},
                "pids": {"limit": 7},
            },
        },
    }
    assert options_like(container, spec, config, id="web2") == RunOptions(
        container.image, "web2", command=("sh", "-c", "x y"), env=("A=mine",), cwd="/inside",
        mounts=(BindMount("/srv/w", "/www", readonly=True),), user="5:6", network="host",
        memory=64 << 20, cpus=0.5, pids=7, readonly=True, terminal=True,
    )  # fmt: skip


def test_an_odd_spec_is_read_as_far_as_it_goes() -> None:
    container = Container("default", "a", "b", "runc", "overlayfs", "a")
    spec = {"process": {"args": "sh", "env": None, "cwd": 7}, "linux": {"resources": []}}
    assert options_like(container, spec, ImageConfig(), id="c").id == "c"
