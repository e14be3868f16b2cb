"""Running one prompt: which node when, what is taken from the cache, and the events that tell of it.

The order of events is that of the real server. Node code runs on the event loop if it is quick, else in the one
worker thread. The queue and the history are somebody else's: a run ends with a `RunRecord`.
"""

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

from comfy_emulator.exception_report import execution_details
from comfy_emulator.execution import Execution, InterruptedPromptError, Report
from comfy_emulator.frames import described_preview_frame, plain_preview_frame, progress_text_frame
from comfy_emulator.graph import ExecutionOrder
from comfy_emulator.json_types import JsonObject, is_link, is_tuple
from comfy_emulator.node_types import NodeClass, Ui
from comfy_emulator.progress import ProgressState, node_identity
from comfy_emulator.prompt_queue import QueueItem
from comfy_emulator.result_cache import NodeResult
from comfy_emulator.run_record import RunRecord
from comfy_emulator.script import AtStep, DropSockets, InterruptPrompt, scripted_exception
from comfy_emulator.signature import signatures
from comfy_emulator.surroundings import Surroundings

_METADATA_FLAG: Final = "supports_preview_metadata"


class PromptRun:
    """One prompt while it runs.

    Args:
        item: The prompt.
        around: What all runs share.

    Attributes:
        client_id: The client whose prompt it is, if it named itself: any JSON value.
        current_node: The node that runs, as told to a client that connects meanwhile.
        record: What the history will hold of it, as far as it got.
    """

    def __init__(self, item: QueueItem, around: Surroundings) -> None:
        self._item = item
        self._extra_data = {**item.extra_data, **item.secrets}
        self._around = around
        self._interrupted = threading.Event()
        self._abandoned = False
        self.record = RunRecord()
        self._results: dict[str, NodeResult] = {}
        self._executed: list[str] = []
        self._signatures: dict[str, str] = {}
        self._progress = ProgressState(item.prompt_id)
        self._number = around.script.start_prompt()
        self.client_id: object = item.extra_data.get("client_id")
        self.current_node: str | None = None

    def interrupt(self) -> None:
        """Ask the run to stop at the next step."""
        self._interrupted.set()

    def abandon(self) -> None:
        """Stop the run and let nothing more be heard of it."""
        self._abandoned = True
        self._interrupted.set()

    async def run(self) -> None:
        """Run the prompt to its end, and record it."""
        item, cache = self._item, self._around.cache
        self._tell("execution_start", {"prompt_id": item.prompt_id})
        self._signatures = signatures(
            item.prompt, self._around.catalogue, self._around.script.failing_nodes(self._number) & item.prompt.keys()
        )
        cache.begin_prompt(set(self._signatures.values()))
        cached = [node_id for node_id in item.prompt if self._is_cached(node_id)]
        self._tell("execution_cached", {"nodes": cached, "prompt_id": item.prompt_id})
        order = ExecutionOrder(item.prompt, item.outputs, self._is_output, self._is_cached)
        while order:
            node_id = order.next_node()
            if not await self._reached(node_id):
                break
            order.finish(node_id)
        else:
            self.record.succeeded = True
            self._tell("execution_success", {"prompt_id": item.prompt_id})
        self.current_node = None
        if self._around.version.history_shows_cached_outputs:
            self._show_cached()

    def _class_of(self, node_id: str) -> NodeClass:
        return self._around.catalogue[self._item.prompt[node_id]["class_type"]]

    def _is_output(self, node_id: str) -> bool:
        return self._class_of(node_id).output_node

    def _is_cached(self, node_id: str) -> bool:
        return self._signatures.get(node_id, "") in self._around.cache

    def _tell(self, kind: str, data: JsonObject, *, to_all: bool = False) -> None:
        stamped = {**data, "timestamp": int(time.time() * 1000)}
        self.record.messages.append([kind, stamped])
        if self.client_id is not None or to_all:
            self._send(kind, stamped)

    def _send(self, kind: str, data: object) -> None:
        if not self._abandoned:
            self._around.sockets.event(kind, data, self.client_id)

    def _send_progress(self) -> None:
        self._send("progress_state", self._progress.as_json())

    async def _reached(self, node_id: str) -> bool:
        cached = self._around.cache.get(self._signatures[node_id])
        if cached is not None:
            self._take_cached(node_id, cached)
            return True
        inputs: JsonObject = {}
        try:
            await self._execute(node_id, inputs)
        except InterruptedPromptError:
            self._tell("execution_interrupted", self._failure(node_id), to_all=True)
            return False
        except Exception as failure:  # noqa: BLE001 -- node code raises what it likes, and clients are told
            self._tell("execution_error", self._failure(node_id) | self._details(node_id, inputs, failure))
            return False
        self._progress.finish(node_id)
        self._send_progress()
        self._executed.append(node_id)
        return True

    def _take_cached(self, node_id: str, cached: NodeResult) -> None:
        self._results[node_id] = cached
        shown = None if cached.shown is None else cached.shown["output"]
        if cached.shown is not None:
            self.record.outputs[node_id] = cached.shown["output"]
            self.record.meta[node_id] = cached.shown["meta"]
        if self.client_id is not None:
            self._send_executed(node_id, shown)
        self._progress.finish(node_id)
        self._send_progress()

    def _send_executed(self, node_id: str, shown: object) -> None:
        prompt_id = self._item.prompt_id
        self._send("executed", {"node": node_id, "display_node": node_id, "output": shown, "prompt_id": prompt_id})

    async def _execute(self, node_id: str, inputs: JsonObject) -> None:
        self._progress.start(node_id)
        self._send_progress()
        node_class = self._class_of(node_id)
        inputs.update(self._inputs(node_id, node_class))
        if self.client_id is not None:
            self.current_node = node_id
            self._send(
                "executing",
                {"node": node_id, "display_node": node_id, "prompt_id": self._item.prompt_id},
            )
        if self._interrupted.is_set():
            raise InterruptedPromptError
        failure = self._around.script.take_failure(self._number, node_id)
        if failure is not None:
            raise scripted_exception(failure)
        answer = await self._call(node_id, node_class, inputs)
        shown = None
        if isinstance(answer, Ui) and answer.content:
            assets = self._around.assets
            content = answer.content if assets is None else assets.with_ids(answer.content)
            shown = {"meta": node_identity(node_id), "output": content}
            self.record.outputs[node_id] = shown["output"]
            self.record.meta[node_id] = shown["meta"]
            if self.client_id is not None:
                self._send_executed(node_id, shown["output"])
        result = NodeResult(answer.result if isinstance(answer, Ui) else answer, shown)
        self._results[node_id] = result
        self._around.cache.put(self._signatures[node_id], result)

    def _inputs(self, node_id: str, node_class: NodeClass) -> JsonObject:
        found: JsonObject = {}
        for name, value in self._item.prompt[node_id]["inputs"].items():
            if node_class.input_spec(name) is None:
                continue
            found[name] = self._linked(value[0], int(value[1])) if is_link(value) else value
        return found

    def _linked(self, source: str, index: int) -> object:
        result = self._results.get(source) or self._around.cache.get(self._signatures.get(source, ""))
        if result is None or index >= len(result.outputs):
            return None
        return result.outputs[index]

    async def _call(self, node_id: str, node_class: NodeClass, inputs: JsonObject) -> Ui | tuple[Any, ...]:
        loop = asyncio.get_running_loop()
        is_quick = node_class.is_quick(inputs)

        def report_from_worker(report: Report) -> None:
            loop.call_soon_threadsafe(self._hear, report)

        def reach(value: float) -> None:
            for entry in self._around.script.take_steps(self._number, node_id, value):
                if isinstance(entry, InterruptPrompt):
                    self._interrupted.set()
                elif is_quick:
                    self._misbehave(entry)
                else:
                    loop.call_soon_threadsafe(self._misbehave, entry)

        execution = Execution(
            node_id=node_id,
            prompt_id=self._item.prompt_id,
            prompt=self._item.prompt,
            extra_data=self._extra_data,
            folders=self._around.folders,
            latency=self._around.latency,
            progress_interval=self._around.version.progress_interval,
            interrupted=self._interrupted,
            report=self._hear if is_quick else report_from_worker,
            reach=reach,
        )
        answer: Any
        if is_quick:
            answer = node_class.function(execution, **inputs)
        else:
            answer = await loop.run_in_executor(self._around.worker, lambda: node_class.function(execution, **inputs))
        return _as_result(answer)

    def _misbehave(self, entry: AtStep) -> None:
        # In line, so that what was told before still arrives.
        sockets = self._around.sockets
        sockets.in_line(sockets.abort if isinstance(entry, DropSockets) else sockets.forget)

    def _hear(self, report: Report) -> None:
        if self._abandoned:
            return
        if report.progress is not None:
            self._hear_progress(report, *report.progress)
        if report.text is not None:
            self._around.sockets.frame(progress_text_frame(report.text, report.node_id))
        if report.event is not None:
            self._send(*report.event)

    def _hear_progress(self, report: Report, value: float, maximum: float) -> None:
        node_id, prompt_id, sockets = report.node_id, self._item.prompt_id, self._around.sockets
        self._progress.update(node_id, value, maximum)
        self._send_progress()
        described = sockets.supports(self.client_id, _METADATA_FLAG)
        if report.preview is not None and described:
            identity = self._progress.identity(node_id)
            sockets.frame(described_preview_frame(report.preview, identity), self.client_id)
        self._send("progress", {"value": value, "max": maximum, "prompt_id": prompt_id, "node": node_id})
        if report.preview is not None and not described:
            sockets.frame(plain_preview_frame(report.preview), self.client_id)

    def _failure(self, node_id: str) -> JsonObject:
        return {
            "prompt_id": self._item.prompt_id,
            "node_id": node_id,
            "node_type": self._item.prompt[node_id]["class_type"],
            "executed": list(self._executed),
        }

    def _details(self, node_id: str, inputs: Mapping[str, Any], failure: Exception) -> JsonObject:
        hidden = self._class_of(node_id).input_types().get("hidden", {})
        values = {
            "PROMPT": self._item.prompt,
            "EXTRA_PNGINFO": self._extra_data.get("extra_pnginfo"),
            "UNIQUE_ID": node_id,
        }
        named = {**inputs, **{name: values.get(str(kind)) for name, kind in hidden.items()}}
        return execution_details(failure, named, list(self._item.prompt))

    def _show_cached(self) -> None:
        for node_id in self._item.prompt:
            cached = self._around.cache.get(self._signatures[node_id])
            if cached is not None and cached.shown is not None:
                self.record.outputs.setdefault(node_id, cached.shown["output"])
                self.record.meta.setdefault(node_id, cached.shown["meta"])


def _as_result(answer: object) -> Ui | tuple[Any, ...]:
    if isinstance(answer, Ui):
        return answer
    return answer if is_tuple(answer) else (answer,)
