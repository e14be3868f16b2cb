"""What the server would refuse, on prompts as small as they can be."""

import copy
from typing import Any

import pytest

from comfy_facade import InvalidWorkflowError, Problem, Workflow
from comfy_facade.workflow.validation import do_types_match
from tests.workflow.definitions import DEFINITIONS

SOUND: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
    "2": {"class_type": "Blur", "inputs": {"image": ["1", 0], "radius": 3}, "_meta": {"title": "Soften"}},
    "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "out"}},
}


def changed(node_id: str, **inputs: Any) -> Workflow:
    prompt = copy.deepcopy(SOUND)
    prompt[node_id]["inputs"].update(inputs)
    return Workflow.load(prompt)


def only(loaded: Workflow) -> Problem:
    problems = loaded.validate(DEFINITIONS)
    assert len(problems) == 1
    assert not problems.is_accepted
    return problems[0]


def test_a_sound_prompt_has_no_problems() -> None:
    problems = Workflow.load(SOUND).validate(DEFINITIONS)

    assert problems == []
    assert problems.runnable_outputs == ("3",)
    assert Workflow.load(SOUND).runnable_outputs(DEFINITIONS) == ["3"]


@pytest.mark.parametrize(
    ("inputs", "kind", "message"),
    [
        ({"radius": 32}, "value_bigger_than_max", "up to 31"),
        ({"radius": "three"}, "invalid_input_type", "no INT"),
        ({"radius": None}, "invalid_input_type", "no INT"),
        ({"radius": float("inf")}, "invalid_input_type", "no INT"),
        ({"radius": [1, 2, 3]}, "bad_linked_input", "two parts"),
        ({"image": ["1", 1]}, "return_type_mismatch", "is MASK"),
        ({"image": ["2", 0]}, "dependency_cycle", "2 -> 2"),
        ({"image": ["1", 5]}, "exception_during_inner_validation", "2 outputs"),
        ({"image": ["9", 0]}, "exception_during_inner_validation", "not in the prompt"),
    ],
)
def test_each_kind_of_fault_is_named(inputs: dict[str, Any], kind: str, message: str) -> None:
    problem = only(changed("2", **inputs))

    assert (problem.node_id, problem.class_type, problem.title, problem.kind) == ("2", "Blur", "Soften", kind)
    assert message in problem.message
    assert "node 2 (Soften)" in str(problem)


@pytest.mark.parametrize("value", ["3", 3.7, True, {"__value__": 3}])
def test_values_that_the_server_converts_are_sound(value: Any) -> None:
    assert changed("2", radius=value).validate(DEFINITIONS) == []


def test_a_missing_input_is_named() -> None:
    prompt = copy.deepcopy(SOUND)
    del prompt["2"]["inputs"]["radius"]
    problem = only(Workflow.load(prompt))

    assert (problem.kind, problem.input_name) == ("required_input_missing", "radius")


def test_a_missing_model_names_the_nearest_choice() -> None:
    prompt = {
        "1": {"class_type": "Loader", "inputs": {"name": "a.safetensor"}},
        "2": {"class_type": "Decode", "inputs": {"samples": ["1", 0], "vae": ["1", 2]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "out"}},
    }
    problems = Workflow.load(prompt).validate(DEFINITIONS)

    assert [each.kind for each in problems] == ["value_not_in_list", "return_type_mismatch"]
    assert "did you mean 'a.safetensors'?" in problems[0].message


def test_an_unknown_class_names_the_nearest() -> None:
    prompt = {**copy.deepcopy(SOUND), "4": {"class_type": "SavImage", "inputs": {}}}
    problem = only(Workflow.load(prompt))

    assert (problem.node_id, problem.kind) == ("4", "missing_node_type")
    assert "did you mean 'SaveImage'?" in problem.message


def test_a_prompt_without_outputs_is_refused() -> None:
    problem = only(Workflow.load({"1": SOUND["1"]}))

    assert (problem.node_id, problem.kind) == ("", "prompt_no_outputs")


def test_nodes_that_no_output_needs_are_not_looked_at() -> None:
    prompt = {**copy.deepcopy(SOUND), "4": {"class_type": "Blur", "inputs": {}}}

    assert Workflow.load(prompt).validate(DEFINITIONS) == []


def test_the_rest_runs_when_one_branch_is_faulty() -> None:
    prompt = copy.deepcopy(SOUND)
    prompt["4"] = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "raw"}}
    prompt["2"]["inputs"]["radius"] = 99
    problems = Workflow.load(prompt).validate(DEFINITIONS)

    assert [each.node_id for each in problems] == ["2"]
    assert problems.is_accepted
    assert problems.runnable_outputs == ("4",)


def test_dynamic_inputs_are_expected_by_choice() -> None:
    def problems(**inputs: Any) -> list[tuple[str, str]]:
        prompt = copy.deepcopy(SOUND)
        prompt["2"] = {"class_type": "Resize", "inputs": {"image": ["1", 0], "crop": True, **inputs}}
        return [(each.kind, each.input_name) for each in Workflow.load(prompt).validate(DEFINITIONS)]

    assert problems(mode="by factor", **{"mode.factor": 2}) == []
    assert problems(mode="by factor") == [("required_input_missing", "mode.factor")]
    assert problems(mode="unheard of") == []


def test_autogrow_groups_need_their_minimum() -> None:
    prompt = copy.deepcopy(SOUND)
    prompt["2"] = {"class_type": "Batch", "inputs": {"images.image1": ["1", 0]}}
    problem = only(Workflow.load(prompt))

    assert (problem.kind, problem.input_name) == ("required_input_missing", "images.image0")


def test_uploaded_files_are_left_to_the_node_unless_asked_for() -> None:
    loaded = changed("1", image="gone.png")

    assert loaded.validate(DEFINITIONS) == []
    assert [each.kind for each in loaded.validate(DEFINITIONS, check_files=True)] == ["custom_validation_failed"]
    assert [each.node_id for each in changed("1", image=5).validate(DEFINITIONS)] == ["1"]
    assert changed("1", image="sub/gone.png").validate(DEFINITIONS, check_files=True) == []


def test_a_prompt_deeper_than_the_stack_is_walked() -> None:
    prompt = {str(n): {"class_type": "Blur", "inputs": {"image": [str(n + 1), 0], "radius": 1}} for n in range(3000)}
    prompt["3000"] = SOUND["1"]
    prompt["save"] = {"class_type": "SaveImage", "inputs": {"images": ["0", 0], "filename_prefix": "out"}}

    assert Workflow.load(prompt).validate(DEFINITIONS) == []


def test_without_definitions_nothing_can_be_checked() -> None:
    with pytest.raises(InvalidWorkflowError, match="node_defs"):
        Workflow.load(SOUND).validate()


@pytest.mark.parametrize(
    ("received", "wanted", "fits"),
    [
        ("IMAGE", "IMAGE", True),
        ("IMAGE", "MASK", False),
        ("*", "MASK", True),
        ("FLOAT", "INT,FLOAT", True),
        ("STRING,INT", "FLOAT, INT", True),
        ("COMFY_MATCHTYPE_V3", "MASK", True),
        (["a", "b"], "COMBO", True),
        ("COMBO", ["a", "b"], False),
        (["a"], ["a"], True),
        (["a"], "STRING", False),
    ],
)
def test_link_types_are_compared_by_the_servers_rule(received: object, wanted: object, fits: bool) -> None:
    assert do_types_match(received, wanted) is fits
