"""What clients take and give, with exact types. It is checked, never run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, assert_type

import comfy_facade
from comfy_facade import (
    FileReference,
    Graph,
    GraphNode,
    History,
    HistoryEntry,
    InputDef,
    NodeDef,
    NodeDefs,
    Output,
    OutputDef,
    OutputFile,
    Problem,
    Problems,
    ProgressDisplay,
    PromptInput,
    PromptResult,
    PromptStatus,
    Queue,
    QueuedPrompt,
    QueueItem,
    RunProgress,
    StreamedImage,
    SyncOutputFile,
    Timings,
    Workflow,
    WorkflowNode,
)


def results(result: PromptResult[OutputFile], file: OutputFile | SyncOutputFile, image: StreamedImage) -> None:
    assert_type((result.prompt_id, result.texts), tuple[str, Sequence[str]])
    assert_type(result.outputs, Mapping[str, Mapping[str, Any]])
    assert_type(result.cached_nodes, frozenset[str])
    assert_type(result.timings, Timings)
    assert_type((result.timings.total, result.timings.execution), tuple[float | None, float | None])
    assert_type(result.events_complete, bool)
    assert_type((file.url, file.filename, file.subfolder, file.type, file.node_id), tuple[str, str, str, str, str])
    assert_type((file.is_image, file.is_animated, file.is_temporary), tuple[bool, bool, bool])
    reference: FileReference = file
    assert_type(reference.filename, str)
    data: bytes = image
    assert_type(len(data), int)


def states(status: PromptStatus, queued: QueuedPrompt, queue: Queue, history: History) -> None:
    assert_type((status.running, status.pending, status.done), tuple[bool, bool, bool])
    assert_type(status.position, int | None)
    assert_type((queued.prompt_id, queued.number), tuple[str, float])
    assert_type(queue.pending, tuple[QueueItem, ...])
    assert_type((queue.running[0].prompt_id, queue.running[0].number), tuple[str, float])
    assert_type(history["id"], HistoryEntry)
    assert_type((history["id"].status, history["id"].item), tuple[str, QueueItem | None])


def progress(seen: RunProgress, display: ProgressDisplay) -> None:
    assert_type((seen.fraction, seen.elapsed, seen.remaining), tuple[float, float, float | None])
    assert_type((seen.nodes_done, seen.nodes_total, seen.queue_position), tuple[int, int, int | None])
    assert_type((seen.node_id, seen.node_title), tuple[str | None, str | None])
    display(seen)


def definitions(node_defs: NodeDefs) -> None:
    node: NodeDef = node_defs["KSampler"]
    given: InputDef = node.inputs["seed"]
    output: OutputDef = node.outputs[0]
    assert_type((given.name, given.type, given.required), tuple[str, str, bool])
    assert_type((output.name, output.type, output.is_list), tuple[str, str, bool])


def workflows(node_defs: NodeDefs) -> None:
    workflow = Workflow.load("workflow.json")
    assert_type(workflow, Workflow)
    assert_type(workflow.to_prompt(node_defs), dict[str, Any])
    assert_type(workflow.inputs(), list[PromptInput])
    assert_type(workflow.find(class_type="KSampler"), list[WorkflowNode])
    workflow.set({"KSampler.steps": 20})
    problems = workflow.validate(node_defs)
    assert_type(problems, Problems)
    assert_type([problem.message for problem in problems], list[str])
    first: Problem = problems[0]
    assert_type((first.node_id, first.kind, problems.is_accepted), tuple[str, str, bool])
    for variation in comfy_facade.variations(workflow, {"KSampler.seed": [1, 2]}):
        assert_type(variation, dict[str, Any])
    assert_type(comfy_facade.randomize_prompt({}, node_defs), dict[tuple[str, str], int])


def graphs(node_defs: NodeDefs) -> None:
    with Graph() as graph:
        node = graph.add("EmptyImage", {"width": 8})
    assert_type(node, GraphNode)
    assert_type(node.output(0), Output[Any])
    assert_type(graph.to_prompt(), dict[str, Any])
    assert_type(comfy_facade.generate_module(node_defs), str)
    assert_type(comfy_facade.write_module(node_defs, "nodes.py"), Path)
