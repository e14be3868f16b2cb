"""Documents in YAML, read by the parser in C where there is one: the contracts are long, and many tests read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parsed(text: str) -> Any:
    """Parse a document."""
    return yaml.load(text, Loader=_LOADER)


def read(path: Path) -> Any:
    """Parse a file."""
    return parsed(path.read_text(encoding="utf-8"))
