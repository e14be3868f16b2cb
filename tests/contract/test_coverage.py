"""The suite speaks of every operation of the contract and of every kind of recorded session."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import yaml_documents
from tests.contract import test_events, test_prompts, test_receivers, test_sockets
from tests.recordings import recordings

HERE = Path(__file__).parent
RECORDINGS = recordings("protocol")
METHODS = {"get", "post", "put", "patch", "delete", "head"}


def described_operations() -> set[tuple[str, str]]:
    document = yaml_documents.read(HERE.parents[1] / "openapi" / "comfyui.yaml")
    return {
        (method, plain(path))
        for path, operations in document["paths"].items()
        for method in METHODS & operations.keys()
    }


def plain(path: str) -> str:
    """A path without its prefix, query and the names of its parameters."""
    path = re.sub(r"\{[^}]*\}", "{}", path.split("?")[0].removeprefix("/api"))
    # Several parameters can make up one part of a path: a folder and a name, encoded whole.
    return re.sub(r"\{\}%2F[^/]*", "{}", path)


def requested_operations() -> Iterator[tuple[str, str]]:
    for file in HERE.glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
                path = written_path(call.args[0])
                if call.func.attr in METHODS and path is not None:
                    yield call.func.attr, plain(path)


def written_path(argument: ast.expr) -> str | None:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    if isinstance(argument, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in argument.values)
    return None


def test_every_operation_is_asked_for() -> None:
    asked = set(requested_operations())
    missing = {
        (method, path)
        for method, path in described_operations()
        if not any(method == each and re.fullmatch(path.replace("{}", "[^/]+"), told) for each, told in asked)
    }
    assert not missing


# Each recorded session, and the test that says of every server what the recording says of two.
SESSIONS = {
    "built-in-SaveImageWebsocket": test_prompts.test_an_unknown_node_is_named,
    "custom-event": test_receivers.test_events_of_a_custom_node,
    "duplicate-prompt-id-second-time": test_receivers.test_the_same_id_twice_is_told_twice,
    "explicit-number": test_receivers.test_a_place_in_the_queue_changes_no_event,
    "front-of-queue": test_receivers.test_a_place_in_the_queue_changes_no_event,
    "fully-cached-rerun": test_events.test_a_prompt_that_ran_before_comes_from_the_cache,
    "image-over-websocket": test_receivers.test_pictures_sent_instead_of_saved,
    "interrupted": test_receivers.test_an_interrupt_is_told,
    "interrupted-globally": test_receivers.test_an_interrupt_is_told,
    "invalid-inputs": test_prompts.test_a_bad_input_is_named,
    "invalid-missing-node-type": test_events.test_a_refused_prompt_is_not_heard_of,
    "invalid-no-outputs": test_events.test_a_refused_prompt_is_not_heard_of,
    "no-feature-flags-legacy-previews": test_events.test_without_feature_flags_previews_are_plain,
    "node-raises": test_events.test_a_failure_is_told,
    "one-branch-invalid-other-runs": test_events.test_an_invalid_branch_does_not_run,
    "partial-execution-targets": test_events.test_partial_targets_run_what_they_need,
    "pending-prompt-deleted": test_receivers.test_a_deleted_prompt_is_not_heard_of,
    "reconnect-same-client-id": test_sockets.test_a_reconnect_hears_the_running_node_and_what_follows,
    "same-client-id-twice-then-first-closes": test_sockets.test_a_second_socket_goes_deaf_when_the_first_ends,
    "two-clients-who-sees-what": test_receivers.test_events_go_to_the_client_of_the_prompt,
    "two-image-outputs-and-text": test_events.test_events_come_in_order,
}


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings of real servers are not there")
def test_every_recorded_session_has_its_test() -> None:
    recorded = {path.stem.removeprefix("ws-") for path in RECORDINGS.glob("*/ws-*.json")}
    assert recorded == SESSIONS.keys()
