"""What the interface itself submitted for forty workflows, against what the conversion makes of them."""

import copy
import random
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from comfy_facade import InvalidWorkflowError, Workflow
from comfy_facade.workflow.interface import convert
from tests.workflow.shared_files import ABSENT, NAMES, comparable, object_info, read

pytestmark = pytest.mark.skipif(not NAMES, reason=ABSENT)


@pytest.mark.parametrize("name", NAMES)
def test_conversion_submits_what_the_interface_submits(name: str) -> None:
    workflow = read("ui", name)
    before = copy.deepcopy(workflow)

    prompt = Workflow.load(workflow).to_prompt(object_info())

    assert comparable(prompt) == comparable(read("api", name))
    assert workflow == before


def test_score_of_all_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    equal = sum(
        comparable(Workflow.load(read("ui", name)).to_prompt(object_info())) == comparable(read("api", name))
        for name in NAMES
    )
    with capsys.disabled():
        sys.stdout.write(f"\n{equal} of {len(NAMES)} conversions equal what the interface submitted\n")
    assert equal == len(NAMES)


def test_a_hundred_nodes_convert_within_milliseconds() -> None:
    definitions = object_info()
    largest = max((read("ui", name) for name in NAMES), key=lambda ui: len(convert(ui, definitions).prompt))

    def seconds() -> float:
        # Time on the processor, so that a busy machine makes no difference.
        start = time.process_time()
        convert(largest, definitions)
        return time.process_time() - start

    assert min(seconds() for _ in range(7)) < 0.04


def test_damaged_workflows_raise_nothing_but_what_is_promised() -> None:
    chance = random.Random(5)
    small = sorted((read("ui", name) for name in NAMES), key=lambda workflow: len(str(workflow)))[:8]
    for _ in range(150):
        damaged = copy.deepcopy(chance.choice(small))
        places = list(places_in(damaged))
        for _ in range(chance.randint(1, 5)):
            holder, key = chance.choice(places)
            holder[key] = copy.deepcopy(chance.choice([None, -1, "x", [], {}, [[1]], {"a": 1}, 10**30, True]))
        try:
            loaded = Workflow.load(damaged, object_info())
        except InvalidWorkflowError:
            continue
        loaded.validate()
        loaded.inputs()


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places_in(value[key])
