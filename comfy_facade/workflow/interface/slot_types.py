"""Whether an output's type may be linked to an input's, by the interface's rule.

Pure. The server has a rule of its own, which is not this one.
"""

from __future__ import annotations


def do_types_fit(first: str, second: str) -> bool:
    """Compare two slot types: `*` fits all, and lists like `"FLOAT,INT"` fit what they share a type with.

    Args:
        first: A type.
        second: Another.

    Returns:
        Whether a link between them is allowed.
    """
    if first in {"", "*"} or second in {"", "*"} or first == second:
        return True
    ours, theirs = (set(kind.lower().split(",")) for kind in (first, second))
    return bool(ours & theirs) or bool({"", "*"} & (ours | theirs))
