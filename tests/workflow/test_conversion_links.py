"""Links lead to what gives a value: past reroutes, notes, muted and bypassed nodes, and primitives."""

from typing import Any

import pytest

from comfy_facade import Workflow
from tests.workflow.conversions import convert, inputs
from tests.workflow.definitions import DEFINITIONS
from tests.workflow.interface_files import node, subgraph, workflow


@pytest.mark.parametrize(
    "link", [[7, 1, 0, 2, 0, "IMAGE"], {"id": 7, "origin_id": 1, "origin_slot": 0, "target_id": 2, "target_slot": 0}]
)
def test_links_are_read_in_both_layouts(link: Any) -> None:
    prompt = convert(node(1, "LoadImage", ["x.png", "image"]), node(2, "Blur", [2], image=7), links=[link])

    assert inputs(prompt, "2") == {"image": ["1", 0], "radius": 2}


def test_a_link_wins_over_the_value_of_its_widget() -> None:
    prompt = convert(
        node(1, "Number", [9]),
        node(2, "Blur", [2], radius=(1, {"widget": {"name": "radius"}})),
        links=[[1, 1, 0, 2, 0, "INT"]],
    )

    assert inputs(prompt, "2")["radius"] == ["1", 0]


def test_notes_are_left_out() -> None:
    assert list(convert(node(1, "Note", ["hm"]), node(2, "MarkdownNote", ["# hm"]), node(3, "Number"))) == ["3"]


def unnamed(link: int) -> Any:
    return {"": link}


def test_reroutes_are_passed_through() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(2, "Reroute", **unnamed(1)),
        node(3, "Reroute", **unnamed(2)),
        node(4, "Blur", [1], image=3),
        links=[[1, 1, 0, 2, 0, "*"], [2, 2, 0, 3, 0, "*"], [3, 3, 0, 4, 0, "IMAGE"]],
    )

    assert list(prompt) == ["1", "4"]
    assert inputs(prompt, "4")["image"] == ["1", 0]


def test_reroutes_of_node_packs_are_passed_through() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(2, "Reroute (rgthree)", outputs=[[2]], **unnamed(1)),
        node(3, "Blur", [1], image=2),
        links=[[1, 1, 0, 2, 0, "*"], [2, 2, 0, 3, 0, "*"]],
    )

    assert list(prompt) == ["1", "3"]
    assert inputs(prompt, "3")["image"] == ["1", 0]


def test_a_value_is_gotten_from_where_it_was_set() -> None:
    inner = subgraph(
        "inner", [node(10, "GetNode", ["picture"], outputs=[[1]]), node(11, "Blur", [1], image=1)], [[1, 10, 0, 11, 0]]
    )
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(2, "SetNode", ["picture"], IMAGE=1, outputs=[[]]),
        node(3, "GetNode", ["picture"], outputs=[[2]]),
        node(4, "Blur", [1], image=2),
        node(5, "inner"),
        node(6, "GetNode", ["nothing"], outputs=[[3]]),
        node(7, "Blur", [1], image=3),
        links=[[1, 1, 0, 2, 0, "IMAGE"], [2, 3, 0, 4, 0, "IMAGE"], [3, 6, 0, 7, 0, "IMAGE"]],
        definitions={"subgraphs": [inner]},
    )

    assert set(prompt) == {"1", "4", "5:11", "7"}
    assert inputs(prompt, "4")["image"] == inputs(prompt, "5:11")["image"] == ["1", 0]
    assert "image" not in inputs(prompt, "7")


def test_setters_and_getters_of_two_packs_keep_to_themselves() -> None:
    loaded = Workflow.load(
        workflow(
            node(1, "LoadImage", ["x.png"]),
            node(2, "SetNode", ["picture"], IMAGE=1),
            node(3, "LoadImage", ["y.png"]),
            node(4, "easy setNode", ["picture"], IMAGE=2),
            node(5, "easy getNode", ["picture"], outputs=[[3]]),
            node(6, "GetNode", ["picture"], outputs=[[4]]),
            node(7, "Blur", [1], image=3),
            node(8, "Blur", [1], image=4),
            links=[[1, 1, 0, 2, 0, "*"], [2, 3, 0, 4, 0, "*"], [3, 5, 0, 7, 0, "IMAGE"], [4, 6, 0, 8, 0, "IMAGE"]],
        ),
        DEFINITIONS,
    )

    prompt = loaded.to_prompt()

    assert set(prompt) == {"1", "3", "7", "8"}
    assert inputs(prompt, "7")["image"] == ["3", 0]
    assert inputs(prompt, "8")["image"] == ["1", 0]
    assert loaded.warnings == []


def test_a_circle_of_reroutes_ends_with_a_warning() -> None:
    loaded = Workflow.load(
        workflow(
            node(1, "Reroute", **unnamed(2)),
            node(2, "Reroute", **unnamed(1)),
            node(3, "Blur", [1], image=3),
            links=[[1, 1, 0, 2, 0, "*"], [2, 2, 0, 1, 0, "*"], [3, 1, 0, 3, 0, "*"]],
        ),
        DEFINITIONS,
    )

    assert "image" not in loaded.to_prompt()["3"]["inputs"]
    assert "circle" in loaded.warnings[0]


def test_a_muted_node_is_gone_with_its_links() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"], mode=2), node(2, "Blur", [1], image=1), links=[[1, 1, 0, 2, 0, "IMAGE"]]
    )

    assert list(prompt) == ["2"]
    assert "image" not in inputs(prompt, "2")


def test_a_bypassed_node_hands_on_the_input_of_the_fitting_type() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(2, "Mix", mode=4, mask=1, image=2, outputs=[[3]]),
        node(3, "Blur", [1], image=3),
        links=[[1, 1, 1, 2, 0, "MASK"], [2, 1, 0, 2, 1, "IMAGE"], [3, 2, 0, 3, 0, "IMAGE"]],
    )

    assert list(prompt) == ["1", "3"]
    assert inputs(prompt, "3")["image"] == ["1", 0]


@pytest.mark.parametrize(("output", "kept"), [(0, ["1", 0]), (1, ["1", 1])])
def test_a_bypassed_node_prefers_the_input_at_the_place_of_the_output(output: int, kept: list[Any]) -> None:
    both = {"Both": {"input": {"required": {"a": ["IMAGE"], "b": ["IMAGE"]}}, "output": ["IMAGE", "IMAGE"]}}
    nodes = [
        node(1, "Both", outputs=[[1], [2]]),
        node(2, "Both", mode=4, a=1, b=2, outputs=[[3], [3]]),
        node(3, "Both", a=3),
    ]
    links = [[1, 1, 0, 2, 0, "IMAGE"], [2, 1, 1, 2, 1, "IMAGE"], [3, 2, output, 3, 0, "IMAGE"]]

    assert Workflow.load(workflow(*nodes, links=links)).to_prompt(both)["3"]["inputs"] == {"a": kept}


def test_a_primitive_node_gives_its_value_to_all_it_is_linked_to() -> None:
    prompt = convert(
        node(1, "PrimitiveNode", [12, "fixed"], outputs=[[1, 2]]),
        node(2, "Blur", [1], radius=(1, {"widget": {"name": "radius"}})),
        node(3, "Sampler", [5, "fixed", 30], steps=(2, {"widget": {"name": "steps"}})),
        links=[[1, 1, 0, 2, 0, "INT"], [2, 1, 0, 3, 0, "INT"]],
    )

    assert list(prompt) == ["2", "3"]
    assert inputs(prompt, "2")["radius"] == 12
    assert inputs(prompt, "3")["steps"] == 12
