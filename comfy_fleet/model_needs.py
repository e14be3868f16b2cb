"""What a prompt needs of a server: the classes of its nodes, and the model files that it names.

Pure. It compares a prompt with a server's definitions. It checks no other value, for the server itself refuses what is
wrong, and it chooses no server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from comfy_facade.raw_json import RawObject, as_list, as_object

_MODEL_SUFFIXES: Final = (".safetensors", ".sft", ".ckpt", ".pt", ".pt2", ".pth", ".bin", ".gguf", ".onnx", ".pkl")


def model_files(prompt: RawObject) -> frozenset[str]:
    """List the model files that a prompt names.

    Args:
        prompt: In API format.

    Returns:
        The names, as the prompt spells them.
    """
    values = (value for node in prompt.values() for value in as_object(as_object(node).get("inputs")).values())
    return frozenset(value for value in values if isinstance(value, str) and _is_model_file(value))


def lacking(prompt: RawObject, node_defs: Mapping[str, Any]) -> str | None:
    """Say what a server lacks to run a prompt: node classes, or model files.

    Any other value that the server does not offer is a mistake in the prompt, which the server itself refuses.

    Args:
        prompt: In API format.
        node_defs: The server's raw definitions by class name.

    Returns:
        What it lacks in words, or `None`.
    """
    classes: set[str] = set()
    files: set[str] = set()
    for node in map(as_object, prompt.values()):
        class_type = str(node.get("class_type"))
        if class_type not in node_defs:
            classes.add(class_type)
            continue
        choices = _choices(as_object(node_defs[class_type]))
        for name, value in as_object(node.get("inputs")).items():
            offered = choices.get(name)
            if offered is not None and isinstance(value, str) and _is_model_file(value) and value not in offered:
                files.add(value)
    parts = [
        f"{what} {', '.join(sorted(names))}"
        for what, names in (("no node class", classes), ("no model file", files))
        if names
    ]
    return "; ".join(parts) or None


def _is_model_file(value: str) -> bool:
    return value.lower().endswith(_MODEL_SUFFIXES)


def _choices(definition: RawObject) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    sections = as_object(definition.get("input"))
    for section in ("required", "optional"):
        for name, spec in as_object(sections.get(section)).items():
            declared = as_list(spec)
            if not declared:
                continue
            if isinstance(declared[0], str):
                options = as_object(declared[1] if len(declared) > 1 else None)
                offered = as_list(options.get("options")) if declared[0] == "COMBO" else None
            else:
                offered = as_list(declared[0])
            if offered is not None:
                found[name] = frozenset(choice for choice in offered if isinstance(choice, str))
    return found
