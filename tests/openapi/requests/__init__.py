"""What is asked of a server to see all its operations at work: good requests and bad ones, subject by subject.

Duty: the one table of requests that suites share, whether the server is emulated or real, and whether they go as plain
HTTP or through the bindings. Each names the status it expects. What a conversation makes, it takes away again as far
as servers let it; of a server with other uses it asks nothing lasting, costly or common to all.

Refusals: no judgement of answers; that is ``Session.ask``.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.openapi.conversation import Session
from tests.openapi.requests.assets import assets
from tests.openapi.requests.files import files
from tests.openapi.requests.prompts import finished_prompt, partly_refused_prompt, refused_prompts, waiting_prompts
from tests.openapi.requests.server import models, nodes, system
from tests.openapi.requests.users import settings, user_data, users

__all__ = ["CONVERSATIONS"]

CONVERSATIONS: tuple[Callable[[Session], None], ...] = (
    finished_prompt,
    refused_prompts,
    partly_refused_prompt,
    waiting_prompts,
    files,
    nodes,
    models,
    system,
    users,
    settings,
    user_data,
    assets,
)
"""All of them; together they ask for every operation."""
