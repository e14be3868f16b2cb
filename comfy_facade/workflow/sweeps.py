"""Sweeps: one prompt for each combination of values.

Duty: put values into copies of a prompt. It runs nothing and leaves the prompt as it is.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from comfy_facade.workflow.definitions import NodeDefs
from comfy_facade.workflow.edits import setting
from comfy_facade.workflow.workflow import Workflow


def variations(
    prompt: Workflow | Mapping[str, Any],
    values: Mapping[str, Iterable[Any]],
    *,
    mode: Literal["product", "zip"] = "product",
    node_defs: NodeDefs | None = None,
) -> Iterator[dict[str, Any]]:
    """Give a prompt for each combination of values.

    Args:
        prompt: A prompt, or a workflow.
        values: The values to try, by key as `Workflow.set` takes it: `"6.text"`, `"KSampler.seed"`.
        mode: `"product"` tries every combination, the last key changing fastest; `"zip"` takes the first value of
            each, then the second of each, and so on.
        node_defs: Definitions by class name; needed for interface-format workflows.

    Returns:
        The prompts in API format, each a copy of its own, made one by one as they are asked for.

    Raises:
        NodeSelectionError: A key fits no node, or several.
        ValueError: The mode is unknown, or with `"zip"` some key has fewer values than another.

    Example:
        >>> prompt = {"3": {"class_type": "KSampler", "inputs": {"seed": 0, "steps": 20}}}
        >>> [each["3"]["inputs"]["seed"] for each in variations(prompt, {"KSampler.seed": range(3)})]
        [0, 1, 2]
    """
    if mode not in {"product", "zip"}:
        raise ValueError(f"mode is {mode!r}, but must be 'product' or 'zip'")
    workflow = Workflow.load(prompt, node_defs)
    # Keys are looked up before the first prompt is asked for, so that a wrong one is told at once.
    keys = [workflow.resolve(key) for key in values]
    return _combine(workflow.to_prompt(), keys, list(values.values()), mode)


def _combine(
    prompt: dict[str, Any], keys: list[tuple[str, str]], values: list[Iterable[Any]], mode: str
) -> Iterator[dict[str, Any]]:
    combinations = itertools.product(*values) if mode == "product" else zip(*values, strict=True)
    for combination in combinations:
        varied = copy.deepcopy(prompt)
        for (node_id, name), value in zip(keys, combination, strict=True):
            setting(node_id, name, value)(varied, None)
        yield varied
