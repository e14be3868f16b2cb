"""The recorded pairs and verdicts of a real interface and a real server, where they are at hand."""

import functools
import gzip
import json
from typing import Any

from tests.recordings import recordings

FOLDER = recordings("workflows")
NAMES = sorted(path.stem for path in (FOLDER / "ui").glob("*.json"))
ABSENT = "the recorded workflows are not there"


def read(part: str, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / part / f"{name}.json").read_bytes())
    return content


@functools.cache
def object_info() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(gzip.decompress((FOLDER / "object_info.json.gz").read_bytes()))
    return content


def declared(inputs: dict[str, Any], class_type: str) -> dict[str, Any]:
    """Leave out what the interface submits for itself: inputs that the server does not declare."""
    sections = object_info().get(class_type, {}).get("input", {})
    names = {name for section in ("required", "optional") for name in sections.get(section) or {}}
    return {name: value for name, value in inputs.items() if name in names or name.split(".")[0] in names}


def comparable(prompt: dict[str, Any]) -> dict[str, Any]:
    return {
        node_id: (node["class_type"], declared(node["inputs"], node["class_type"])) for node_id, node in prompt.items()
    }
