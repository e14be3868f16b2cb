"""The workflow that is embedded holds the values that ran."""

import copy
from typing import Any

import pytest

from comfy_facade import Workflow, randomize_prompt
from tests.workflow.conversions import inputs
from tests.workflow.definitions import DEFINITIONS
from tests.workflow.interface_files import node, subgraph, workflow
from tests.workflow.shared_files import ABSENT, NAMES, comparable, object_info, read


def written(source: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Change a prompt made of a workflow, and give the workflow that goes with it."""
    before = copy.deepcopy(source)
    loaded = Workflow.load(source, DEFINITIONS)
    prompt = loaded.to_prompt()
    for key, value in changes.items():
        node_id, _, name = key.partition(".")
        assert name in prompt[node_id]["inputs"]
        prompt[node_id]["inputs"][name] = value
    found = loaded.to_interface(prompt)
    assert found is not None
    assert source == loaded.interface == before, "what was loaded stays as it is"
    if all(not isinstance(value, list) for value in changes.values()):
        assert Workflow.load(found, DEFINITIONS).to_prompt() == prompt
    return found


def values_of(found: dict[str, Any], place: int = 0) -> Any:
    return found["nodes"][place].get("widgets_values")


def test_a_changed_value_is_written_where_it_was_saved() -> None:
    found = written(
        workflow(node(3, "Sampler", [1, "randomize", 20, 8.0, "euler", "more"]), node(4, "Blur", [2])),
        {"3.seed": 7, "3.sampler": "ddim"},
    )

    assert values_of(found) == [7, "randomize", 20, 8.0, "ddim", "more"]
    assert values_of(found, 1) == [2]


def test_a_value_that_was_saved_by_name_is_written_by_name() -> None:
    assert values_of(written(workflow(node(3, "Blur", {"radius": 1, "x": 2})), {"3.radius": 7})) == {
        "radius": 7,
        "x": 2,
    }


def test_values_of_former_fields_keep_their_places() -> None:
    assert values_of(written(workflow(node(3, "Old", [0.5, 4])), {"3.count": 5})) == [0.5, 5]


def test_values_below_a_dynamic_combo_are_written() -> None:
    source = workflow(node(3, "Resize", ["to size", 8, 9, True]))

    assert values_of(written(source, {"3.mode.height": 10, "3.crop": False})) == ["to size", 8, 10, False]


def test_what_did_not_change_is_what_was_loaded() -> None:
    loaded = Workflow.load(workflow(node(3, "Encode", ["a // comment"]), node(4, "Number", [2**60 + 1])), DEFINITIONS)

    assert loaded.to_interface() is loaded.to_interface(loaded.to_prompt()) is loaded.interface


def test_edits_are_written() -> None:
    loaded = Workflow.load(workflow(node(3, "Sampler", [1, "fixed", 20]), node(4, "Nobody", [1])))
    loaded["Sampler"].steps = 30
    loaded.use(DEFINITIONS)
    loaded.set({"3.seed": 5})

    found = loaded.to_interface()

    assert found is not None
    assert values_of(found) == [5, "fixed", 30]
    assert values_of(loaded.copy().to_interface() or {}) == [5, "fixed", 30]


def test_what_has_no_place_is_left_out() -> None:
    source = workflow(node(3, "Sampler", [1]), node(4, "Blur", [1]), node(5, "Number", [3]))
    loaded = Workflow.load(source, DEFINITIONS)
    loaded["Sampler"].steps = 30
    loaded.replace("Blur", "Number", {"value": 9})
    loaded.remove("5")
    loaded.add("Blur", {"radius": 4})
    prompt = loaded.to_prompt()
    prompt["3"]["inputs"]["seed"] = ["4", 0]

    assert loaded.to_interface(prompt) is loaded.interface
    assert loaded.to_interface({"3": None, "4": {"inputs": 5}}) is loaded.interface


def test_a_list_is_written_without_what_marks_it_in_a_prompt() -> None:
    found = written(workflow(node(3, "Blur", [[1, 2]])), {"3.radius": {"__value__": [3, 4]}})

    assert values_of(found) == [[3, 4]]


def test_a_primitive_is_written_with_what_it_drives() -> None:
    found = written(
        workflow(
            node(1, "PrimitiveNode", [1, "randomize"], outputs=[[1]]),
            node(2, "Sampler", [1, "fixed", 20], seed=(1, {"widget": {"name": "seed"}})),
            links=[[1, 1, 0, 2, 0, "INT"]],
        ),
        {"2.seed": 7},
    )

    assert [values_of(found, place) for place in (0, 1)] == [[7, "randomize"], [7, "fixed", 20]]


def test_a_prompt_without_an_interface_has_nothing_to_write_to() -> None:
    assert Workflow.load({"3": {"class_type": "Blur", "inputs": {"radius": 1}}}, DEFINITIONS).to_interface() is None


INNER = subgraph(
    "inner",
    [
        node(10, "Sampler", [1, "fixed", 20, 8.0, "euler"], seed=(1, {"widget": {"name": "seed"}})),
        node(11, "Number", [3]),
    ],
    [[1, -10, 0, 10, 0]],
    inputs=[("seed", "INT", [1])],
)


def test_values_inside_a_subgraph_are_written_to_its_node_or_to_its_definition() -> None:
    source = workflow(node(5, "inner", [4]), definitions={"subgraphs": [INNER]})

    found = written(source, {"5:10.seed": 7, "5:10.steps": 30, "5:11.value": 9})

    assert values_of(found) == [7]
    assert values_of(found["definitions"]["subgraphs"][0]) == [1, "fixed", 30, 8.0, "euler"]
    assert values_of(found["definitions"]["subgraphs"][0], 1) == [9]


def test_a_value_that_its_node_does_not_hold_is_written_inside() -> None:
    source = workflow(node(5, "inner"), definitions={"subgraphs": [INNER]})

    found = written(source, {"5:10.seed": 7})

    assert values_of(found["definitions"]["subgraphs"][0])[0] == 7


def test_one_place_for_two_different_values_stays_as_it_was() -> None:
    source = workflow(node(5, "inner", [4]), node(6, "inner", [5]), definitions={"subgraphs": [INNER]})
    loaded = Workflow.load(source, DEFINITIONS)
    prompt = loaded.to_prompt()
    prompt["5:11"]["inputs"]["value"] = 8
    prompt["5:10"]["inputs"].update(seed=6, steps=9)
    prompt["6:10"]["inputs"].update(seed=7, steps=9)

    found = loaded.to_interface(prompt)

    assert found is not None
    assert [values_of(found, place) for place in (0, 1)] == [[6], [7]]
    assert [values_of(found["definitions"]["subgraphs"][0], place) for place in (0, 1)] == [
        [1, "fixed", 9, 8.0, "euler"],
        [3],
    ]


def test_values_promoted_in_the_old_way_are_written_to_the_node() -> None:
    plain = subgraph("plain", [node(11, "Number", [3]), node(12, "Blur", [2])], [])
    host = node(5, "plain", [6, 7])
    host["properties"] = {"proxyWidgets": [["12", "radius"], ["11", "value"]]}

    found = written(workflow(host, definitions={"subgraphs": [plain]}), {"5:11.value": 9})

    assert values_of(found) == [6, 9]


def test_values_in_a_group_node_are_written_to_it() -> None:
    group = {
        "nodes": [
            {"type": "Sampler", "widgets_values": [1, "fixed", 2, 3.0, "euler"]},
            {"type": "Blur", "widgets_values": [1]},
        ],
        "links": [],
    }
    source = workflow(node(5, "workflow>G", [4, "randomize", 20, 8.0, "euler", 6]), extra={"groupNodes": {"G": group}})

    found = written(source, {"5:0.seed": 7, "5:0.steps": 30, "5:1.radius": 9})

    assert values_of(found) == [7, "randomize", 30, 8.0, "euler", 9]
    assert found["extra"] == source["extra"]


@pytest.mark.skipif(not NAMES, reason=ABSENT)
@pytest.mark.parametrize("name", NAMES)
def test_fresh_seeds_of_recorded_workflows_come_back(name: str) -> None:
    loaded = Workflow.load(read("ui", name), object_info())
    before, prompt = loaded.to_prompt(), loaded.to_prompt()
    seeds = randomize_prompt(prompt, object_info())

    again = Workflow.load(loaded.to_interface(prompt), object_info()).to_prompt()

    for node_id, key in seeds:
        if inputs(again, node_id)[key] == inputs(before, node_id)[key]:
            # A file that is older than the input does not hold it.
            assert inputs(again, node_id)[key] == 0
            inputs(prompt, node_id)[key] = 0
    assert comparable(again) == comparable(prompt)
