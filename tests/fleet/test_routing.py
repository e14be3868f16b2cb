"""Who runs a prompt: pure verdicts."""

from __future__ import annotations

import json

import pytest
from attrs import evolve

from comfy_fleet.model_needs import lacking, model_files
from comfy_fleet.prompt_task import PromptTask, StoredInput
from comfy_fleet.queue_names import broker_priority, checked_tags, queue_for_tags, queues_served
from comfy_fleet.routing import Forward, Route, Run, SetAside, Situation, Unserved, judge, unserved_reasons
from comfy_fleet.start_record import Start, kills, open_start, starts_of_json, starts_to_json, with_last
from comfy_fleet.worker_card import WorkerCard, cards_of_json

NOW = 1000.0
ME = WorkerCard("me", "i1", NOW, frozenset({"red"}), slots=2)
OTHER = WorkerCard("other", "i2", NOW, frozenset({"red", "big"}), slots=2)
PROMPT = {"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "a.safetensors"}}}
TASK = PromptTask("id", PROMPT, tags=frozenset({"red"}), unserved_timeout=60.0)
SITUATION = Situation(ME, [OTHER], [], None, NOW, 15.0, 3)


def start(worker: str, instance: str, *, running: bool = True, lost: bool = False, back: bool = False) -> Start:
    return Start(worker, instance, NOW, running, lost, back)


def test_a_prompt_runs_where_it_came_to() -> None:
    assert judge(TASK, Route(), SITUATION) == Run(look_first=False)


def test_a_prompt_begun_here_by_a_predecessor_is_looked_for() -> None:
    assert judge(TASK, Route(), evolve(SITUATION, starts=[start("me", "i0")])) == Run(look_first=True)


def test_a_prompt_begun_elsewhere_goes_back_while_that_worker_lives() -> None:
    begun = evolve(SITUATION, starts=[start("other", "i2")])
    assert judge(TASK, Route(), begun) == Forward("comfy:other", Route())
    dead = evolve(begun, others=[evolve(OTHER, at=NOW - 16)])
    assert judge(TASK, Route(), dead) == Run(look_first=False)
    down = evolve(begun, others=[evolve(OTHER, is_up=False)])
    assert judge(TASK, Route(), down) == Run(look_first=False)
    holding = evolve(begun, others=[evolve(OTHER, is_up=False, in_hand=("id",))])
    assert judge(TASK, Route(), holding) == Forward("comfy:other", Route())
    ended = evolve(SITUATION, starts=[start("other", "i2", back=True)])
    assert judge(TASK, Route(), ended) == Run(look_first=False)


def test_three_losses_are_too_many() -> None:
    lost = [start("a", "x", lost=True), start("b", "y"), start("me", "i0")]
    verdict = judge(TASK, Route(), evolve(SITUATION, starts=lost, others=[]))
    assert verdict == SetAside(("the server of a", "worker b", "worker me"))
    assert judge(TASK, Route(), evolve(SITUATION, starts=lost[1:], others=[])) == Run(look_first=True)
    # One that never left a server's queue took nothing down.
    pending = [evolve(one, is_running=False) for one in lost]
    assert judge(TASK, Route(), evolve(SITUATION, starts=pending, others=[])) == Run(look_first=True)
    assert isinstance(judge(TASK, Route(), evolve(SITUATION, starts=pending * 40, others=[])), SetAside)


def test_what_is_not_for_this_worker_goes_to_its_queue() -> None:
    strange = evolve(TASK, tags=frozenset({"big", "red"}))
    assert judge(strange, Route(), SITUATION) == Forward("comfy+big+red", Route())
    down = evolve(SITUATION, card=evolve(ME, is_up=False))
    verdict = judge(TASK, Route(), down)
    assert isinstance(verdict, Forward)
    assert (verdict.queue, verdict.delay) == ("comfy+red", 1.0)


def test_a_refused_prompt_asks_every_live_worker_then_waits_then_fails() -> None:
    lacks = evolve(SITUATION, lack="no node class X")
    first = judge(TASK, Route(), lacks)
    assert isinstance(first, Forward)
    assert (first.queue, first.route) == ("comfy:other", Route({"me": "no node class X"}, NOW))
    asked = Route({"other": "no node class X"}, NOW - 10)
    waits = judge(TASK, asked, lacks)
    assert isinstance(waits, Forward)
    assert waits.queue == "comfy+red"
    assert waits.delay > 0
    assert waits.unserved == {"other": "no node class X", "me": "no node class X"}
    # Then everybody is asked anew.
    assert waits.route == Route({}, NOW - 10)
    late = Route({"other": "no node class X"}, NOW - 60)
    assert judge(TASK, late, lacks) == Unserved({"other": "no node class X", "me": "no node class X"})
    patient = evolve(TASK, unserved_timeout=None)
    assert isinstance(judge(patient, late, lacks), Forward)
    # One whose server is down, or that serves other tags, cannot help.
    for card in (evolve(OTHER, is_up=False), evolve(OTHER, tags=frozenset()), evolve(OTHER, at=0.0)):
        alone = judge(TASK, Route(), evolve(lacks, others=[card]))
        assert isinstance(alone, Forward)
        assert alone.unserved == {"me": "no node class X"}


def test_a_prompt_prefers_the_server_that_has_its_models_loaded() -> None:
    warm = evolve(SITUATION, others=[evolve(OTHER, loaded=frozenset({"a.safetensors", "b.safetensors"}))])
    assert judge(TASK, Route(), warm) == Forward("comfy:other", Route(is_redirected=True))
    # Once is enough, a busy server is none, and neither is one elsewhere if this one has them.
    assert judge(TASK, Route(is_redirected=True), warm) == Run(look_first=False)
    busy = evolve(warm, others=[evolve(warm.others[0], in_hand=("1", "2", "3", "4"))])
    assert judge(TASK, Route(), busy) == Run(look_first=False)
    here = evolve(warm, card=evolve(ME, loaded=frozenset({"a.safetensors"})))
    assert judge(TASK, Route(), here) == Run(look_first=False)
    assert judge(evolve(TASK, prompt={}), Route(), warm) == Run(look_first=False)


def test_queues_and_priorities() -> None:
    assert queue_for_tags([]) == "comfy"
    assert queue_for_tags(["b", "a"]) == "comfy+a+b"
    assert queues_served(frozenset({"b", "a"})) == ["comfy+a+b", "comfy+a", "comfy+b", "comfy"]
    assert [broker_priority(priority, "redis://x") for priority in (0, 9)] == [9, 0]
    assert [broker_priority(priority, "amqp://x") for priority in (0, 9)] == [0, 9]
    with pytest.raises(ValueError, match="0 to 9"):
        broker_priority(10, "redis")
    for wrong in (["A"], ["a b"], ["a+b"], [""]):
        with pytest.raises(ValueError, match="the tag"):
            checked_tags(wrong)
    with pytest.raises(ValueError, match="at most"):
        checked_tags([*"abcdefg"], 6)
    with pytest.raises(ValueError, match="several"):
        checked_tags("red")


def test_what_a_server_lacks() -> None:
    definitions = {
        "Old": {"input": {"required": {"ckpt_name": [["a.safetensors"]], "sampler": [["euler"]]}}},
        "New": {"input": {"optional": {"lora": ["COMBO", {"options": ["l.safetensors"]}], "text": ["STRING", {}]}}},
    }

    def prompt(class_type: str, **inputs: object) -> dict[str, object]:
        return {"1": {"class_type": class_type, "inputs": inputs}}

    assert lacking(prompt("Old", ckpt_name="a.safetensors"), definitions) is None
    assert lacking(prompt("Old", ckpt_name="b.safetensors"), definitions) == "no model file b.safetensors"
    assert lacking(prompt("New", lora="x.safetensors"), definitions) == "no model file x.safetensors"
    assert lacking(prompt("None"), definitions) == "no node class None"
    # A mistake in the prompt is the server's to refuse, on every server alike.
    assert lacking(prompt("Old", sampler="eulr"), definitions) is None
    # Text and links are no files, whatever they look like.
    assert lacking(prompt("New", text="b.safetensors", lora=["2", 0]), definitions) is None
    assert model_files(PROMPT) == {"a.safetensors"}


def test_why_nobody_takes_a_prompt() -> None:
    tags = frozenset({"big"})
    assert unserved_reasons(tags, [], NOW, 15) == {"": "no worker is alive"}
    assert unserved_reasons(tags, [ME], NOW, 15) == {"me": "does not serve big"}
    assert unserved_reasons(tags, [ME, OTHER], NOW, 15) == {}
    assert unserved_reasons(tags, [evolve(OTHER, is_up=False)], NOW, 15) == {"other": "its server is down"}


def test_records_survive_json() -> None:
    task = evolve(
        TASK, workflow={"nodes": []}, inputs={"a.png": StoredInput("ab" * 32, 5, ".png")}, seeds={("1", "seed"): 7}
    )
    assert PromptTask.of_json(json.loads(json.dumps(task.to_json()))) == task
    with pytest.raises(ValueError, match="another version"):
        PromptTask.of_json({**task.to_json(), "version": 99})
    route = Route({"a": "b"}, 5.0, is_redirected=True)
    assert Route.of_json(json.loads(json.dumps(route.to_json()))) == route
    starts = with_last([start("a", "x"), start("b", "y", running=False)], "lost")
    assert starts_of_json(json.loads(json.dumps(starts_to_json(starts)))) == starts
    assert starts_of_json(None) == []
    assert open_start(starts) is None
    assert open_start(starts[:1]) == starts[0]
    assert kills(starts[:1], "x") == []
    card = evolve(ME, in_hand=("1",), running=("1",), loaded=frozenset({"m"}), failures=(("1", "why"),))
    assert cards_of_json([json.loads(json.dumps(card.to_json())), None, {}]) == [card]
