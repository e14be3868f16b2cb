"""Prompts made ready to be handed over: converted, with their seeds set and their files in the store.

What comes out is final, whoever runs it and however often. It hands nothing over, and asks no server: the definitions
that it converts with come from the dispatcher.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from comfy_facade._prompt_source import prepare
from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.node_defs import NodeDefs
from comfy_facade.raw_json import RawObject
from comfy_facade.workflow.randomize import randomize_prompt
from comfy_fleet.dispatch import Dispatcher
from comfy_fleet.inputs import InputSources, keep_input, named_inputs, plain_prompt
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.queue_names import checked_tags

if TYPE_CHECKING:
    from comfy_facade._prompt_source import PromptSource

Expiry = float | datetime | None
"""Seconds from now, or a point in time with its zone, after which a prompt is no longer begun."""


class Preparation:
    """Makes tasks of a fleet's prompts.

    Args:
        unserved_timeout: Seconds for which it is borne that no live worker can serve a prompt; `None` without limit.
    """

    def __init__(self, unserved_timeout: float | None) -> None:
        self._unserved_timeout: Final = unserved_timeout
        self._node_defs: NodeDefs | None = None

    async def task(
        self,
        prompt: PromptSource,
        dispatcher: Dispatcher,
        *,
        tags: Iterable[str],
        workflow: RawObject | None,
        inputs: InputSources | None,
        disable_random_seed: bool,
    ) -> PromptTask:
        """Make a task of a prompt, with a new id.

        Args:
            prompt: As for `AsyncFleet.submit`; it is not changed.
            dispatcher: Whose store takes the files, and whose workers' definitions serve to convert workflows.
            tags: As for `AsyncFleet.submit`.
            workflow: As for `AsyncFleet.submit`.
            inputs: As for `AsyncFleet.submit`.
            disable_random_seed: As for `AsyncFleet.submit`.

        Returns:
            The task.

        Raises:
            InvalidWorkflowError: It is no workflow, or one that cannot be converted yet.
            ValueError: The tags are none.
            StoreFailedError: A file cannot be written to the store.
        """

        async def known_node_defs() -> NodeDefs:
            return await self._known_node_defs(dispatcher)

        prepared = await prepare(prompt, workflow, known_node_defs)
        sources = named_inputs(prepared.prompt, inputs)
        final = plain_prompt(prepared.prompt)
        seeds = {} if disable_random_seed else randomize_prompt(final, self._node_defs)
        kept = {
            name: await asyncio.to_thread(keep_input, source, name, dispatcher.store)
            for name, source in sources.items()
        }
        return PromptTask(
            prompt_id=str(uuid.uuid4()),
            prompt=final,
            workflow=prepared.embedded(final),
            inputs=kept,
            seeds=seeds,
            tags=checked_tags(tags),
            unserved_timeout=self._unserved_timeout,
        )

    async def _known_node_defs(self, dispatcher: Dispatcher) -> NodeDefs:
        if self._node_defs is None:
            raw = await dispatcher.node_defs()
            if raw is None:
                raise InvalidWorkflowError(
                    "a workflow in interface format is converted with a server's definitions, and no worker has "
                    "written any to the store yet: start one, or pass a prompt in API format"
                )
            self._node_defs = NodeDefs(raw)
        return self._node_defs


def moment(expires: Expiry) -> float | None:
    """Say when a prompt may no longer be begun.

    Args:
        expires: As the user gave it.

    Returns:
        Seconds since 1970, or `None` for a prompt that does not expire.

    Raises:
        ValueError: It is a point in time without a zone.
    """
    if expires is None:
        return None
    if isinstance(expires, datetime):
        if expires.tzinfo is None:
            raise ValueError("expires= must be a datetime with a time zone, or seconds from now")
        return expires.timestamp()
    return time.time() + expires
