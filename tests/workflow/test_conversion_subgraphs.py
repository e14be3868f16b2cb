"""Subgraphs are unfolded with promoted widgets, ids and modes as the interface does, and endless ones refused."""

from typing import Any

import pytest

from comfy_facade import InvalidWorkflowError
from tests.workflow.conversions import convert, inputs
from tests.workflow.interface_files import node, subgraph

BLUR_TWICE = subgraph(
    "blurs",
    [
        node(10, "Blur", [3], image=1, radius=(2, {"widget": {"name": "radius"}}), outputs=[[3]]),
        node(11, "Blur", [4], image=3, outputs=[[4]]),
    ],
    [[1, -10, 0, 10, 0], [2, -10, 1, 10, 1], [3, 10, 0, 11, 0], [4, 11, 0, -20, 0]],
    inputs=[("image", "IMAGE", [1]), ("radius", "INT", [2])],
    outputs=[("IMAGE", "IMAGE", [4])],
)


def host(node_id: int, values: list[Any] | None, **slots: Any) -> dict[str, Any]:
    return node(node_id, "blurs", values, **slots)


def test_a_subgraph_is_unfolded_under_the_id_of_its_node() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        host(2, [9], image=1, radius=None, outputs=[[2]]),
        node(3, "SaveImage", ["p"], images=2),
        links=[[1, 1, 0, 2, 0, "IMAGE"], [2, 2, 0, 3, 0, "IMAGE"]],
        definitions={"subgraphs": [BLUR_TWICE]},
    )

    assert set(prompt) == {"1", "3", "2:10", "2:11"}
    assert inputs(prompt, "2:10") == {"image": ["1", 0], "radius": 9}
    assert inputs(prompt, "2:11") == {"image": ["2:10", 0], "radius": 4}
    assert inputs(prompt, "3")["images"] == ["2:11", 0]


def test_two_nodes_of_one_subgraph_have_values_of_their_own() -> None:
    prompt = convert(host(2, [9], radius=None), host(3, None, radius=None), definitions={"subgraphs": [BLUR_TWICE]})

    assert inputs(prompt, "2:10")["radius"] == 9
    assert inputs(prompt, "3:10")["radius"] == 3


def test_a_link_from_outside_drives_a_promoted_widget() -> None:
    prompt = convert(
        node(1, "Number", [5]),
        host(2, [9], image=None, radius=(1, {"widget": {"name": "radius"}})),
        links=[[1, 1, 0, 2, 1, "INT"]],
        definitions={"subgraphs": [BLUR_TWICE]},
    )

    assert inputs(prompt, "2:10")["radius"] == ["1", 0]


def test_nested_subgraphs_unfold_and_hand_promoted_values_down() -> None:
    outer = subgraph(
        "outer", [host(20, [1], radius=(1, {"widget": {"name": "radius"}}))], [[1, -10, 0, 20, 1]], [("r", "INT", [1])]
    )
    prompt = convert(node(5, "outer", [7], r=None), definitions={"subgraphs": [outer, BLUR_TWICE]})

    assert set(prompt) == {"5:20:10", "5:20:11"}
    assert inputs(prompt, "5:20:10")["radius"] == 7


def test_the_older_way_to_promote_widgets_is_understood() -> None:
    plain = subgraph("plain", [node(10, "Blur", [3], radius=(None, {"widget": {"name": "radius"}}))], [])
    older = {**node(2, "plain", [8]), "properties": {"proxyWidgets": [["10", "radius"], ["99", "gone"]]}}
    prompt = convert(older, node(3, "plain"), definitions={"subgraphs": [plain]})

    assert inputs(prompt, "2:10")["radius"] == 8
    assert inputs(prompt, "3:10")["radius"] == 3


def promoted(entry: list[str]) -> dict[str, Any]:
    inner = subgraph(
        "inner",
        [node(10, "Blur", [3], radius=(1, {"widget": {"name": "radius"}}))],
        [[1, -10, 0, 10, 1]],
        [("r", "INT", [1])],
    )
    outer = subgraph("outer", [node(20, "inner", [4], r=None), node(21, "inner", [6], r=None)], [])
    older = {**node(2, "outer", [8]), "properties": {"proxyWidgets": [entry]}}
    prompt = convert(older, definitions={"subgraphs": [outer, inner]})
    return {path: entry["inputs"]["radius"] for path, entry in prompt.items()}


@pytest.mark.parametrize("entry", [["20", "r"], ["20", "radius"], ["20", "10: radius"], ["20", "radius", "10"]])
def test_the_older_way_names_inner_widgets_in_several_ways(entry: list[str]) -> None:
    assert promoted(entry) == {"2:20:10": 8, "2:21:10": 6}


@pytest.mark.parametrize("entry", [["20", "radius", "11"], ["20", "width"], ["20", "$$preview"], ["-1", "r"], ["20"]])
def test_the_older_way_drops_what_leads_nowhere(entry: list[str]) -> None:
    assert promoted(entry) == {"2:20:10": 4, "2:21:10": 6}


@pytest.mark.parametrize(("kind", "name", "place", "value"), [("Blur", "radius", 1, 9), ("Sampler", "steps", 4, 5)])
def test_the_older_way_puts_one_input_in_place_of_a_primitive_if_one_will_do(
    kind: str, name: str, place: int, value: int
) -> None:
    driven: dict[str, Any] = {name: (2, {"widget": {"name": name}})}
    inner = subgraph(
        "driven",
        [
            node(10, "PrimitiveNode", [5], title="size", outputs=[[1, 2]]),
            node(11, "Blur", [1], radius=(1, {"widget": {"name": "radius"}})),
            node(12, kind, [2], **driven),
        ],
        [[1, 10, 0, 11, 1], [2, 10, 0, 12, place]],
    )
    older = {**node(2, "driven", [9]), "properties": {"proxyWidgets": [["10", "value"]]}}
    prompt = convert(older, definitions={"subgraphs": [inner]})

    assert inputs(prompt, "2:11")["radius"] == inputs(prompt, "2:12")[name] == value


def test_ids_of_a_subgraph_that_are_taken_are_given_anew() -> None:
    prompt = convert(node(10, "Number"), host(12, [9]), definitions={"subgraphs": [BLUR_TWICE]}, last_node_id=12)

    assert set(prompt) == {"10", "12:13", "12:11"}
    assert inputs(prompt, "12:11")["image"] == ["12:13", 0]


@pytest.mark.parametrize("mode", [2, 4])
def test_a_subgraph_switched_off_is_gone_as_a_whole(mode: int) -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        host(2, [9], mode=mode, image=1, outputs=[[2]]),
        node(3, "SaveImage", ["p"], images=2),
        links=[[1, 1, 0, 2, 0, "IMAGE"], [2, 2, 0, 3, 0, "IMAGE"]],
        definitions={"subgraphs": [BLUR_TWICE]},
    )

    assert set(prompt) == {"1", "3"}
    assert inputs(prompt, "3").get("images") == (["1", 0] if mode == 4 else None)


def test_a_subgraph_that_contains_itself_is_refused() -> None:
    loop = subgraph("loop", [node(1, "loop")], [])

    with pytest.raises(InvalidWorkflowError, match="contain themselves"):
        convert(node(2, "loop"), definitions={"subgraphs": [loop]})


def test_subgraphs_that_multiply_without_end_are_refused() -> None:
    levels = [subgraph("l0", [node(1, "Number")], [])]
    levels += [subgraph(f"l{n}", [node(10 * n + i, f"l{n - 1}") for i in range(9)], []) for n in range(1, 9)]

    with pytest.raises(InvalidWorkflowError, match="unfold into more"):
        convert(node(999, "l8"), definitions={"subgraphs": levels})
