"""Finding nodes by what people know of them, and changing what they hold."""

import copy
from typing import Any

import pytest

from comfy_facade import ComfyUIError, InvalidWorkflowError, NodeSelectionError, UnknownInputError, Workflow
from tests.workflow.definitions import DEFINITIONS
from tests.workflow.interface_files import node, subgraph, workflow

PROMPT: dict[str, Any] = {
    "1": {"class_type": "Loader", "inputs": {"name": "a.safetensors"}},
    "2": {"class_type": "Encode", "inputs": {"text": "a cat", "clip": ["1", 1]}, "_meta": {"title": "Positive v1.5"}},
    "3": {
        "class_type": "Sampler",
        "inputs": {"model": ["1", 0], "seed": 1, "steps": 20, "cfg": 8.0, "sampler": "euler", "positive": ["2", 0]},
    },
    "4": {"class_type": "Decode", "inputs": {"samples": ["3", 0], "vae": ["1", 2]}},
    "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "out"}},
}


def load(node_defs: Any = None) -> Workflow:
    return Workflow.load(PROMPT, node_defs)


def two_encoders() -> Workflow:
    return Workflow.load({**PROMPT, "6": {"class_type": "Encode", "inputs": {"text": "", "clip": ["1", 1]}}})


@pytest.mark.parametrize("key", ["3", 3, "Sampler", "sampler"])
def test_a_node_is_found_by_id_class_and_title(key: str | int) -> None:
    loaded = load()

    loaded[key].seed = 7

    assert loaded[key].seed == 7
    assert loaded.to_prompt()["3"]["inputs"]["seed"] == 7
    assert loaded["Positive v1.5"].id == "2"
    assert key in loaded


def test_the_source_is_never_touched() -> None:
    before = copy.deepcopy(PROMPT)
    loaded = load()
    loaded["3"].seed = 7
    loaded.remove("4")
    loaded.to_prompt()["1"]["inputs"]["name"] = "changed"

    assert before == PROMPT
    assert loaded["1"].name == "a.safetensors"


def test_several_matches_are_an_error_that_lists_them() -> None:
    with pytest.raises(NodeSelectionError, match=r"2 \(Positive v1.5\), 6 \(Encode\)") as raised:
        two_encoders()["Encode"]

    assert raised.value.matches == ("2", "6")
    assert isinstance(raised.value, ComfyUIError)


def test_no_match_names_the_nearest() -> None:
    with pytest.raises(NodeSelectionError, match="did you mean 'Sampler'"):
        load()["Samplr"]


def test_find_gives_all_that_fit() -> None:
    loaded = two_encoders()

    assert [each.id for each in loaded.find("Encode")] == ["2", "6"]
    assert [each.id for each in loaded.find(class_type="Encode", title="Positive v1.5")] == ["2"]
    assert loaded.find("nothing") == []
    assert len(loaded.find()) == len(loaded) == len(list(loaded)) == 6


def test_set_takes_keys_with_dots_on_either_side() -> None:
    loaded = load()

    loaded.set({"2.text": "a dog", "Sampler.seed": 3, "Positive v1.5.text": "a bird"})

    assert loaded["2"].text == "a bird"
    assert loaded["3"].seed == 3


@pytest.mark.parametrize("key", ["3.sed", "9.seed", "seed", "Sampler.", ".seed"])
def test_a_wrong_key_sets_nothing(key: str) -> None:
    loaded = load()

    with pytest.raises((NodeSelectionError, UnknownInputError)):
        loaded.set({"3.steps": 99, key: 1})

    assert loaded.to_prompt() == load().to_prompt()


def test_an_unknown_input_names_the_nearest() -> None:
    with pytest.raises(UnknownInputError, match="did you mean 'seed'"):
        load()["3"].sed = 1
    with pytest.raises(UnknownInputError, match="it has cfg, model"):
        _ = load()["3"].nothing
    assert not hasattr(load()["3"], "nothing")


def test_with_definitions_optional_inputs_can_be_set() -> None:
    loaded = load(DEFINITIONS)
    loaded["3"].mask = ["1", 0]

    assert loaded["3"]["mask"] == ["1", 0]


def test_inputs_called_like_an_attribute_are_reached_as_items() -> None:
    loaded = Workflow.load({"1": {"class_type": "X", "inputs": {"title": "t", "a.b": 1}}})
    loaded["1"]["title"] = "new"
    loaded["1"]["a.b"] = 2

    assert loaded["1"].inputs == {"title": "new", "a.b": 2}
    with pytest.raises(AttributeError, match="is fixed"):
        setattr(loaded["1"], "title", "new")  # noqa: B010 (type checkers refuse the plain assignment too)


LISTS: list[Any] = [
    [],
    [1, 2, 3],
    [[0, 0], [1, 1]],
    [{"a": 1}, {"b": 2}],
    [[0, 0], 1],
    [["1", 0], ["1", 0]],
    ["1", True],
    ["1", 0.0],
    ["1", 0, 0],
    [1, 0],
]


@pytest.mark.parametrize("value", LISTS, ids=str)
def test_lists_are_wrapped_unless_they_are_links(value: Any) -> None:
    loaded = load()
    loaded["3"].seed = ["1", 0]
    loaded["3"].steps = value
    loaded["3"].cfg = tuple(value)
    added = loaded.add("Batch", {"image": ("4", 0), "values": value, "others": tuple(value), "size": 3})
    replaced = loaded.replace("5", "Batch", {"images": ["1", 0], "values": value})

    assert loaded["3"].inputs["seed"] == ["1", 0]
    assert loaded["3"].inputs["steps"] == loaded["3"].inputs["cfg"] == {"__value__": value}
    wrapped = {"__value__": value}
    assert added.inputs == {"image": ["4", 0], "values": wrapped, "others": wrapped, "size": 3}
    assert replaced.inputs == {"images": ["1", 0], "filename_prefix": "out", "values": {"__value__": value}}


def test_a_link_may_come_before_the_node_that_it_starts_from() -> None:
    loaded = load()
    first = loaded.add("Batch", {"image": ["ahead", 0]})
    loaded.replace("5", "Batch", {"images": ["ahead", 1]})
    loaded["3"].steps = ["ahead", 0]

    assert (first.image, loaded["5"].images) == (["ahead", 0], ["ahead", 1])
    assert loaded["3"].steps == {"__value__": ["ahead", 0]}, "a node that is there may be set to any list"


def test_what_an_edit_was_given_stays_the_callers() -> None:
    loaded, points = load(), [[0, 0], [1, 1]]
    loaded["3"].steps = points
    added = loaded.add("Curve", {"points": points})
    points[0][0] = 9

    assert loaded["3"].steps == added.points == {"__value__": [[0, 0], [1, 1]]}


def test_connect_takes_the_output_that_fits() -> None:
    loaded = load(DEFINITIONS)
    new = loaded.add("Loader", {"name": "b.safetensors"}, title="Second")
    loaded.connect("Second", "Decode.vae")
    loaded.connect(new.id, "2.clip", output="CLIP")
    loaded.connect(new.id, "3.model", output=0)

    assert loaded["4"].vae == [new.id, 2]
    assert loaded["2"].clip == [new.id, 1]
    assert loaded["3"].model == [new.id, 0]
    with pytest.raises(InvalidWorkflowError, match="no output"):
        loaded.connect("5", "3.model")


def test_replace_keeps_what_both_classes_have() -> None:
    loaded = load(DEFINITIONS)
    loaded.replace("SaveImage", "Blur", {"radius": 3})

    assert loaded["5"].class_type == "Blur"
    assert loaded["5"].inputs == {"radius": 3}
    assert load().replace("SaveImage", "PreviewImage").inputs == {"images": ["4", 0], "filename_prefix": "out"}


def test_remove_takes_the_links_with_it() -> None:
    loaded = load()
    removed = loaded["4"]
    loaded.remove("Decode")

    assert "4" not in loaded
    assert loaded["5"].inputs == {"filename_prefix": "out"}
    with pytest.raises(NodeSelectionError, match="removed"):
        _ = removed.title


def test_a_copy_has_edits_of_its_own() -> None:
    loaded = load()
    loaded["3"].seed = 5
    other = loaded.copy()
    other["3"].seed = 6

    assert (loaded["3"].seed, other["3"].seed) == (5, 6)
    assert Workflow.load(loaded)["3"].seed == 5


def interface_file() -> dict[str, Any]:
    blurs = subgraph("blurs", [node(10, "Blur", [3]), node(11, "Blur", [4], title="Second")], [])
    return workflow(
        node(1, "blurs", title="Left"),
        node(2, "blurs", title="Right"),
        node(3, "Blur", [5]),
        definitions={"subgraphs": [blurs]},
    )


def test_nodes_inside_subgraphs_are_found_by_path() -> None:
    loaded = Workflow.load(interface_file(), DEFINITIONS)

    assert loaded["Left/Second"].id == "1:11"
    assert loaded["2/10"].id == "2:10"
    assert [each.id for each in loaded.find("blurs subgraph/Second")] == ["1:11", "2:11"]
    loaded.set({"Right/Second.radius": 9})
    assert loaded["2:11"].radius == 9
    with pytest.raises(NodeSelectionError, match="fits 5 nodes"):
        loaded["Blur"]


def test_edits_may_come_before_the_definitions() -> None:
    loaded = Workflow.load(interface_file())
    loaded["3"].radius = 8
    loaded.set({"Left/Second.radius": 9})
    loaded.remove("2:10")
    prompt = loaded.to_prompt(DEFINITIONS)

    assert prompt["3"]["inputs"]["radius"] == 8
    assert prompt["1:11"]["inputs"]["radius"] == 9
    assert "2:10" not in prompt
    wrong = Workflow.load(interface_file())
    wrong["3"].radios = 8
    with pytest.raises(UnknownInputError, match="radius"):
        wrong.to_prompt(DEFINITIONS)


def test_inputs_lists_what_can_be_set() -> None:
    listed = {each.key: each for each in load(DEFINITIONS).inputs()}

    steps = listed["3.steps"]
    assert (steps.type, steps.value, steps.default, steps.minimum, steps.maximum) == ("INT", 20, 20, 1, 100)
    assert list(listed["3.sampler"].choices) == ["euler", "ddim"]
    assert listed["2.text"].title == "Positive v1.5"
    assert "3.model" not in listed
    assert "3.mask" not in listed
    assert [each.key for each in load().inputs()][:2] == ["1.name", "2.text"]
    assert load().inputs()[1].type == "STRING"
