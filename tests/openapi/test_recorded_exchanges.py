"""Everything that real servers were recorded to say is what the contract says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest

from tests.openapi.contract import Contract
from tests.openapi.recordings import (
    PROTOCOL,
    VERSIONS,
    Recording,
    all_recordings,
    recorded_node_definitions,
    require_recordings,
)

CONTRACT = Contract()
RECORDINGS = list(all_recordings()) if PROTOCOL.is_dir() else []

# Asked of real servers to see how they answer a path that nobody serves.
NOT_A_ROUTE = {"/nope"}

NEVER_SEEN_TO_SUCCEED = {
    "viewMetadata": "needs a model file on the server",
    "getModelPreview": "needs a model file on the server",
    "getNodeDefinitions": "too large for the recordings; a test of its own looks at a whole answer",
    "pruneAssets": "was asked while a scan ran, and refused",
}

ONLY_SEEN_CUT_OFF = {
    "listSubgraphs": "long; the live test looks at whole answers",
    "getLogs": "long; the live test looks at whole answers",
    "getRawLogs": "long; the live test looks at whole answers",
}


@pytest.fixture(autouse=True)
def _recordings() -> None:
    require_recordings()


@pytest.mark.parametrize("version", VERSIONS)
def test_every_exchange_obeys_the_contract(version: str) -> None:
    judged = [
        recording
        for recording in RECORDINGS
        if recording.version == version and recording.exchange.target not in NOT_A_ROUTE
    ]
    assert len(judged) > 150
    problems = [
        f"{recording.source}: {problem}"
        for recording in judged
        for problem in CONTRACT.problems(recording.exchange, version=version)
    ]
    assert problems == []


def test_every_operation_was_seen() -> None:
    succeeded = set(_by_operation(lambda recording: recording.exchange.status < 400))
    assert set(CONTRACT.operations) - succeeded == set(NEVER_SEEN_TO_SUCCEED)


def test_answers_that_were_cut_off_are_known() -> None:
    """Of a cut-off answer only status and type are judged, so each needs a whole one elsewhere."""
    cut_off = set(_by_operation(lambda recording: recording.cut_off))
    whole = set(_by_operation(lambda recording: bool(recording.exchange.response_body)))
    assert cut_off - whole == set(ONLY_SEEN_CUT_OFF)


def test_operations_missing_on_old_server_are_marked() -> None:
    """What the old server answered as missing is what the contract marks as newer."""
    missing = {
        operation_id
        for operation_id, recordings in _by_operation(lambda recording: recording.version == "0.3.64").items()
        if all(_is_answer_of_the_router(recording) for recording in recordings)
    }
    marked = {operation.operation_id for operation in CONTRACT.operations.values() if operation.since}
    assert missing
    assert missing <= marked


def test_all_node_definitions_obey_the_contract() -> None:
    definitions = recorded_node_definitions()
    assert isinstance(definitions, dict)
    assert len(definitions) > 800
    assert CONTRACT.schema_problems("NodeDefinitions", definitions) == []


def _by_operation(wanted: Callable[[Recording], bool]) -> dict[str, list[Recording]]:
    found: defaultdict[str, list[Recording]] = defaultdict(list)
    for recording in RECORDINGS:
        operation = CONTRACT.find(recording.exchange.method, recording.exchange.target)
        if operation is not None and wanted(recording):
            found[operation[0].operation_id].append(recording)
    return found


def _is_answer_of_the_router(recording: Recording) -> bool:
    content_type = recording.exchange.response_content_type or ""
    return recording.exchange.status == 405 or (
        recording.exchange.status == 404 and content_type.startswith(("application/octet-stream", "application/json"))
    )
