"""What a node's definition says becomes a function's parameters, return type and documentation."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from comfy_facade import generate_module
from tests.codegen.generated import DYNAMIC, definition, module, signature


def one(spec: list[Any], *, optional: bool = False) -> str:
    """The parameter that an input becomes, on a server that gives out images and masks."""
    taking = definition(optional={"x": spec}) if optional else definition({"x": spec})
    node_defs = {"A": taking, "Give": definition(output=["IMAGE", "MASK"])}
    return signature(node_defs, "A")["x"]


@pytest.mark.parametrize(
    ("spec", "parameter"),
    [
        (["INT"], "int | Output[INT]"),
        (["INT", {"default": 3}], "int | Output[INT] = 3"),
        (["INT", {"default": 3.0}], "int | Output[INT] = 3"),
        (["INT", {"default": 3.5}], "int | Output[INT]"),
        (["INT", {"default": "3"}], "int | Output[INT]"),
        (["INT", {"default": True}], "int | Output[INT]"),
        (["INT", {"default": 3, "forceInput": True}], "int | Output[INT]"),
        (["INT", {"default": 10**400}], "int | Output[INT]"),
        (["FLOAT", {"default": 1}], "float | Output[FLOAT] = 1.0"),
        (["FLOAT", {"default": float("nan")}], "float | Output[FLOAT]"),
        (["FLOAT", {"default": float("inf")}], "float | Output[FLOAT]"),
        (["FLOAT", {"default": 10**299 * 100}], "float | Output[FLOAT]"),
        (["BOOLEAN", {"default": 1}], "bool | Output[BOOLEAN] = True"),
        (["BOOLEAN", {"default": "yes"}], "bool | Output[BOOLEAN]"),
        (["STRING", {"default": ""}], "str | Output[STRING] = ''"),
        (["STRING", {"default": None}], "str | Output[STRING]"),
        (["IMAGE"], "Output[IMAGE]"),
        (["IMAGE,MASK"], "Output[IMAGE] | Output[MASK]"),
        (["FLOAT, INT", {"default": 2.0}], "float | int | Output[FLOAT] | Output[INT] = 2.0"),
        (["STRING,IMAGE", {"default": ""}], "str | Output[STRING] | Output[IMAGE] = ''"),
        (["*"], "Output[object]"),
        (["IMAGE,*"], "Output[object]"),
        (["COLOR", {"default": "#fff"}], "Json | Output[COLOR] = '#fff'"),
        (["BOX", {"default": {"x": [1, None]}}], "Json | Output[BOX] = {'x': [1, None]}"),
        (["IMAGE", {"socketless": True}], "Json | Output[IMAGE]"),
        (["WEBCAM"], "Json | Output[WEBCAM]"),
        ([], "Json | Output[UNKNOWN]"),
        ([["a", "b"]], "Literal['a', 'b'] | Output[COMBO_LIST]"),
        ([["a", "b"], {"default": "b"}], "Literal['a', 'b'] | Output[COMBO_LIST] = 'b'"),
        ([["a", "b"], {"default": "c"}], "Literal['a', 'b'] | Output[COMBO_LIST]"),
        (["COMBO", {"options": [1, 5, 1]}], "Literal[1, 5] | Output[COMBO]"),
        (["COMBO", {"options": [True, "a", None]}], "Literal[True, 'a'] | Output[COMBO]"),
        (["COMBO", {"options": [0.5, "a"]}], "Literal['a'] | float | Output[COMBO]"),
        (["COMBO", {"options": [{"a": 1}]}], "Json | Output[COMBO]"),
        (["COMBO", {"options": []}], "str | Output[COMBO]"),
        (["COMBO"], "str | Output[COMBO]"),
        ([["a.png"], {"image_upload": True}], "str | Output[COMBO_LIST]"),
        (["COMBO", {"options": ["a"], "multiselect": True}], "Sequence[Literal['a']] | Output[COMBO]"),
        (
            ["COMBO", {"options": ["a"], "multi_select": {}, "default": ["a"]}],
            "Sequence[Literal['a']] | Output[COMBO] = ['a']",
        ),
        (["COMBO", {"options": ["a"], "multiselect": True, "default": "a"}], "Sequence[Literal['a']] | Output[COMBO]"),
    ],
)
def test_required_inputs(spec: list[Any], parameter: str) -> None:
    assert one(spec).replace('"', "'") == parameter


@pytest.mark.parametrize(
    ("spec", "parameter"),
    [
        (["INT"], "int | Output[INT] | None = None"),
        (["INT", {"default": 0}], "int | Output[INT] | None = 0"),
        (["INT", {"default": 0, "forceInput": True}], "int | Output[INT] | None = None"),
        (["MASK"], "Output[MASK] | None = None"),
    ],
)
def test_optional_inputs(spec: list[Any], parameter: str) -> None:
    assert one(spec, optional=True) == parameter


def test_long_choices_are_spelled_once() -> None:
    choices = [f"choice {number}" for number in range(20)]
    node_defs = {
        "B": definition({"y": [choices], "x": ["COMBO", {"options": choices}]}),
        "A": definition({"x": [choices]}),
    }
    assert signature(node_defs, "B")["x"] == "A_x | Output[COMBO]"
    assert generate_module(node_defs).count("choice 7") == 1


def test_hidden_inputs_are_none() -> None:
    node_defs = {"A": {"input": {"required": {}, "hidden": {"prompt": "PROMPT", "unique_id": "UNIQUE_ID"}}}}
    assert signature(node_defs, "A") == {"return": "GraphNode"}


def test_an_input_declared_twice_is_the_required_one() -> None:
    assert signature({"A": definition({"x": ["INT"]}, {"x": ["FLOAT"]})}, "A")["x"] == "int | Output[INT]"


@pytest.mark.parametrize(
    ("output", "given"),
    [
        ([], "GraphNode"),
        (["IMAGE"], "Output[IMAGE]"),
        (["*"], "Output[Any]"),
        (["COMBO"], "Output[COMBO]"),
        ([["a", "b"]], "Output[COMBO_LIST]"),
        (["IMAGE,MASK"], "Output[IMAGE_MASK]"),
        (["IMAGE", "MASK"], "AOutputs"),
        (["Epsilon Scale"], "Output[Epsilon_Scale]"),
    ],
)
def test_outputs(output: list[Any], given: str) -> None:
    assert signature({"A": definition(output=output)}, "A")["return"] == given


def test_a_type_named_like_a_class_has_another_spelling() -> None:
    made = module({"IMAGE": definition(output=["IMAGE"])})
    assert made.IMAGE.__annotations__ == {"return": "Output[IMAGE_2]"}
    assert made.TYPE_SPELLINGS == {"IMAGE_2": "IMAGE"}


def test_outputs_of_one_name_are_told_apart() -> None:
    text = generate_module({"A": definition(output=["IMAGE"] * 4, output_name=["x", "x", "x 2", "count"])})
    assert '[("x", Output[IMAGE]), ("x_2", Output[IMAGE]), ("output_2", Output[IMAGE])' in text
    assert '("count_", Output[IMAGE])]' in text


def test_the_documentation_tells_what_the_definition_tells() -> None:
    node_defs = {
        "A b": definition(
            {"x y": ["INT", {"tooltip": "How many\nof them", "min": 1, "max": 9}]},
            output=["IMAGE"],
            output_name=["picture"],
            output_tooltips=["What is seen."],
            display_name="Show",
            description="Shows it.",
            deprecated=True,
        )
    }
    # From 3.13 on Python itself takes the margin off.
    assert inspect.cleandoc(module(node_defs).A_b.__doc__) == (
        "Show. Deprecated. Shows it.\n"
        "\n"
        "Args:\n"
        "    x_y: How many of them. From 1 to 9.\n"
        "\n"
        "Returns:\n"
        "    picture: What is seen.\n"
        "\n"
        'The server calls this class "A b".'
    )


def test_spellings_are_told() -> None:
    made = module(
        {
            "Epsilon Scaling": definition({"a.": ["INT"], "b": ["INT"]}, output=["INT", "FLOAT"]),
            "Two": definition(output=["INT", "INT"], output_name=["a b", "c"]),
        }
    )
    assert made.CLASS_SPELLINGS == {"Epsilon_Scaling": "Epsilon Scaling"}
    assert made.INPUT_SPELLINGS == {"Epsilon_Scaling": {"a_": "a."}}
    assert made.OUTPUT_SPELLINGS == {"Two": {"a_b": "a b"}}
    assert made.TYPE_SPELLINGS == {}


def test_what_an_option_brings_in_is_a_parameter() -> None:
    assert signature(DYNAMIC, "Save") == {
        "images": "Output[IMAGE]",
        "format": 'Literal["png", "movie"]'.replace('"', "'"),
        "format_depth": "Literal['8', '16'] | Output[COMBO] | None = None",
        "format_codec": "Literal['auto', 'h264'] | None = None",
        "format_codec_crf": "float | Output[FLOAT] | None = None",
        "format_rate": "float | Output[FLOAT] | None = None",
        "format_sound": "Output[AUDIO] | None = None",
        "return": "GraphNode",
    }


def test_groups_slots_and_matched_types() -> None:
    assert signature(DYNAMIC, "Batch")["images"] == "Sequence[Output[IMAGE]] | Mapping[str, Output[IMAGE]]"
    inner = "float | int | Output[FLOAT] | Output[INT]"
    assert signature(DYNAMIC, "Named")["by"] == f"Sequence[{inner}] | Mapping[str, {inner}] | None = None"
    assert signature(DYNAMIC, "Attach")["mask"] == "Output[MASK] | None = None"
    assert signature(DYNAMIC, "Switch") == {
        "on": "bool | Output[BOOLEAN]",
        "this": "Output[Matched]",
        "that": "Output[Matched]",
        "return": "Output[Matched]",
    }
    assert 'Matched = TypeVar("Matched", IMAGE, MASK)' in generate_module(DYNAMIC)
    template = {"template": {"template_id": "t", "allowed_types": "*"}}
    any_type = definition(
        {"x": ["COMFY_MATCHTYPE_V3", template]}, output=["COMFY_MATCHTYPE_V3"], output_matchtypes=["t"]
    )
    assert signature({"Any": any_type}, "Any_") == {"x": "Output[Matched]", "return": "Output[Matched]"}
    assert module({"Any": any_type}).TYPE_SPELLINGS == {}
