"""A graph takes nodes and gives a prompt; it keeps nothing of its callers, and mixes with no other graph."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from comfy_facade import Graph, GraphNode, InvalidWorkflowError, Output
from comfy_facade.graph import open_graph


def test_nodes_get_ids_in_the_order_they_are_added() -> None:
    graph = Graph()
    first = graph.add("EmptyImage", {"width": 8})
    second = graph.add("ImageInvert", {"image": first.output()})
    assert (first.id, second.id, len(graph), graph.nodes) == ("1", "2", 2, (first, second))
    assert graph.to_prompt() == {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8}},
        "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
    }


def test_a_prompt_can_be_changed_without_changing_the_graph() -> None:
    graph = Graph()
    graph.add("Crop", {"box": {"sides": [1, 2]}})
    graph.to_prompt()["1"]["inputs"]["box"]["sides"].append(3)
    assert graph.to_prompt()["1"]["inputs"] == {"box": {"sides": [1, 2]}}


def test_the_graph_keeps_nothing_of_the_callers_values() -> None:
    graph, box = Graph(), {"sides": [1, 2]}
    graph.add("Crop", {"box": box})
    box["sides"].append(3)
    assert graph.to_prompt()["1"]["inputs"] == {"box": {"sides": [1, 2]}}


@pytest.mark.parametrize("value", [["1", 0], (0.5, 1.0), []])
def test_a_list_is_told_from_a_link(value: Any) -> None:
    graph = Graph()
    graph.add("Curve", {"points": value})
    assert graph.to_prompt()["1"]["inputs"] == {"points": {"__value__": list(value)}}


def test_handles_are_equal_if_they_are_of_one_output() -> None:
    node, other = GraphNode("1", "A", {}), GraphNode("1", "A", {})
    assert node.output(1) == Output(node, 1)
    assert hash(node.output(1)) == hash(Output(node, 1))
    assert len({node.output(0), node.output(1), other.output(0), node.output(0)}) == 3
    assert node.output() != "1"


def test_what_errors_show_names_class_and_id() -> None:
    node = GraphNode("3", "KSampler", {})
    assert (repr(node), repr(node.output(1))) == ("<KSampler 3>", "<output 1 of KSampler 3>")
    graph = Graph()
    graph.add("A", {})
    assert repr(graph) == "<graph of 1 nodes>"


def test_a_handle_of_another_graph_is_refused() -> None:
    here, there = Graph(), Graph()
    here.add("A", {})
    with pytest.raises(InvalidWorkflowError, match="another graph"):
        here.add("B", {"image": there.add("A", {}).output()})
    assert len(here) == 1


def test_a_node_is_no_handle() -> None:
    graph = Graph()
    with pytest.raises(InvalidWorkflowError, match=r"B\.image was given <A 1>, which has no output"):
        graph.add("B", {"image": graph.add("A", {})})


@pytest.mark.parametrize("value", [b"bytes", object(), {"deep": [b"bytes"]}])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(InvalidWorkflowError, match=r"B\.image was given .* neither JSON nor a handle"):
        Graph().add("B", {"image": value})


def test_a_handle_within_a_value_is_refused() -> None:
    graph = Graph()
    with pytest.raises(InvalidWorkflowError, match="neither JSON nor a handle"):
        graph.add("B", {"box": {"x": graph.add("A", {}).output()}})


def test_the_innermost_graph_is_open() -> None:
    outer, inner = Graph(), Graph()
    with outer:
        with inner:
            assert open_graph("A") is inner
        assert open_graph("A") is outer
        with pytest.raises(KeyError), inner:
            raise KeyError
        assert open_graph("A") is outer
    with pytest.raises(InvalidWorkflowError, match="A was called where no graph is open"):
        open_graph("A")


def test_a_graph_can_be_opened_again() -> None:
    graph = Graph()
    with graph as opened, graph:
        assert opened is graph
    assert open_graph_is_missing()
    with graph:
        assert open_graph("A") is graph


def open_graph_is_missing() -> bool:
    try:
        open_graph("A")
    except InvalidWorkflowError:
        return True
    return False


async def test_tasks_have_their_graphs_apart() -> None:
    async def write(name: str) -> Graph:
        with Graph() as graph:
            for _ in range(3):
                open_graph(name).add(name, {})
                await asyncio.sleep(0)
        return graph

    graphs = await asyncio.gather(write("A"), write("B"))
    assert [{node.class_type for node in graph.nodes} for graph in graphs] == [{"A"}, {"B"}]
    assert [len(graph) for graph in graphs] == [3, 3]
