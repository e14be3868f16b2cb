"""The interface's rules for values of widgets, one by one, on workflows as small as they can be."""

from typing import Any

import pytest

from comfy_facade import InvalidWorkflowError, Workflow
from tests.workflow.conversions import convert, inputs
from tests.workflow.definitions import DEFINITIONS
from tests.workflow.interface_files import node, workflow


def test_values_go_to_widgets_by_order_and_the_control_beside_a_seed_is_skipped() -> None:
    prompt = convert(node(1, "Sampler", [5, "randomize", 30, 7.5, "ddim"]))

    assert inputs(prompt, "1") == {"seed": 5, "steps": 30, "cfg": 7.5, "sampler": "ddim"}
    assert prompt["1"]["class_type"] == "Sampler"
    assert prompt["1"]["_meta"] == {"title": "My Sampler"}


def test_missing_values_are_the_defaults_and_surplus_ones_are_dropped() -> None:
    assert inputs(convert(node(1, "Sampler", [5])), "1") == {"seed": 5, "steps": 20, "cfg": 8.0, "sampler": "euler"}
    assert inputs(convert(node(1, "Blur", [3, "left", "over"])), "1") == {"radius": 3}
    assert inputs(convert(node(1, "Blur")), "1") == {"radius": 1}


def test_values_may_be_saved_by_name() -> None:
    assert inputs(convert(node(1, "Sampler", {"steps": 3, "cfg": 1.0})), "1")["steps"] == 3


def test_a_combo_without_a_value_takes_the_first_choice() -> None:
    assert inputs(convert(node(1, "Sampler", [5, "fixed", 30, 7.5, None])), "1")["sampler"] == "euler"


def test_numbers_beyond_2_to_the_53_are_rounded_as_browsers_round_them() -> None:
    assert inputs(convert(node(1, "Sampler", [2**63 + 1])), "1")["seed"] == 9223372036854776000
    assert inputs(convert(node(1, "Sampler", [2**53 - 1])), "1")["seed"] == 2**53 - 1


def test_lists_are_wrapped_since_a_bare_one_is_a_link() -> None:
    assert inputs(convert(node(1, "Number", [["1", 0]])), "1")["value"] == {"__value__": ["1", 0]}


def test_a_value_saved_before_an_input_became_a_socket_is_dropped() -> None:
    assert inputs(convert(node(1, "Old", [0.5, 4])), "1") == {"count": 4}
    assert inputs(convert(node(1, "Old", [4])), "1") == {"count": 4}


def test_the_upload_button_takes_a_place_but_is_not_submitted() -> None:
    assert inputs(convert(node(1, "LoadImage", ["x.png", "image"])), "1") == {"image": "x.png"}


def test_an_unknown_class_is_kept_with_a_warning_that_names_it() -> None:
    loaded = Workflow.load(
        workflow(node(1, "LoadImage", ["x.png"]), node(2, "Mystery", [1], image=1), links=[[1, 1, 0, 2, 0, "IMAGE"]]),
        DEFINITIONS,
    )

    assert loaded.to_prompt()["2"]["class_type"] == "Mystery"
    assert loaded.to_prompt()["2"]["inputs"] == {"image": ["1", 0]}
    assert "'Mystery'" in loaded.warnings[0]


def test_values_that_a_browser_records_are_warned_of() -> None:
    recorder = {"Record": {"input": {"required": {"audio": ["AUDIO_RECORD", {}]}}, "output": ["AUDIO"]}}
    loaded = Workflow.load(workflow(node(1, "Record", ["", ""])), recorder)

    assert loaded.to_prompt()["1"]["inputs"] == {"audio": ""}
    assert "recorded by a browser" in loaded.warnings[0]


def test_without_definitions_it_says_what_to_pass() -> None:
    with pytest.raises(InvalidWorkflowError, match="node_defs"):
        Workflow.load(workflow(node(1, "Number"))).to_prompt()


def test_definitions_may_be_objects_with_a_raw_entry() -> None:
    class Definition:
        def __init__(self, raw: dict[str, Any]) -> None:
            self.raw = raw

    wrapped = {name: Definition(raw) for name, raw in DEFINITIONS.items()}

    assert Workflow.load(workflow(node(1, "Number", [4]))).to_prompt(wrapped)["1"]["inputs"] == {"value": 4}
