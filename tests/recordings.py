"""Where the recordings of real servers are, which are no part of the repository.

Duty: name the folder. What is in it, and what a test does without it, is up to those who ask; most skip.
"""

from __future__ import annotations

import os
from pathlib import Path

_VARIABLE = "COMFYUI_RECORDINGS"
_BESIDE_THE_PROJECT = Path(__file__).resolve().parents[2] / "shared"


def recordings(part: str) -> Path:
    """Give the folder of a part of the recordings, whether it is there or not.

    Args:
        part: `"protocol"`: what servers answered and sent; `"workflows"`: workflows with what the interface made of
            them and what a server said to that.

    Raises:
        NotADirectoryError: `COMFYUI_RECORDINGS` is set and names no folder.
    """
    named = os.environ.get(_VARIABLE)
    if named and not Path(named).is_dir():
        raise NotADirectoryError(f"{_VARIABLE} names no folder: {named}")
    return Path(named or _BESIDE_THE_PROJECT).absolute() / part
