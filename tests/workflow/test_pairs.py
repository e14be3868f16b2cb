"""What the interface itself submitted for forty workflows, against what the conversion makes of them."""

import copy
import sys
import time

import pytest

from comfy_facade import Workflow
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


def test_a_large_workflow_converts_within_milliseconds() -> None:
    definitions = object_info()
    largest = max((read("ui", name) for name in NAMES), key=lambda workflow: len(str(workflow)))
    loaded = Workflow.load(largest)

    def seconds() -> float:
        start = time.perf_counter()
        loaded.copy().to_prompt(definitions)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.05
