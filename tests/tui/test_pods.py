"""Pods as groups, and the names that owners gave, as the details and the columns tell them."""

from __future__ import annotations

from ctdeck.descriptions import describe
from ctdeck.rows import ContainerRow
from tests.tui.apps import running
from tests.tui.neighbours import neighbours
from tests.tui.worlds import NOW, container, snapshot


def test_the_details_tell_the_pod_and_what_else_is_in_it() -> None:
    at = neighbours()
    app = next(each for each in at.containers.values() if each.short_name == "app")
    tabs = describe(ContainerRow(app, at.task_of(app)), at, NOW)
    facts = {fact.label: fact.value for fact in tabs["Details"]}
    assert (facts["name"], facts["pod"], facts["k8s ns"]) == ("app", "web-7d4b9c-zn9qd", "shop")
    assert (facts["namespace"], facts["restarts"]) == ("k8s.io", "4")
    pod = [fact.value for fact in tabs["Pod 3"]]
    assert [line.split()[-1] for line in pod] == ["sandbox", "app", "proxy"]
    assert [fact.label for fact in tabs["Pod 3"]] == ["", "this", ""]


def test_the_details_tell_what_dockerd_knows() -> None:
    at = neighbours()
    gitea = next(each for each in at.containers.values() if each.namespace == "moby")
    tabs = describe(ContainerRow(gitea, None), at, NOW)
    facts = {fact.label: fact.value for fact in tabs["Details"]}
    assert (facts["name"], facts["image"]) == ("gitea", "gitea/gitea:1.22")
    assert (facts["project"], facts["restarts"]) == ("git, service gitea", "1")
    assert not [name for name in tabs if name.startswith("Pod")]


async def test_columns_that_no_row_fills_are_stepped_over() -> None:
    async with running(snapshot(containers=[container("web")])) as (app, pilot):
        table = app.main.view.table
        seen = set()
        for _ in table.columns:
            await pilot.press("shift+right")
            seen.add(table.sort_column)
        assert {"id", "status", "image", "age"} <= seen
        assert not {"pod", "k8s-namespace", "name", "project", "restarts"} & seen
