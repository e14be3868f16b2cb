"""What a real server said of sound and broken prompts, against what the check says of them."""

import json
from typing import Any

import pytest

from comfy_facade import Problems, Workflow
from tests.workflow.shared_files import ABSENT, FOLDER, NAMES, object_info

pytestmark = pytest.mark.skipif(not NAMES, reason=ABSENT)

OWN_CODE = "custom_validation_failed"
INSIDE_THE_SERVER = {"exception_during_validation", "exception_during_inner_validation"}


def cases() -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((FOLDER / "verdicts.json").read_bytes()) if NAMES else []
    return content


def faults_of(verdict: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        # The server names the input it came from when it stumbles, not the one at fault.
        (node_id, kind, "" if kind in INSIDE_THE_SERVER else name or "")
        for node_id, errors in verdict["node_errors"].items()
        for kind, name in errors
        if kind != OWN_CODE
    }


def faults_found(problems: Problems) -> set[tuple[str, str, str]]:
    return {(each.node_id, each.kind, "" if each.kind in INSIDE_THE_SERVER else each.input_name) for each in problems}


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case['from']}-{case['mutation']}")
def test_the_check_agrees_with_the_server(case: dict[str, Any]) -> None:
    prompt, verdict = case["prompt"], case["verdict"]
    if "see" in prompt:
        prompt = json.loads((FOLDER / prompt["see"]).read_bytes())

    problems = Workflow.load(prompt).validate(object_info())

    if verdict["error"] in {"missing_node_type", "prompt_no_outputs"}:
        assert {each.kind for each in problems} == {verdict["error"]}
        assert not problems.is_accepted
        return
    assert faults_found(problems) == faults_of(verdict)
    if not any(kind == OWN_CODE for errors in verdict["node_errors"].values() for kind, _ in errors):
        assert problems.is_accepted == (verdict["status"] == 200)
