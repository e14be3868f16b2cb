"""The emulator answers every operation by the contract, to good requests and to bad ones, whatever way they come.

The same requests go to real servers in ``test_live_contract``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import httpx
import pytest
from comfy_rest import Client

from tests.openapi.contract import Contract
from tests.openapi.conversation import Send, Session, over_http, through_bindings
from tests.openapi.emulated import EVERYTHING, SETUPS, emulated, talked
from tests.openapi.recordings import VERSIONS, all_recordings, require_recordings

CONTRACT = Contract()

NOT_EMULATED = {
    ("pruneAssets", 409): "asked while a scan runs; the emulator's scans are over before anybody can ask",
}
"""Statuses that real servers were recorded to answer and the emulator can't, with the reason."""

NOT_PROVOKED = {
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


def _plain_http(url: str) -> tuple[Send, Callable[[], None]]:
    client = httpx.Client(base_url=url)
    return over_http(client, CONTRACT), client.close


def _bindings(url: str) -> tuple[Send, Callable[[], None]]:
    client = Client(base_url=url)
    return through_bindings(client, CONTRACT), client.get_httpx_client().close


def _sessions(connect: Callable[[str], tuple[Send, Callable[[], None]]]) -> dict[str, Session]:
    sessions = {}
    for setup in SETUPS:
        with emulated(setup) as server:
            send, close = connect(server.url)
            try:
                sessions[setup] = talked(setup, server.url, send, CONTRACT)
            finally:
                close()
    return sessions


@pytest.fixture(scope="module")
def over_the_wire() -> dict[str, Session]:
    """What came of all conversations, as plain HTTP, by setup."""
    return _sessions(_plain_http)


@pytest.fixture(scope="module")
def by_functions() -> dict[str, Session]:
    """What came of all conversations, through the bindings, by setup."""
    return _sessions(_bindings)


@pytest.mark.xdist_group("emulated contract")
@pytest.mark.parametrize("setup", SETUPS)
class TestEachServer:
    def test_answers_obey_the_contract(self, over_the_wire: dict[str, Session], setup: str) -> None:
        assert over_the_wire[setup].problems == []

    def test_bindings_read_what_was_sent(self, by_functions: dict[str, Session], setup: str) -> None:
        assert by_functions[setup].problems == []

    def test_every_operation_is_answered(self, over_the_wire: dict[str, Session], setup: str) -> None:
        session = over_the_wire[setup]
        too_new = {each.operation_id for each in CONTRACT.operations.values() if not each.is_in(session.version)}
        assert session.missing == too_new
        assert {operation_id for operation_id, _ in session.answered} == set(CONTRACT.operations) - too_new

    def test_every_operation_can_succeed(self, over_the_wire: dict[str, Session], setup: str) -> None:
        session = over_the_wire[setup]
        switched_off = set()
        if not session.assets:
            switched_off = {each.operation_id for each in CONTRACT.operations.values() if each.tag == "assets"}
        assert session.succeeded == set(CONTRACT.operations) - session.missing - switched_off


@pytest.mark.xdist_group("emulated contract")
def test_all_66_operations_succeed_over_the_wire(over_the_wire: dict[str, Session]) -> None:
    assert over_the_wire[EVERYTHING].succeeded == set(CONTRACT.operations)
    assert len(over_the_wire[EVERYTHING].succeeded) == 66


@pytest.mark.xdist_group("emulated contract")
def test_all_66_operations_succeed_through_the_bindings(by_functions: dict[str, Session]) -> None:
    assert by_functions[EVERYTHING].succeeded == set(CONTRACT.operations)
    assert len(by_functions[EVERYTHING].succeeded) == 66


@pytest.mark.xdist_group("emulated contract")
@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_status_is_answered(over_the_wire: dict[str, Session], version: str) -> None:
    require_recordings()
    recorded = defaultdict(set)
    for recording in all_recordings():
        found = CONTRACT.find(recording.exchange.method, recording.exchange.target)
        if recording.version == version and found is not None and found[0].is_in(version):
            recorded[found[0].operation_id, recording.exchange.status].add(str(recording))
    assert len(recorded) > 60
    answered = {each for session in over_the_wire.values() if session.version == version for each in session.answered}
    missed = {each: sources for each, sources in recorded.items() if each not in answered and each not in NOT_EMULATED}
    assert missed == {}
    assert not answered & set(NOT_EMULATED)


@pytest.mark.xdist_group("emulated contract")
def test_documented_statuses_that_nobody_saw_are_known(over_the_wire: dict[str, Session]) -> None:
    """A reader takes a documented status for something that happens."""
    answered = {each for session in over_the_wire.values() for each in session.answered}
    documented = {
        (operation.operation_id, int(status))
        for operation in CONTRACT.operations.values()
        for status in CONTRACT.responses(operation)
    }
    assert answered <= documented
    assert documented - answered == set(NOT_EMULATED) | set(NOT_PROVOKED)
