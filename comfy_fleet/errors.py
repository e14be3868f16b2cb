"""The errors that only a fleet has; those of prompts and servers are `comfy_facade`'s own.

Tree::

    ComfyUIError
    └── FleetError
        ├── BrokerUnreachableError   the broker or the result backend does not answer
        ├── UnservedPromptError      no live worker can serve the prompt
        ├── PromptSetAsideError      the prompt took down whatever ran it, too often
        ├── PromptCancelledError     it was cancelled
        ├── PromptExpiredError       nobody began it in time
        ├── StoreFailedError         files cannot be written to, or read from, the store
        └── WorkerFailedError        a worker failed in a way that has no error of its own
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from comfy_facade.errors import ComfyUIError


class FleetError(ComfyUIError):
    """Root of what only a fleet raises."""


class BrokerUnreachableError(FleetError):
    """The broker or the result backend does not answer.

    Attributes:
        url: Its address, without credentials.
        reason: What went wrong.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"cannot reach {url}: {reason}; is it running, and are address and credentials right?")
        self.url = url
        self.reason = reason


class UnservedPromptError(FleetError):
    """No live worker could serve a prompt for as long as that was borne.

    Attributes:
        prompt_id: Which prompt.
        reasons: Why not, by worker; under `""` what holds for all.
    """

    def __init__(self, prompt_id: str, reasons: Mapping[str, str]) -> None:
        told = "; ".join(f"{worker}: {reason}" if worker else reason for worker, reason in reasons.items())
        super().__init__(
            f"no live worker can serve prompt {prompt_id}: {told}; start one that can, or change the prompt"
        )
        self.prompt_id = prompt_id
        self.reasons = dict(reasons)


class PromptSetAsideError(FleetError):
    """A prompt took down whatever ran it so often that nobody tries it again.

    Attributes:
        prompt_id: Which prompt.
        kills: What it took down, oldest first.
    """

    def __init__(self, prompt_id: str, kills: Sequence[str]) -> None:
        super().__init__(
            f"prompt {prompt_id} was set aside: {len(kills)} times what ran it was lost ({', '.join(kills)}); "
            f"it is kept in the store under set-aside/{prompt_id}.json"
        )
        self.prompt_id = prompt_id
        self.kills = tuple(kills)


class PromptCancelledError(FleetError):
    """A prompt was cancelled.

    Attributes:
        prompt_id: Which prompt.
    """

    def __init__(self, prompt_id: str) -> None:
        super().__init__(f"prompt {prompt_id} was cancelled; submit it again if its result is still wanted")
        self.prompt_id = prompt_id


class PromptExpiredError(FleetError):
    """Nobody began a prompt in time.

    Attributes:
        prompt_id: Which prompt.
    """

    def __init__(self, prompt_id: str) -> None:
        super().__init__(f"prompt {prompt_id} expired before a worker began it; allow more time, or add workers")
        self.prompt_id = prompt_id


class StoreFailedError(FleetError):
    """A file cannot be written to, or read from, the store.

    Attributes:
        path: The file, below the store.
        reason: What went wrong.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"the store failed at {path}: {reason}; check its space, and its credentials here")
        self.path = path
        self.reason = reason


class WorkerFailedError(FleetError):
    """A worker failed in a way that has no error of its own.

    Attributes:
        exception_type: The class of what it raised.
        reason: Its text.
    """

    def __init__(self, exception_type: str, reason: str) -> None:
        super().__init__(f"the worker failed: {exception_type}: {reason}; its log tells more")
        self.exception_type = exception_type
        self.reason = reason
