"""The server's queue and history, read with trust in nothing."""

from __future__ import annotations

import heapq
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_facade import History, HistoryEntry, Queue, QueueItem
from tests.recordings import recordings

PROMPT = {"1": {"class_type": "SaveImage", "inputs": {}}}
ITEM = [5, "id", PROMPT, {"client_id": "me"}, ["1", 2]]
ENTRY: dict[str, Any] = {
    "prompt": ITEM,
    "outputs": {"1": {"images": []}, "2": None},
    "status": {
        "status_str": "success",
        "completed": True,
        "messages": [["execution_start", {"timestamp": 1}], ["execution_success", {"timestamp": 2}]],
    },
    "meta": {"1": {}},
}


class TestQueueItem:
    def test_its_parts(self) -> None:
        assert QueueItem.of_raw(ITEM) == QueueItem(5, "id", PROMPT, {"client_id": "me"}, ("1", "2"))

    def test_newer_servers_may_say_more(self) -> None:
        assert QueueItem.of_raw([*ITEM, {"sensitive": {}}, 7]) == QueueItem.of_raw(ITEM)

    @pytest.mark.parametrize("raw", [[None, "id"], ["5", "id", None, 7, "1"], (0, "id", [], [], {})])
    def test_what_is_missing_or_odd_is_empty(self, raw: object) -> None:
        assert QueueItem.of_raw(raw) == QueueItem(0, "id", {}, {}, ())

    @pytest.mark.parametrize("raw", [None, 7, "id", {}, [], [5], [5, None], [5, 7, PROMPT]])
    def test_without_an_id_it_is_none(self, raw: object) -> None:
        assert QueueItem.of_raw(raw) is None

    def test_its_repr_is_short(self) -> None:
        item = QueueItem.of_raw([5, "id", {"1": "x" * 10_000}, {"key": "x" * 10_000}, ["1"]])
        assert len(repr(item)) < 200


class TestQueue:
    def test_odd_items_are_left_out(self) -> None:
        queue = Queue.of_raw({"queue_running": [None, ITEM], "queue_pending": [7, [], ITEM]})
        assert ([item.prompt_id for item in queue.running], [item.prompt_id for item in queue.pending]) == (
            ["id"],
            ["id"],
        )

    @pytest.mark.parametrize("raw", [{}, {"queue_running": None, "queue_pending": "no"}])
    def test_odd_queues_are_empty(self, raw: dict[str, Any]) -> None:
        assert Queue.of_raw(raw) == Queue((), ())

    @given(
        st.lists(st.tuples(st.integers(-3, 3) | st.floats(-3, 3), st.text("abc", min_size=1, max_size=3)), unique=True)
    )
    def test_what_waits_is_in_the_order_in_which_it_will_run(self, entries: list[tuple[float, str]]) -> None:
        # As the server does it: items lie in a heap and are compared whole, so that the id decides between equals.
        heap: list[list[Any]] = []
        for number, prompt_id in entries:
            heapq.heappush(heap, [number, prompt_id, {}, {}, []])
        queue = Queue.of_raw({"queue_running": [], "queue_pending": list(heap)})
        will_run = [heapq.heappop(heap)[1] for _ in entries]
        assert [item.prompt_id for item in queue.pending] == will_run


class TestHistoryEntry:
    def test_its_parts(self) -> None:
        entry = HistoryEntry("id", ENTRY)
        assert entry.item == QueueItem.of_raw(ITEM)
        assert entry.outputs == {"1": {"images": []}, "2": {}}
        assert entry.status == "success"
        assert entry.messages == {"execution_start": {"timestamp": 1}, "execution_success": {"timestamp": 2}}
        assert entry.raw is ENTRY

    @pytest.mark.parametrize("raw", [{}, {"prompt": None, "outputs": [], "status": None}, {"status": {"messages": {}}}])
    def test_what_is_missing_or_odd_is_empty(self, raw: dict[str, Any]) -> None:
        entry = HistoryEntry("id", raw)
        assert (entry.item, entry.outputs, entry.status, entry.messages) == (None, {}, "", {})

    def test_odd_messages_are_left_out(self) -> None:
        raw = {"status": {"messages": [None, [], ["alone"], ["a", None], ["b", {}, 1], ["c", {"x": 1}]]}}
        assert HistoryEntry("id", raw).messages == {"a": {}, "c": {"x": 1}}

    def test_its_repr_is_short(self) -> None:
        assert repr(HistoryEntry("id", ENTRY)) == "HistoryEntry(prompt_id='id')"


class TestHistory:
    def test_it_is_a_mapping_that_reads_on_access(self) -> None:
        history = History({"a": ENTRY, "b": None})
        assert list(history) == ["a", "b"]
        assert len(history) == 2
        assert "a" in history
        assert "c" not in history
        assert history["a"] == HistoryEntry("a", ENTRY)
        assert history["b"].outputs == {}
        assert [entry.prompt_id for entry in history.values()] == ["a", "b"]
        with pytest.raises(KeyError):
            history["c"]


RECORDINGS = recordings("protocol")
NAMES = sorted(path.relative_to(RECORDINGS).as_posix() for path in RECORDINGS.glob("*/ws-*.json"))


@pytest.mark.skipif(not NAMES, reason="the recordings of real servers are not there")
@pytest.mark.parametrize("name", NAMES)
def test_what_real_servers_remember(name: str) -> None:
    recording = json.loads((RECORDINGS / name).read_text(encoding="utf-8"))
    body = recording["post_prompt"]["body"]
    for entry in History(recording["history"] or {}).values():
        assert entry.status in ("success", "error")
        assert "execution_start" in entry.messages
        assert entry.item is not None
        assert entry.item.prompt_id == entry.prompt_id
        assert entry.item.prompt == body["prompt"]
        assert entry.item.extra_data["client_id"] == body["client_id"]
        assert set(entry.outputs) <= set(entry.item.outputs_to_execute)
    queue = Queue.of_raw(recording["queue_after"])
    assert len(queue.running) == len(recording["queue_after"]["queue_running"])
    assert len(queue.pending) == len(recording["queue_after"]["queue_pending"])
