"""What a node's code can reach while it runs: progress, previews, texts, events and the interrupt.

Usable from the worker thread; everything that leaves goes through functions given by `comfy_emulator.runner`. It
does not decide who hears what.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image as PillowImage

from comfy_emulator.folders import Folders
from comfy_emulator.frames import EncodedPreview, PreviewFormat, encode_preview
from comfy_emulator.json_types import JsonObject, Prompt

_LEAST_CHANGE: Final = 0.005


class InterruptedPromptError(Exception):
    """The prompt was interrupted. Node code lets it pass."""


@dataclass(frozen=True, slots=True)
class Report:
    """Something a node tells while it runs.

    Attributes:
        node_id: The node.
        progress: Value and maximum, if it is progress.
        preview: A picture that goes with the progress.
        text: A line of text to show.
        event: Name and data of an event of the node's own making.
    """

    node_id: str
    progress: tuple[float, float] | None = None
    preview: EncodedPreview | None = None
    text: str | None = None
    event: tuple[str, object] | None = None


class Execution:
    """One run of one node.

    Node functions that have a parameter annotated with this class get it.

    Attributes:
        node_id: The node that runs.
        prompt_id: The prompt it belongs to.
        prompt: The whole graph.
        extra_data: What was posted along with the prompt.
        folders: The server's folders.
        latency: How long a sampling step should take, in seconds.
    """

    def __init__(
        self,
        *,
        node_id: str,
        prompt_id: str,
        prompt: Prompt,
        extra_data: JsonObject,
        folders: Folders,
        latency: float,
        progress_interval: float,
        interrupted: threading.Event,
        report: Callable[[Report], None],
        reach: Callable[[float], None],
    ) -> None:
        self.node_id = node_id
        self.prompt_id = prompt_id
        self.prompt = prompt
        self.extra_data = extra_data
        self.folders = folders
        self.latency = latency
        self._progress_interval = progress_interval
        self._interrupted = interrupted
        self._report = report
        self._reach = reach
        self._last_value = -1.0
        self._last_time = 0.0

    @property
    def extra_pnginfo(self) -> JsonObject | None:
        """What saved pictures carry besides the prompt, by convention the `workflow`."""
        info: JsonObject | None = self.extra_data.get("extra_pnginfo")
        return info

    def raise_if_interrupted(self) -> None:
        """Stop here if the prompt was interrupted.

        Raises:
            InterruptedPromptError: It was.
        """
        if self._interrupted.is_set():
            raise InterruptedPromptError

    def pause(self, seconds: float) -> None:
        """Take time, ended early by an interrupt.

        Args:
            seconds: How long to wait.

        Raises:
            InterruptedPromptError: The prompt was interrupted meanwhile.
        """
        if self._interrupted.wait(seconds):
            raise InterruptedPromptError

    def progress(
        self,
        value: float,
        maximum: float,
        preview: PillowImage.Image | None = None,
        *,
        preview_format: PreviewFormat = "JPEG",
        preview_size: int | None = 512,
    ) -> None:
        """Report progress, with a preview picture or without.

        Reports without a preview are thinned out where the emulated version does so.

        Args:
            value: Steps done.
            maximum: Steps in all.
            preview: A picture of the state so far.
            preview_format: How the picture is encoded.
            preview_size: Longer edge in pixels the picture is scaled to; None leaves it.

        Raises:
            InterruptedPromptError: The prompt was interrupted.
        """
        value = min(value, maximum)
        # Told of every step: scripts count on those that are thinned out, too.
        self._reach(value)
        self.raise_if_interrupted()
        if preview is None and not self._is_due(value, maximum):
            return
        self._last_value = value
        self._last_time = time.monotonic()
        encoded = None if preview is None else encode_preview(preview, preview_format, preview_size)
        self._report(Report(self.node_id, progress=(value, maximum), preview=encoded))

    def _is_due(self, value: float, maximum: float) -> bool:
        if self._last_value < 0 or value >= maximum:
            return True
        if time.monotonic() - self._last_time < self._progress_interval:
            return False
        return self._progress_interval == 0 or value - self._last_value >= _LEAST_CHANGE * maximum

    def text(self, text: str) -> None:
        """Show a line of text at the node, to every connected client.

        Args:
            text: The line.
        """
        self._report(Report(self.node_id, text=text))

    def event(self, name: str, data: Any) -> None:
        """Send an event of the node's own making to the prompt's client.

        Args:
            name: The event's type.
            data: Its data, as JSON.
        """
        self._report(Report(self.node_id, event=(name, data)))
