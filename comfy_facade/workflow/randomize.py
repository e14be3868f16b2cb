"""Fresh seeds for a prompt, so that the server does not answer from its cache.

Pure but for the random numbers; links are left alone, and so is everything that is no seed.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final, cast

from comfy_facade.raw_json import RawObject, as_number, as_object
from comfy_facade.workflow.definitions import raw_definition
from comfy_facade.workflow.live_inputs import live_inputs

SEED_INPUTS: Final = frozenset({"seed", "noise_seed"})
"""Inputs that are seeds by their name alone."""

# Without definitions the limits of a seed are unknown. Every seed input of ComfyUI's own nodes but two takes this
# range, while a full 64-bit number is refused by most nodes that call outside services.
_UNKNOWN_LIMITS: Final = (1, 2**31 - 1)

# A browser that opens what a run saved holds whole numbers as doubles: a greater seed would lose its last digits there,
# and the picture could not be made again.
_LARGEST_IN_BROWSER: Final = 2**53 - 1


def randomize_prompt(
    prompt: MutableMapping[str, Any],
    node_defs: Mapping[str, Any] | None = None,
    *,
    random_below: Callable[[int], int] = secrets.randbelow,
) -> dict[tuple[str, str], int]:
    """Set a fresh seed in every seed input of a prompt.

    Seeds are the literal `seed` and `noise_seed` inputs of any node and, where definitions are given, the inputs
    they mark `control_after_generate`, each within its `min` and `max`; those that a choice brings in (`model.seed`)
    are among them. No seed is beyond 2^53 - 1, the greatest number that a browser keeps to the last digit, unless
    its limits leave nothing else. An input of another name that is marked as `"fixed"` by default holds a value that
    people choose (a width, say) and is left alone.

    Args:
        prompt: A prompt in API format; it is changed in place.
        node_defs: The server's definitions by class name, as `GET /object_info` gives them.
        random_below: Gives a random number from 0 to its argument, exclusive.

    Returns:
        The seed that was set, by node id and input name.

    Example:
        >>> prompt = {"3": {"class_type": "KSampler", "inputs": {"seed": 5, "model": ["4", 0]}}}
        >>> seeds = randomize_prompt(prompt)
        >>> seeds[("3", "seed")] == prompt["3"]["inputs"]["seed"]
        True
    """
    seeds: dict[tuple[str, str], int] = {}
    for node_id, node in prompt.items():
        inputs = as_object(node).get("inputs")
        if not isinstance(inputs, MutableMapping):
            continue
        inputs = cast("MutableMapping[str, Any]", inputs)
        specs = _integer_options(node_defs, as_object(node).get("class_type"), inputs)
        for name, value in inputs.items():
            options = specs.get(name)
            if not isinstance(value, int) or isinstance(value, bool):
                continue
            if name.rpartition(".")[2] not in SEED_INPUTS and (options is None or not _is_marked(options)):
                continue
            low, high = _limits(options)
            if low > high:
                continue
            seed = low + random_below(high - low + 1)
            if seed == value and high > low:
                seed = low + (seed - low + 1) % (high - low + 1)
            inputs[name] = seeds[(node_id, name)] = seed
    return seeds


def _integer_options(
    node_defs: Mapping[str, Any] | None, class_type: object, inputs: Mapping[str, Any]
) -> dict[str, RawObject]:
    definition = raw_definition(node_defs or {}, class_type)
    if definition is None:
        return {}
    return {name: spec.options for name, spec in live_inputs(definition, inputs).items() if spec.type == "INT"}


def _is_marked(options: RawObject) -> bool:
    mark = options.get("control_after_generate")
    return bool(mark) and mark != "fixed"


def _limits(options: RawObject | None) -> tuple[int, int]:
    if options is None:
        return _UNKNOWN_LIMITS
    low, high = _whole(options.get("min"), math.ceil), _whole(options.get("max"), math.floor)
    span = _UNKNOWN_LIMITS[1]
    if low is None:
        low = 0 if high is None or high >= 0 else high - span
    if high is None:
        high = span if low < span else low + span
    exact = max(low, -_LARGEST_IN_BROWSER), min(high, _LARGEST_IN_BROWSER)
    return exact if exact[0] <= exact[1] else (low, high)


def _whole(limit: object, rounded: Callable[[float], int]) -> int | None:
    # Some nodes set a limit to infinity, which is none.
    number = as_number(limit)
    if isinstance(number, float):
        return rounded(number) if math.isfinite(number) else None
    return number
