"""The runtime spec: equal to what ctr made, but for the differences that are meant."""

import copy
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.equivalent import ctr_run
from aiocontainerd.errors import InvalidArgument
from aiocontainerd.mounts import BindMount
from aiocontainerd.spec import (
    Device,
    HostFacts,
    ImageConfig,
    RunOptions,
    build_spec,
    read_host_facts,
)
from aiocontainerd.users import ResolvedUser, resolve_user

DATA = Path(__file__).parent / "data"
MEASURED: dict[str, Any] = json.loads((DATA / "ctr_specs.json").read_text(encoding="utf-8"))
USERS: dict[str, Any] = json.loads((DATA / "ctr_users.json").read_text(encoding="utf-8"))

ROOT = ResolvedUser(0, 0, (0,))
HOST = HostFacts("node7")
BUSYBOX = "docker.io/library/busybox"
SLEEP = ("sleep", "1000")
PLAIN = RunOptions(f"{BUSYBOX}:v-plain", "v-plain", command=SLEEP)

OPTIONS = {
    "plain": PLAIN,
    "image-config": RunOptions(f"{BUSYBOX}:v-full", "v-image-config"),
    "environment": RunOptions(
        f"{BUSYBOX}:v-env",
        "v-environment",
        command=SLEEP,
        env=("C=3", "B=two", "E="),
        cwd="/tmp",
        labels=(("k", "v"), ("e", "")),
        readonly=True,
    ),
    "host-network-terminal-limits": RunOptions(
        f"{BUSYBOX}:v-plain",
        "v-host-network-terminal-limits",
        command=SLEEP,
        terminal=True,
        network="host",
        memory=64 << 20,
        cpus=1.5,
    ),
    "mounts": RunOptions(
        f"{BUSYBOX}:v-plain",
        "v-mounts",
        command=SLEEP,
        mounts=(
            BindMount("/tmp/site", "/site", readonly=True, propagation="rshared"),
            BindMount("/tmp/my site,one", "/a:b", recursive=False),
            BindMount("/tmp/site", "/run"),
        ),
    ),
    "privileged": RunOptions(f"{BUSYBOX}:v-plain", "v-privileged", command=SLEEP, privileged=True),
}


def spec_of(options: RunOptions, config: ImageConfig | None = None) -> dict[str, Any]:
    return build_spec(options, config or ImageConfig(), namespace="default", user=ROOT, host=HOST)


def facts_of(theirs: dict[str, Any]) -> HostFacts:
    """The host on which ctr was measured, as far as its spec tells."""
    devices = [
        Device(d["path"], d["type"], d["major"], d["minor"], d["fileMode"], d["uid"], d["gid"])
        for d in theirs["linux"].get("devices", [])
    ]
    capabilities = tuple(theirs["process"]["capabilities"]["effective"])
    return HostFacts("node7", capabilities, tuple(devices))


@pytest.mark.parametrize("case", MEASURED["cases"], ids=lambda case: case["name"])
def test_as_ctr(case: dict[str, Any]) -> None:
    config = ImageConfig.from_json(case["image_config"])
    theirs = copy.deepcopy(case["spec"])
    ours = build_spec(
        OPTIONS[case["name"]],
        config,
        namespace="default",
        user=resolve_user(config.user, USERS["passwd"], USERS["group"]),
        host=facts_of(theirs),
    )
    # the differences that are meant
    assert (theirs.pop("ociVersion"), ours.pop("ociVersion")) == ("1.0.2-dev", "1.0.2")
    if "maskedPaths" in ours["linux"]:
        ours["linux"]["maskedPaths"].remove("/sys/devices/virtual/powercap")
    replaced = {mount.destination for mount in OPTIONS[case["name"]].mounts}  # 1.6 keeps both
    theirs["mounts"] = [
        mount
        for mount in theirs["mounts"]
        if mount["type"] == "bind" or mount["destination"] not in replaced
    ]
    assert ours == theirs


@pytest.mark.parametrize("case", MEASURED["cases"], ids=lambda case: case["name"])
def test_the_equivalent_line_has_the_flags_that_ctr_was_given(case: dict[str, Any]) -> None:
    options = OPTIONS[case["name"]]
    words = shlex.split(ctr_run(options, address="/run/c.sock", namespace="default"))
    at = words.index(options.image)
    flags = ["--tty" if flag == "-t" else flag for flag in case["flags"]]
    assert sorted(words[words.index("run") + 1 : at]) == sorted([*flags, "--detach"])
    assert words[at + 1 :] == [options.id, *case["command"]]


def test_entrypoint_stays_before_the_command() -> None:
    config = ImageConfig(entrypoint=("/entry",), cmd=("a", "b"))
    assert spec_of(RunOptions("i", "b"), config)["process"]["args"] == ["/entry", "a", "b"]
    options = RunOptions("i", "b", command=("c",))
    assert spec_of(options, config)["process"]["args"] == ["/entry", "c"]


def test_no_command_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="no command"):
        spec_of(RunOptions("i", "b"))


def test_environment() -> None:
    config = ImageConfig(env=("PATH=/bin", "A=1", "B=2", "TERM=dumb"))
    options = RunOptions(
        "i", "b", SLEEP, env=("A", "C=3", "B=two", "C=4", "NO"), terminal=True, network="host"
    )
    assert spec_of(options, config)["process"]["env"] == [
        "PATH=/bin",
        "B=two",
        "TERM=xterm",
        "C=4",
        "HOSTNAME=node7",
    ]
    own = RunOptions("i", "b", SLEEP, env=("TERM=vt100", "HOSTNAME"), terminal=True, network="host")
    assert spec_of(own)["process"]["env"][1:] == ["TERM=vt100"]


def test_host_files_yield_to_own_mounts() -> None:
    options = RunOptions("i", "b", SLEEP, mounts=(BindMount("/x", "/etc/hosts"),), network="host")
    sources = {m["destination"]: m["source"] for m in spec_of(options)["mounts"]}
    assert (sources["/etc/hosts"], sources["/etc/resolv.conf"]) == ("/x", "/etc/resolv.conf")


@pytest.mark.parametrize(
    ("kinds", "root"),
    [
        ((), None),
        (("", "rprivate"), None),
        (("slave",), "rslave"),
        (("rslave", "shared"), "rshared"),
    ],
)
def test_root_propagation(kinds: tuple[str, ...], root: str | None) -> None:
    mounts = tuple(BindMount("/a", f"/m{n}", propagation=kind) for n, kind in enumerate(kinds))
    spec = spec_of(RunOptions("i", "b", SLEEP, mounts=mounts))
    assert spec["linux"].get("rootfsPropagation") == root


def test_limits_and_names() -> None:
    options = RunOptions("i", "b", SLEEP, pids=9, cpus=0.5, memory=8 << 20, hostname="web")
    spec = spec_of(options)
    resources = spec["linux"]["resources"]
    assert resources["pids"] == {"limit": 9}
    assert resources["memory"] == {"limit": 8388608}
    assert resources["cpu"] == {"shares": 1024, "quota": 50_000, "period": 100_000}
    assert spec["hostname"] == "web"


def test_working_directory_of_the_image_must_be_absolute() -> None:
    with pytest.raises(InvalidArgument, match="not an absolute path"):
        spec_of(RunOptions("i", "b", SLEEP), ImageConfig(working_dir="srv"))


def test_specs_share_nothing() -> None:
    first = spec_of(PLAIN)
    first["linux"]["maskedPaths"].clear()
    first["process"]["capabilities"]["bounding"].clear()
    first["mounts"][0]["options"].clear()
    second = spec_of(PLAIN)
    assert second["linux"]["maskedPaths"]
    assert second["process"]["capabilities"]["bounding"]
    assert second["mounts"][0]["options"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"id": "-"}, "container id"),
        ({"image": " "}, "no image"),
        ({"network": "bridge"}, "no such network"),
        ({"cwd": "srv"}, "absolute"),
        ({"env": ("=x",)}, "no name"),
        ({"command": ("a\0",)}, "NUL"),
        ({"env": ("A=\udc80",)}, "broken text"),
        ({"memory": 4096}, "out of range"),
        ({"memory": 2**63}, "out of range"),
        ({"cpus": 0.001}, "out of range"),
        ({"cpus": float("nan")}, "out of range"),
        ({"cpus": float("inf")}, "out of range"),
        ({"pids": 0}, "out of range"),
        ({"hostname": "a_b"}, "host name"),
        ({"hostname": "a" * 64}, "host name"),
        ({"labels": (("", "x"),)}, "no key"),
        ({"labels": (("k", "x" * 4096),)}, "4096 bytes"),
        ({"mounts": (BindMount("/a", "/b"), BindMount("/c", "/b/"))}, "two mounts"),
    ],
)
def test_wrong_options(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidArgument, match=says):
        RunOptions(**{"image": "i", "id": "b", **wrong})


def test_secrets_stay_out_of_repr_and_errors() -> None:
    options = RunOptions("i", "b", ("x", "canary"), env=("A=canary",), labels=(("l", "canary"),))
    assert "canary" not in repr(options)
    with pytest.raises(InvalidArgument) as caught:
        RunOptions("i", "b", env=("A=canary\0",))
    assert "canary" not in str(caught.value)


def test_image_config_of_nulls() -> None:
    empty = {"config": {"Env": None, "Labels": None, "Cmd": None}, "rootfs": None, "os": None}
    assert ImageConfig.from_json(empty) == ImageConfig.from_json({}) == ImageConfig()


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        "x",
        {"config": []},
        {"config": {"Env": "A=1"}},
        {"config": {"Env": [1]}},
        {"config": {"Cmd": "sh"}},
        {"config": {"User": 0}},
        {"config": {"Labels": {"a": 1}}},
        {"config": {"WorkingDir": "/\0"}},
        {"config": {"User": "\ud800"}},
        {"os": 5},
        {"rootfs": {"diff_ids": ["sha256:../../x"]}},
    ],
)
def test_image_config_refused(wrong: object) -> None:
    with pytest.raises(InvalidArgument):
        ImageConfig.from_json(wrong)


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats()
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["config", "Env", "Cmd", "User", "Labels", "rootfs", "diff_ids", "os"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_any_json_is_read_or_refused(document: object) -> None:
    try:
        config = ImageConfig.from_json(document)
    except InvalidArgument:
        return
    spec = spec_of(RunOptions("i", "b", SLEEP, cwd="/"), config)
    json.dumps(spec).encode()


def test_host_facts_of_this_machine() -> None:
    plain = read_host_facts()
    assert plain.hostname
    assert plain.devices == ()
    facts = read_host_facts(privileged=True)
    assert "/dev/null" in {device.path for device in facts.devices}
    assert not any(device.path.startswith("/dev/pts/") for device in facts.devices)
    assert all(device.type in "cb" for device in facts.devices)
