"""Calls of written functions put into the prompt what was given, and refuse what no node would take."""

from __future__ import annotations

from typing import Any

import pytest

from comfy_facade import Graph, GraphNode, InvalidWorkflowError, Output
from tests.codegen.generated import DYNAMIC, definition, module

NODES = module(DYNAMIC)


def inputs(function: str, **arguments: Any) -> dict[str, Any]:
    """What the prompt has for one call, where `"picture"` stands for a handle of a picture."""
    with Graph() as graph:
        picture, sound, mask = NODES.Picture(), NODES.Sound(), NODES.Mask()
        known = {"picture": picture, "sound": sound, "mask": mask}
        placed = {
            name: known.get(value, value) if isinstance(value, str) else value for name, value in arguments.items()
        }
        for name, value in placed.items():
            if isinstance(value, list):
                placed[name] = [known.get(item, item) for item in value]
        getattr(NODES, function)(**placed)
    found: dict[str, Any] = graph.to_prompt()["4"]["inputs"]
    return found


def test_only_what_is_given_is_sent() -> None:
    nodes = module({"A b": definition({"x.": ["INT", {"default": 1}]}, {"y": ["INT"], "z": ["INT", {"default": 2}]})})
    with Graph() as graph:
        nodes.A_b()
        nodes.A_b(x_=5, y=6, z=None)
    assert graph.to_prompt() == {
        "1": {"class_type": "A b", "inputs": {"x.": 1, "z": 2}},
        "2": {"class_type": "A b", "inputs": {"x.": 5, "y": 6}},
    }


def test_what_a_call_gives() -> None:
    nodes = module(
        {"None ": definition(), "One": definition(output=["INT"]), "Two": definition(output=["INT", "FLOAT"])}
    )
    with Graph() as graph:
        nothing, one, two = nodes.None_(), nodes.One(), nodes.Two()
    assert isinstance(nothing, GraphNode)
    assert one == Output(graph.nodes[1], 0)
    assert two == (Output(graph.nodes[2], 0), Output(graph.nodes[2], 1))
    assert tuple(two) == (two.INT, two.FLOAT)
    assert repr(two) == "Outputs(INT=<output 0 of Two 3>, FLOAT=<output 1 of Two 3>)"


def test_several_outputs_are_not_one() -> None:
    nodes = module({"Two": definition(output=["INT", "INT"], output_name=["a", "b"]), "A": definition({"x": ["INT"]})})
    with Graph(), pytest.raises(InvalidWorkflowError, match=r"A\.x was given Outputs\(a=.* neither"):
        nodes.A(x=nodes.Two())


def test_required_inputs_must_be_given() -> None:
    with Graph(), pytest.raises(TypeError, match="required keyword-only argument: 'images'"):
        NODES.Batch()


def test_a_call_outside_of_a_graph_is_refused() -> None:
    with pytest.raises(InvalidWorkflowError, match="Picture was called where no graph is open"):
        NODES.Picture()


def test_a_default_is_not_shared_between_nodes() -> None:
    nodes = module({"A": definition({"box": ["BOX", {"default": {"x": 0}}]})})
    with Graph() as graph:
        nodes.A()
    graph.to_prompt()["1"]["inputs"]["box"]["x"] = 1
    with graph:
        nodes.A()
    assert [node["inputs"] for node in graph.to_prompt().values()] == [{"box": {"x": 0}}] * 2


def test_options_bring_their_inputs() -> None:
    assert inputs("Save", images="picture", format="png") == {"images": ["1", 0], "format": "png", "format.depth": "8"}
    assert inputs("Save", images="picture", format="png", format_depth="16")["format.depth"] == "16"
    assert inputs("Save", images="picture", format="movie", format_sound="sound") == {
        "images": ["1", 0],
        "format": "movie",
        "format.codec": "auto",
        "format.rate": 24.0,
        "format.sound": ["2", 0],
    }
    nested = inputs("Save", images="picture", format="movie", format_codec="h264", format_codec_crf=3.0)
    assert {name: value for name, value in nested.items() if "codec" in name} == {
        "format.codec": "h264",
        "format.codec.crf": 3.0,
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"format": "png", "format_rate": 3.0}, r"no input format\.rate where its options are {'format': 'png'}"),
        ({"format": "movie", "format_codec_crf": 3.0}, r"no input format\.codec\.crf"),
    ],
)
def test_an_input_of_another_option_is_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidWorkflowError, match=told):
        inputs("Save", images="picture", **arguments)


def test_an_unknown_option_is_left_to_the_server() -> None:
    assert inputs("Save", images="picture", format="gif") == {"images": ["1", 0], "format": "gif"}


def test_groups_are_numbered_or_named() -> None:
    assert inputs("Batch", images=["picture", "picture"]) == {"images.image0": ["1", 0], "images.image1": ["1", 0]}
    assert inputs("Batch", images={"image0": 1, "image2": 2}) == {"images.image0": 1, "images.image2": 2}
    assert inputs("Named", by=[1, 2.5]) == {"by.a": 1, "by.b": 2.5}
    assert inputs("Named", by={"b": 2}) == {"by.b": 2}
    assert inputs("Named") == {}


@pytest.mark.parametrize(
    ("function", "arguments", "told"),
    [
        ("Batch", {"images": ["picture"]}, r"Batch\.images takes 2 at least, not 1"),
        ("Batch", {"images": ["picture"] * 4}, r"Batch\.images takes 3 at most, not 4"),
        ("Batch", {"images": {"image0": 1, "image3": 1}}, r"Batch has no input images\.image3"),
        ("Named", {"by": {"c": 1}}, r"Named has no input by\.c"),
        ("Named", {"by": [1, 2, 3]}, r"Named\.by takes 2 at most, not 3"),
    ],
)
def test_groups_of_a_wrong_size_are_refused(function: str, arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidWorkflowError, match=told):
        inputs(function, **arguments)


def test_a_slot_brings_its_inputs_only_if_it_is_given() -> None:
    assert inputs("Attach") == {}
    assert inputs("Attach", mask="mask") == {"mask": ["3", 0], "mask.grow": 3}
    with pytest.raises(InvalidWorkflowError, match=r"no input mask\.grow"):
        inputs("Attach", mask_grow=3)
