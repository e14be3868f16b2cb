"""The emulator answers every operation by the contract, to good requests and to bad ones, whatever way they come.

The same requests go to real servers in ``test_live_contract``.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest
from comfy_rest import Client

from tests import plain_http
from tests.openapi.contract import Contract
from tests.openapi.conversation import Session
from tests.openapi.emulated import EVERYTHING, SETUPS, emulated, talked
from tests.openapi.recordings import VERSIONS, all_recordings, require_recordings
from tests.openapi.sending import over_http, through_bindings

# Whoever runs tests in parallel had better not have each worker repeat the conversations.
pytestmark = pytest.mark.xdist_group("emulated contract")

CONTRACT = Contract()

NOT_EMULATED = {
    ("pruneAssets", 409): "asked while a scan runs; the emulator's scans are over before anybody can ask",
}
"""Statuses that real servers were recorded to answer and the emulator can't, with the reason."""

NOT_PROVOKED = {
    ("interrupt", 500): "a body that is JSON and no object; the emulator answers 400 to some, as a milder server may",
    ("cancelJobs", 500): "as interrupt",
    ("seedAssets", 409): "asked while a scan runs; the emulator's scans are over before anybody can ask",
    ("getAssetContent", 206): "0.33.0 sends the whole file whatever part is wanted; later servers may not",
    ("getAssetContent", 416): "as 206",
    ("getAssetContent", 501): "content that is kept elsewhere, which no server of today does",
    ("addAssetTags", 403): "assets of other owners, which no request can make",
    ("removeAssetTags", 403): "as for addAssetTags",
    ("updateAsset", 403): "as for addAssetTags",
    ("uploadAsset", 404): "content that is forgotten between two steps of one upload",
    ("getNodeDefinition", 500): "a node that fails to describe itself",
    ("listDirectoryFiles", 500): "a directory that does not exist yet; the emulator makes all of them",
    ("listUserDataV2", 500): "a directory that can't be read",
}
"""Statuses that the contract has and no request here leads to, with what would."""


@cache
def over_the_wire(setup: str) -> Session:
    """What came of all conversations with a server as plain HTTP."""
    with emulated(setup) as server, plain_http.Client(base_url=server.url) as client:
        return talked(setup, server.url, over_http(client, CONTRACT), CONTRACT)


@cache
def through_functions(setup: str) -> Session:
    """What came of all conversations with a server through the bindings."""
    with emulated(setup) as server, Client(base_url=server.url) as client:
        return talked(setup, server.url, through_bindings(client, CONTRACT), CONTRACT)


@pytest.mark.parametrize("setup", SETUPS)
class TestEachServer:
    def test_answers_obey_the_contract(self, setup: str) -> None:
        assert over_the_wire(setup).problems == []

    def test_bindings_read_what_was_sent(self, setup: str) -> None:
        assert through_functions(setup).problems == []

    def test_every_operation_is_answered(self, setup: str) -> None:
        session = over_the_wire(setup)
        too_new = {each.operation_id for each in CONTRACT.operations.values() if not each.is_in(session.version)}
        assert session.missing == too_new
        assert {operation_id for operation_id, _ in session.answered} == set(CONTRACT.operations) - too_new

    def test_every_operation_can_succeed(self, setup: str) -> None:
        session = over_the_wire(setup)
        switched_off = set()
        if not session.assets:
            switched_off = {each.operation_id for each in CONTRACT.operations.values() if each.tag == "assets"}
        assert session.succeeded == set(CONTRACT.operations) - session.missing - switched_off


def test_all_66_operations_succeed_over_the_wire() -> None:
    assert over_the_wire(EVERYTHING).succeeded == set(CONTRACT.operations)
    assert len(over_the_wire(EVERYTHING).succeeded) == 66


def test_all_66_operations_succeed_through_the_bindings() -> None:
    assert through_functions(EVERYTHING).succeeded == set(CONTRACT.operations)
    assert len(through_functions(EVERYTHING).succeeded) == 66


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_status_is_answered(version: str) -> None:
    require_recordings()
    recorded = defaultdict(set)
    for recording in all_recordings():
        found = CONTRACT.find(recording.exchange.method, recording.exchange.target)
        if recording.version == version and found is not None and found[0].is_in(version):
            recorded[found[0].operation_id, recording.exchange.status].add(str(recording))
    assert len(recorded) > 60
    answered = {
        each for session in map(over_the_wire, SETUPS) if session.version == version for each in session.answered
    }
    missed = {each: sources for each, sources in recorded.items() if each not in answered and each not in NOT_EMULATED}
    assert missed == {}
    assert not answered & set(NOT_EMULATED)


def test_documented_statuses_that_nobody_saw_are_known() -> None:
    """A reader takes a documented status for something that happens."""
    answered = {each for setup in SETUPS for each in over_the_wire(setup).answered}
    documented = {
        (operation.operation_id, int(status))
        for operation in CONTRACT.operations.values()
        for status in CONTRACT.responses(operation)
    }
    assert answered <= documented
    assert documented - answered == set(NOT_EMULATED) | set(NOT_PROVOKED)
