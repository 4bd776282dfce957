"""What simulated tasks do by themselves, by a clock of our own."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from aiocontainerd.pb import containers_pb2, tasks_pb2, typeurl
from aiocontainerd.simulator import World, containers, tasks
from aiocontainerd.simulator.lives import Life, Lives, read_life
from aiocontainerd.simulator.world import StoredTask

NAMESPACE = "n"
FOREVER = Life(None, 0, obeys=0)
TERM, HUP, USR1 = 15, 1, 10


@pytest.mark.parametrize(
    ("args", "life"),
    [
        (["nginx", "-g", "daemon off;"], FOREVER),
        ([], FOREVER),
        (["/bin/true"], Life(0.0, 0)),
        (["false"], Life(0.0, 1)),
        (["sleep", "5"], Life(5.0, 0, obeys=None)),
        (["sleep", "infinity"], Life(None, 0, obeys=None)),
        (["/bin/sh"], Life(None, 0, obeys=None)),
        (["sh", "-c", "exit 7"], Life(0.0, 7, obeys=None)),
        (["sh", "-c", "sleep 1.5; exit 3"], Life(1.5, 3, obeys=None)),
        (["sh", "-c", "while true; do date; sleep 1; done"], Life(None, 0, obeys=None)),
        (["sh", "-c", "trap 'exit 5' TERM; while :; do sleep 1; done"], Life(None, 0, obeys=5)),
        (["sh", "-c", 'trap "echo no" TERM; sleep 9'], Life(9.0, 0, obeys=None)),
        (["tail", "-f", "/dev/null"], Life(None, 0, obeys=None)),
    ],
)
def test_a_life_is_read_from_the_command(args: list[str], life: Life) -> None:
    assert read_life(args) == life


@dataclass
class Clock:
    """Calls that wait for their time."""

    now: float = 0.0
    due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def later(self, seconds: float, call: Callable[[], None]) -> "Clock":
        self.due.append((self.now + seconds, call))
        return self

    def cancel(self) -> None:
        raise AssertionError("nobody cancels")

    def passes(self, seconds: float) -> None:
        self.now += seconds
        ready = [item for item in self.due if item[0] <= self.now]
        self.due = [item for item in self.due if item[0] > self.now]
        for _, call in ready:
            call()


@dataclass
class Host:
    """A world with its lives and its clock, and the topics that were published."""

    clock: Clock = field(default_factory=Clock)
    world: World = field(default_factory=World)
    topics: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lives = Lives(self.world, self.clock.later)
        publish = self.world.publish

        def heard(namespace: str, topic: str, message: object) -> None:
            self.topics.append(topic)
            publish(namespace, topic, message)  # type: ignore[arg-type]

        self.world.publish = heard  # type: ignore[method-assign,assignment]

    def create(self, id: str, *args: str, **labels: str) -> None:
        spec = typeurl.pack_json(typeurl.SPEC_URL, {"process": {"args": args}})
        wanted = containers_pb2.Container(
            id=id,
            runtime=containers_pb2.Container.Runtime(name="r"),
            spec=spec,
            labels={f"containerd.io/restart.{key}": value for key, value in labels.items()},
        )
        containers.create(self.world, NAMESPACE, wanted)
        self.topics.clear()

    def start(self, id: str) -> None:
        tasks.create(self.world, NAMESPACE, tasks_pb2.CreateTaskRequest(container_id=id))
        tasks.start(self.world, NAMESPACE, id)
        self.lives.begin(NAMESPACE, id)
        self.topics.clear()

    def task(self, id: str) -> StoredTask:
        return tasks.get(self.world, NAMESPACE, id)

    def state(self, id: str) -> tuple[int, int]:
        process = self.task(id).process
        return process.status, process.exit_status


@pytest.fixture
def host() -> Host:
    return Host()


def test_a_process_ends_after_its_time(host: Host) -> None:
    host.create("c", "sh", "-c", "sleep 5; exit 3")
    host.start("c")
    host.clock.passes(4.9)
    assert host.state("c") == (tasks.RUNNING, 0)
    host.clock.passes(0.2)
    assert host.state("c") == (tasks.STOPPED, 3)
    assert host.topics == ["/tasks/exit"]


def test_an_end_that_is_meant_for_an_earlier_process(host: Host) -> None:
    host.create("c", "sleep", "5")
    host.start("c")
    host.clock.passes(3)
    host.lives.signal(NAMESPACE, "c", tasks.KILL)
    assert host.state("c") == (tasks.STOPPED, 137)
    tasks.delete(host.world, NAMESPACE, "c")
    host.start("c")
    host.clock.passes(3)
    assert host.state("c") == (tasks.RUNNING, 0)
    host.clock.passes(3)
    assert host.state("c") == (tasks.STOPPED, 0)


def test_signals(host: Host) -> None:
    for id, args, number, ended in (
        ("polite", ["nginx"], TERM, (tasks.STOPPED, 0)),
        ("deaf", ["sleep", "1000"], TERM, (tasks.RUNNING, 0)),
        ("trapping", ["sh", "-c", "trap 'exit 5' TERM; sleep 99"], TERM, (tasks.STOPPED, 5)),
        ("asked", ["nginx"], USR1, (tasks.RUNNING, 0)),
        ("nothing", ["nginx"], 0, (tasks.RUNNING, 0)),
        ("killed", ["sleep", "1000"], tasks.KILL, (tasks.STOPPED, 137)),
    ):
        host.create(id, *args)
        host.start(id)
        host.lives.signal(NAMESPACE, id, number)
        host.clock.passes(0)
        assert host.state(id) == ended, id


def test_what_happens_to_a_frozen_process_waits(host: Host) -> None:
    host.create("c", "nginx")
    host.start("c")
    tasks.pause(host.world, NAMESPACE, "c")
    host.lives.signal(NAMESPACE, "c", TERM)
    host.clock.passes(1)
    assert host.state("c") == (tasks.PAUSED, 0)
    tasks.resume(host.world, NAMESPACE, "c")
    host.lives.resume(NAMESPACE, "c")
    assert host.state("c") == (tasks.STOPPED, 0)
    assert host.topics == ["/tasks/paused", "/tasks/resumed", "/tasks/exit"]


def test_a_frozen_process_can_be_killed(host: Host) -> None:
    host.create("c", "sleep", "1")
    host.start("c")
    tasks.pause(host.world, NAMESPACE, "c")
    host.clock.passes(2)
    host.lives.signal(NAMESPACE, "c", tasks.KILL)
    assert host.state("c") == (tasks.STOPPED, 137)


def test_a_chosen_life_overrules_and_may_end_for_want_of_memory(host: Host) -> None:
    host.create("c", "sleep", "1000")
    host.lives.chosen[NAMESPACE, "c"] = Life(lasts=2.0, oom=True)
    host.start("c")
    host.clock.passes(3)
    assert host.state("c") == (tasks.STOPPED, 137)
    assert host.topics == ["/tasks/oom", "/tasks/exit"]


def test_a_container_that_was_deleted_under_its_task(host: Host) -> None:
    host.create("c", "sleep", "1")
    host.start("c")
    containers.delete(host.world, NAMESPACE, "c")
    host.clock.passes(2)
    assert host.topics == ["/containers/delete", "/tasks/exit"]


def test_always_is_restarted(host: Host) -> None:
    host.create("c", "false", status="running", policy="always")
    host.start("c")
    host.clock.passes(0)
    pid = host.task("c").process.pid
    host.topics.clear()
    host.lives.restart()
    assert host.topics == ["/tasks/delete", "/tasks/create", "/tasks/start"]
    assert host.task("c").process.pid != pid
    host.topics.clear()
    host.lives.restart()  # it runs
    assert host.topics == []


def test_on_failure_gives_up_after_its_count(host: Host) -> None:
    host.create("c", "false", status="running", policy="on-failure:2")
    host.lives.restart()
    assert host.topics == []  # it never ran, so it never failed
    host.start("c")
    for _ in range(5):
        host.clock.passes(0)
        host.lives.restart()
    assert host.topics.count("/tasks/start") == 2
    labels = containers.get(host.world, NAMESPACE, "c").without_spec.labels
    assert labels["containerd.io/restart.count"] == "2"


def test_labels_that_hold_no_numbers(host: Host) -> None:
    host.create("c", "false", status="running", policy="on-failure:x", count="many")
    host.start("c")
    host.clock.passes(0)
    host.lives.restart()
    assert host.topics == ["/tasks/exit"]


def test_unless_stopped_and_stopped(host: Host) -> None:
    host.create("a", "false", status="running", policy="unless-stopped")
    host.create("b", "sleep", "9", status="stopped", policy="always")
    host.create("c", "sleep", "9")
    explicit = {"explicitly-stopped": "true"}
    host.create("d", "false", status="running", policy="unless-stopped", **explicit)
    for id in ("b", "c"):
        host.start(id)
    host.lives.restart()
    assert host.task("a").process.status == tasks.RUNNING
    assert host.state("b") == (tasks.STOPPED, 137)
    assert host.state("c") == (tasks.RUNNING, 0)
    assert "d" not in host.world.look(NAMESPACE).tasks


def test_an_exit_is_told_once(host: Host) -> None:
    host.create("c", "nginx")
    host.start("c")
    for status in (3, 4):
        tasks.exit(host.world, NAMESPACE, "c", status)
    assert host.state("c") == (tasks.STOPPED, 3)
    assert host.topics == ["/tasks/exit"]
    tasks.oom(host.world, NAMESPACE, "c")
    tasks.exit(host.world, "elsewhere", "c", 1)
    assert host.topics == ["/tasks/exit"]
