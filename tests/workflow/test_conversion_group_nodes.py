"""Group nodes, which came before subgraphs, are unfolded like them."""

from typing import Any

import pytest

from comfy_facade import InvalidWorkflowError
from tests.workflow.conversions import convert, inputs
from tests.workflow.interface_files import node

GROUP = {
    "nodes": [
        {"type": "LoadImage", "widgets_values": ["x.png", "image"], "outputs": [{"type": "IMAGE"}, {"type": "MASK"}]},
        {"type": "Blur", "widgets_values": [2], "inputs": [{"name": "image", "type": "IMAGE", "link": None}]},
        {"type": "Blur", "widgets_values": [3], "inputs": [{"name": "image", "type": "IMAGE", "link": None}]},
    ],
    "links": [[0, 0, 1, 0, 1, "IMAGE"]],
    "external": [],
}
GROUP_LINK: Any = {"Blur image": 1}


@pytest.mark.parametrize("separator", [">", "/"])
def test_a_group_node_is_unfolded_like_a_subgraph(separator: str) -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(5, f"workflow{separator}My group", ["y.png", "image", 7, 8], outputs=[[], [2], [3]], **GROUP_LINK),
        node(6, "SaveImage", ["p"], images=2),
        node(7, "SaveImage", ["q"], images=3),
        links=[[1, 1, 0, 5, 0, "IMAGE"], [2, 5, 1, 6, 0, "IMAGE"], [3, 5, 2, 7, 0, "IMAGE"]],
        extra={"groupNodes": {"My group": GROUP}},
    )

    assert set(prompt) == {"1", "6", "7", "5:0", "5:1", "5:2"}
    assert inputs(prompt, "5:0") == {"image": "y.png"}
    assert inputs(prompt, "5:1") == {"image": ["5:0", 0], "radius": 7}
    assert inputs(prompt, "5:2") == {"image": ["1", 0], "radius": 8}
    assert inputs(prompt, "6")["images"] == ["5:1", 0]
    assert inputs(prompt, "7")["images"] == ["5:2", 0]


def test_inputs_of_a_group_node_are_found_by_the_names_that_the_interface_gave_them() -> None:
    group = {
        "nodes": [
            {"type": "PrimitiveNode", "title": "Size", "outputs": [{"type": "INT"}]},
            {
                "type": "Blur",
                "inputs": [{"name": "image"}, {"name": "radius", "widget": {"name": "radius"}}],
            },
            {"type": "Blur", "title": "Soft"},
            *({"type": "Blur"} for _ in range(3)),
        ],
        "links": [[0, 0, 1, 1, 1, "INT"], [1, 0, 2, 0, 1, "IMAGE"]],
        "external": [[1, 0, "IMAGE"]],
    }
    links: dict[str, Any] = {"image": 1, "Blur image": 2, "Blur 2 image": 3}
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(5, "workflow>G", [9, "fixed", 7, 8, 11, 12], outputs=[[5]], **links),
        node(6, "SaveImage", ["p"], images=5),
        links=[*([n, 1, n % 2, 5, n - 1, "IMAGE"] for n in (1, 2, 3)), [5, 5, 0, 6, 0, "IMAGE"]],
        extra={"groupNodes": {"G": group}},
    )

    assert {path: entry["inputs"] for path, entry in prompt.items() if path.startswith("5:")} == {
        "5:1": {"image": ["1", 1], "radius": 9},
        "5:2": {"image": ["5:1", 0], "radius": 7},
        "5:3": {"image": ["1", 0], "radius": 8},
        "5:4": {"image": ["1", 1], "radius": 11},
        "5:5": {"radius": 12},
    }
    assert inputs(prompt, "6")["images"] == ["5:1", 0]


def test_a_group_node_that_contains_itself_is_refused() -> None:
    groups = {"Loop": {"nodes": [{"type": "workflow>Loop"}], "links": [], "external": []}}

    with pytest.raises(InvalidWorkflowError, match="contains itself"):
        convert(node(1, "workflow>Loop"), extra={"groupNodes": groups})
