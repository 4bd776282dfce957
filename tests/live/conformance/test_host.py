"""What the daemon says of itself, and what only the simulator does not do."""

import pytest

from aiocontainerd.errors import Unimplemented
from aiocontainerd.pb import introspection_pb2, introspection_pb2_grpc, tasks_pb2, tasks_pb2_grpc
from aiocontainerd.services.introspection import GRPC, TRANSFER

from .there import There


@pytest.mark.targets("2", "simulator")
async def test_plugins(there: There) -> None:
    """What the client asks before it chooses its way."""
    info = await there.client.server_info()
    assert info.transfer
    assert info.services >= {
        *("containers", "content", "diff", "events", "images", "introspection", "leases"),
        *("namespaces", "snapshots", "streaming", "tasks", "transfer", "version"),
    }
    assert {"native", "overlayfs"} <= set(info.snapshotters)
    assert info.snapshotter == there.snapshotter
    assert info.version.startswith("2.1.")
    introspection = there.client.introspection
    assert await introspection.describes(TRANSFER, "local")
    assert not await introspection.describes(TRANSFER, "nothing")
    found = await introspection.plugins([f"type=={GRPC},id==tasks", "id==restart"])
    assert {(each.type, each.id) for each in found} == {
        (GRPC, "tasks"),
        ("io.containerd.monitor.container.v1", "restart"),
    }


async def test_it_stays_the_same_one(there: There) -> None:
    first = await there.client.server_info()
    again = await there.client.server_info(fresh=True)
    assert first == again
    assert first.uuid


@pytest.mark.targets("simulator")
async def test_what_the_simulator_does_not_do_is_said(there: There) -> None:
    await there.task("c")
    stub = there.client.channel.stub(tasks_pb2_grpc.TasksStub)
    request = tasks_pb2.UpdateTaskRequest(container_id="c")
    with pytest.raises(Unimplemented):
        await there.client.channel.unary(stub.Update, request, namespace=there.namespace)


async def test_a_plugin_filter(there: There) -> None:
    stub = there.client.channel.stub(introspection_pb2_grpc.IntrospectionStub)
    request = introspection_pb2.PluginsRequest(filters=["type==io.containerd.snapshotter.v1"])
    answer = await there.client.channel.unary(stub.Plugins, request)
    assert there.snapshotter in {plugin.id for plugin in answer.plugins}
    assert {plugin.type for plugin in answer.plugins} == {"io.containerd.snapshotter.v1"}
