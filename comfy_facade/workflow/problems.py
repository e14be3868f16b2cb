"""What is wrong with a prompt, in words that say what to do about it.

Duty: one frozen value per fault, and the sentences. It finds no fault itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from comfy_facade.workflow.definitions import InputSpec

_MOST_SHOWN: Final = 8
_LONGEST_SHOWN: Final = 120


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why the server would refuse a node, or the whole prompt.

    Attributes:
        node_id: The node at fault; empty if it is the prompt as a whole.
        class_type: Its class.
        title: Its title in the interface, or its class.
        input_name: The input at fault; empty if it is the node as a whole.
        kind: The server's error type, such as `"value_not_in_list"`.
        message: What is wrong, with the nearest choice or the range that is allowed.
    """

    node_id: str
    class_type: str
    title: str
    input_name: str
    kind: str
    message: str

    def __str__(self) -> str:
        where = f"node {self.node_id} ({self.title})" if self.node_id else "the prompt"
        return f"{where}: {self.message}"


class Problems(list[Problem]):
    """The problems of a prompt: an ordinary list, empty if the prompt is sound.

    The server drops an output that depends on a faulty node and runs the others, so a prompt with problems may
    still be accepted.

    Attributes:
        runnable_outputs: Ids of the output nodes that would run, in the order of the prompt.
    """

    def __init__(self, problems: Iterable[Problem] = (), runnable_outputs: Sequence[str] = ()) -> None:
        super().__init__(problems)
        self.runnable_outputs = tuple(runnable_outputs)

    @property
    def is_accepted(self) -> bool:
        """Whether the server would run at least a part of the prompt."""
        return bool(self.runnable_outputs)


def unknown_class(class_type: str, known: Iterable[str]) -> str:
    """Word an unknown class.

    Args:
        class_type: The class.
        known: The classes that the server has.

    Returns:
        The sentence.
    """
    return f"the server has no node class {class_type!r}{_did_you_mean(class_type, known)}; is a node pack missing?"


def not_a_choice(spec: InputSpec, wrong: Sequence[Any]) -> str:
    """Word a value that is none of the choices.

    Args:
        spec: The input.
        wrong: The values that are no choices.

    Returns:
        The sentence.
    """
    values = ", ".join(shown(value) for value in wrong)
    if not spec.choices:
        return f"{spec.name!r} is {values}, but the server has nothing to choose from there; is a model file missing?"
    texts = [choice for choice in spec.choices if isinstance(choice, str)]
    near = _did_you_mean(str(wrong[0]), texts) if wrong else ""
    listed = ", ".join(shown(choice) for choice in spec.choices[:_MOST_SHOWN])
    more = f" and {len(spec.choices) - _MOST_SHOWN} more" if len(spec.choices) > _MOST_SHOWN else ""
    return f"{spec.name!r} is {values}, which is not among its choices{near}; there are {listed}{more}"


def out_of_range(spec: InputSpec, value: Any) -> str:
    """Word a number beyond its limits.

    Args:
        spec: The input.
        value: The number.

    Returns:
        The sentence.
    """
    low, high = spec.options.get("min"), spec.options.get("max")
    allowed = (
        f"from {low} to {high}" if None not in {low, high} else f"at least {low}" if high is None else f"up to {high}"
    )
    return f"{spec.name!r} is {shown(value)}, but must be {allowed}"


def shown(value: object) -> str:
    """Write a value so that it fits into a sentence.

    Args:
        value: Any JSON value.

    Returns:
        Its text, cut if it is long.
    """
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _did_you_mean(wanted: str, known: Iterable[str]) -> str:
    names = list(known)
    folded = {name.lower(): name for name in reversed(names)}
    near = difflib.get_close_matches(wanted[:200].lower(), folded, n=1, cutoff=0.6)
    return f" (did you mean {folded[near[0]]!r}?)" if near else ""
