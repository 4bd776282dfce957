"""What the pages say of specs: limits in human words, namespaces, rights; of anything at all."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.host_facts import CAPABILITY_NAMES, HostFacts
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.models import Task, TaskStatus
from aiocontainerd.run_options import RunOptions
from aiocontainerd.safe import safe
from aiocontainerd.spec import build_spec
from aiocontainerd.users import ResolvedUser
from ctdeck.descriptions.facts import Fact
from ctdeck.descriptions.spec import env_facts, spec_facts

OPTIONS = RunOptions(image="x", id="web", command=("serve", "--token", "hunter2"))


def spec(**options: Any) -> dict[str, Any]:
    facts = HostFacts("node7", CAPABILITY_NAMES)
    user = ResolvedUser(1000, 100, (100, 5))
    return build_spec(
        replace(OPTIONS, **options), ImageConfig(), namespace="default", user=user, host=facts
    )


def page(document: dict[str, Any]) -> dict[str, str]:
    """Label → its lines."""
    said: dict[str, str] = {}
    label = ""
    for fact in spec_facts(document):
        label = fact.label or label
        said[label] = f"{said[label]}\n{fact.value}" if label in said else fact.value
    return said


def test_an_ordinary_one() -> None:
    said = page(spec())
    assert said["command"] == "serve --token ***"
    assert said["user"] == "1000:100, also in 5"
    assert said["memory"] == "no limit: all of the host's"
    assert said["cpus"] == "no limit: all of the host's"
    assert said["processes"] == "no limit"
    assert said["namespaces"].splitlines()[:2] == ["pid      its own", "network  its own"]
    assert "user     the host's" in said["namespaces"]
    assert said["capabilities"] == "the usual ones"
    assert said["setuid"] == "gains nothing (no new privileges)"
    assert said["seccomp"] == "off: all system calls"
    assert said["cgroup"] == "/default/web"
    assert "privileged" not in said


def test_limits_are_in_human_words() -> None:
    document = spec(memory=512 << 20, cpus=1.5, pids=100)
    said = page(document)
    assert said["memory"] == "537 MB"
    assert said["cpus"] == "at most 1.5 at a time"
    assert said["processes"] == "at most 100"
    memory = document["linux"]["resources"]["memory"]
    memory["swap"] = memory["limit"]
    assert page(document)["memory"] == "537 MB, no swap"
    memory["swap"] = 2 * memory["limit"]
    assert page(document)["memory"] == "537 MB, and 537 MB of swap"
    memory["swap"] = -1
    assert page(document)["memory"] == "537 MB, and swap without limit"
    memory["limit"] = 9223372036854771712  # cgroup v1's "none"
    assert page(document)["memory"].startswith("no limit")


def test_what_is_the_hosts_or_anothers_and_what_is_allowed() -> None:
    document = spec(network="host", privileged=True, readonly=True)
    document["linux"]["namespaces"][0]["path"] = "/proc/77/ns/pid"
    said = page(document)
    assert "network  the host's" in said["namespaces"]
    assert "pid      joined: /proc/77/ns/pid" in said["namespaces"]
    assert said["privileged"] == "yes: root in it is root on this host"
    assert said["capabilities"] == "all 41"
    assert said["rootfs"] == "read-only"
    assert said["devices"].startswith("all of the host's")


def test_capabilities_beside_the_usual_ones() -> None:
    document = spec()
    bounding = document["process"]["capabilities"]["bounding"]
    bounding.remove("CAP_MKNOD")
    bounding.append("CAP_NET_ADMIN")
    assert page(document)["capabilities"] == "the usual ones\nand NET_ADMIN\nwithout MKNOD"
    document["process"]["capabilities"]["bounding"] = []
    assert page(document)["capabilities"] == "none"


def test_seccomp_hooks_and_sysctls() -> None:
    document = spec()
    document["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{}, {}]}
    document["linux"]["sysctl"] = {"net.ipv4.ip_forward": "1"}
    document["hooks"] = {"prestart": [{"path": "/bin/x", "args": ["x", "--password", "hunter2"]}]}
    said = page(document)
    assert said["seccomp"] == "on: 2 rules, otherwise errno"
    assert said["sysctl"] == "net.ipv4.ip_forward = 1"
    assert said["hook"] == "prestart: x --password ***"


def test_the_environment_is_masked_and_kept() -> None:
    facts = env_facts(("PATH=/bin", "DB_PASSWORD=hunter2", "ODD"))
    assert facts[0] == Fact("", "PATH=/bin")
    assert (facts[1].value, facts[1].plain) == ("DB_PASSWORD=***", "DB_PASSWORD=hunter2")
    assert facts[2].value == "ODD"
    assert env_facts(()) == [Fact("", "It has no variables.", "muted")]


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for name, each in inner:
        yield from paths(each, (*at, name))


FULL = spec(network="host", memory=1 << 30, cpus=1.0, pids=5, privileged=True) | {
    "hooks": {"prestart": [{"path": "/x", "args": ["x"]}]},
    "annotations": {"a": "b"},
}
ODD = st.sampled_from([None, True, -1, 1 << 70, 0.5, "", "x\x1b[2J", [], [[]], [{}], {}, {"a": {}}])


@given(st.sampled_from([each for each in paths(FULL) if each]), ODD)
def test_any_json_has_a_page(path: tuple[Any, ...], odd: Any) -> None:
    document = here = copy.deepcopy(FULL)
    for name in path[:-1]:
        here = here[name]
    here[path[-1]] = odd
    for fact in spec_facts(document):
        assert isinstance(fact.value, str)
        assert "\x1b" not in safe(fact.label) + safe(fact.value)


def test_a_task_says_where_its_streams_go_and_why_it_ended() -> None:
    from aiocontainerd.inspect.records import TaskPage
    from ctdeck.descriptions.tasks import task_facts

    task = Task("default", "web", 12, TaskStatus.STOPPED, exit_status=137)
    page = TaskPage(task, "", "file:///var/log/x", "binary:///bin/log?token=hunter2")
    said = {fact.label: fact.value for fact in task_facts(page, None)}
    assert said["exit"] == "status 137: by SIGKILL"
    assert said["stdin"] == "nowhere (/dev/null)"
    assert said["stdout"] == "file:///var/log/x  (a file)"
    assert "hunter2" not in said["stderr"]
    assert said["stderr"].endswith("(a program)")
