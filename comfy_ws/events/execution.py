"""What happens to a prompt between its start and its end: the events that say of which prompt they are.

The words are the server's and each event stands alone: that one must come before another, or follows from it, is for
those to judge who follow a run.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from attrs import field, frozen

from comfy_ws._fields import NO_DATA, RawMapping


@frozen
class ExecutionStart:
    """A prompt left the queue and runs.

    Attributes:
        prompt_id: Which.
        timestamp: The server's clock, in milliseconds since 1970, or `None`.
        data: The raw payload.
    """

    type: ClassVar[Literal["execution_start"]] = "execution_start"
    prompt_id: str
    timestamp: float | None = None
    data: RawMapping = field(default=NO_DATA, repr=False)


@frozen
class ExecutionCached:
    """The nodes whose results the server still had.

    Attributes:
        prompt_id: Of which prompt.
        nodes: Their node ids.
        timestamp: The server's clock, in milliseconds since 1970, or `None`.
        data: The raw payload.
    """

    type: ClassVar[Literal["execution_cached"]] = "execution_cached"
    prompt_id: str
    nodes: tuple[str, ...] = ()
    timestamp: float | None = None
    data: RawMapping = field(default=NO_DATA, repr=False)


@frozen
class Executing:
    """A node starts; with `node` None, the server is done with the prompt.

    Attributes:
        prompt_id: Of which prompt; `None` in the frame that greets a reconnecting client.
        node: The node id.
        display_node: The node to show for it (they differ inside expanded nodes).
        data: The raw payload.
    """

    type: ClassVar[Literal["executing"]] = "executing"
    prompt_id: str | None
    node: str | None
    display_node: str | None = None
    data: RawMapping = field(default=NO_DATA, repr=False)


@frozen
class Executed:
    """A node returned data for the interface (files, text ...). It does not mean that the prompt is done.

    Attributes:
        prompt_id: Of which prompt.
        node: The node id.
        display_node: The node to show for it.
        output: What it returned, raw: usually lists under `images`, `text` and the like.
        data: The raw payload.
    """

    type: ClassVar[Literal["executed"]] = "executed"
    prompt_id: str
    node: str
    display_node: str | None = None
    output: RawMapping = NO_DATA
    data: RawMapping = field(default=NO_DATA, repr=False)


@frozen
class ExecutionSuccess:
    """Every output of the prompt is done. The server writes its history only after this.

    Attributes:
        prompt_id: Which prompt.
        timestamp: The server's clock, in milliseconds since 1970, or `None`.
        data: The raw payload.
    """

    type: ClassVar[Literal["execution_success"]] = "execution_success"
    prompt_id: str
    timestamp: float | None = None
    data: RawMapping = field(default=NO_DATA, repr=False)


@frozen
class ExecutionError:
    """A node raised, and the prompt is over.

    Attributes:
        prompt_id: Which prompt.
        node_id: The node that raised, or `None`.
        node_type: Its class, or `None`.
        exception_type: The class of the exception on the server.
        exception_message: Its message.
        traceback: Its lines on the server.
        executed: The nodes that were done before.
        timestamp: The server's clock, in milliseconds since 1970, or `None`.
        data: The raw payload; holds `current_inputs` too.
    """

    type: ClassVar[Literal["execution_error"]] = "execution_error"
    prompt_id: str
    node_id: str | None = None
    node_type: str | None = None
    exception_type: str = ""
    exception_message: str = ""
    traceback: tuple[str, ...] = field(default=(), repr=False)
    executed: tuple[str, ...] = ()
    timestamp: float | None = None
    data: RawMapping = field(default=NO_DATA, repr=False)


@frozen
class ExecutionInterrupted:
    """Somebody interrupted the prompt, and it is over.

    Attributes:
        prompt_id: Which prompt.
        node_id: The node that was running, or `None`.
        node_type: Its class, or `None`.
        executed: The nodes that were done before.
        timestamp: The server's clock, in milliseconds since 1970, or `None`.
        data: The raw payload.
    """

    type: ClassVar[Literal["execution_interrupted"]] = "execution_interrupted"
    prompt_id: str
    node_id: str | None = None
    node_type: str | None = None
    executed: tuple[str, ...] = ()
    timestamp: float | None = None
    data: RawMapping = field(default=NO_DATA, repr=False)
