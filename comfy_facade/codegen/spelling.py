"""How names that are no Python identifiers are spelled.

Duty: one spelling per name, the same for the same definitions. The rules, in order:

1. A name that can stand as it is stays as it is.
2. Letters take their compatibility form (NFKC), as Python reads identifiers; what cannot be in one becomes `_`.
3. A leading digit or underscore gets an `n` before it; so does a name of which nothing is left.
4. A keyword, and a name that the module needs for itself, gets a `_` after it.
5. Where names come to the same, names that stand as they are keep theirs; the others get `_2`, `_3` and so on, in
   the order of the definitions.
"""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

MODULE_NAMES: Final = frozenset(
    {
        *dir(builtins),
        *("Any", "GraphNode", "Json", "Literal", "Mapping", "NamedTuple", "Output", "Sequence", "TYPE_CHECKING"),
        *(
            "TypeAlias",
            "TypeVar",
            "annotations",
            "CLASS_SPELLINGS",
            "INPUT_SPELLINGS",
            "OUTPUT_SPELLINGS",
            "TYPE_SPELLINGS",
        ),
    }
)
"""Names that mean something in a generated module already."""

PARAMETER_NAMES: Final = frozenset({"locals"})
"""Names that mean something in the body of a node function."""

OUTPUT_NAMES: Final = frozenset({"count", "index"})
"""Names that tuples have already."""


def spell(names: Iterable[str], reserved: Collection[str] = ()) -> dict[str, str]:
    """Spell names that share one namespace.

    Args:
        names: The names, in the order of the definitions; repeated ones count once.
        reserved: Spellings that are taken.

    Returns:
        The spelling of each name.
    """
    wanted = {name: _identifier(name, reserved) for name in names}
    taken = {*reserved, *(name for name, spelling in wanted.items() if name == spelling)}
    spellings: dict[str, str] = {}
    for name, spelling in wanted.items():
        spellings[name] = spelling if name == spelling else free_spelling(spelling, taken)
        taken.add(spellings[name])
    return spellings


def free_spelling(spelling: str, taken: Collection[str]) -> str:
    """Number a spelling if it is taken.

    Args:
        spelling: An identifier.
        taken: Identifiers that are taken.

    Returns:
        The spelling, or the first of `_2`, `_3` ... after it that is free.
    """
    candidate, number = spelling, 2
    while candidate in taken:
        candidate = f"{spelling}_{number}"
        number += 1
    return candidate


def _identifier(name: str, reserved: Collection[str]) -> str:
    normal = unicodedata.normalize("NFKC", name)
    spelling = "".join(letter if f"a{letter}".isidentifier() else "_" for letter in normal)
    if not f"a{spelling}".isidentifier() or unicodedata.normalize("NFKC", spelling) != spelling:
        # Replacing a letter can bring others together that then take another form: nothing but ASCII is left.
        spelling = "".join(letter if letter.isascii() else "_" for letter in spelling)
    if not spelling or spelling.startswith("_") or not spelling.isidentifier():
        spelling = f"n{spelling}"
    if keyword.iskeyword(spelling) or spelling in reserved:
        spelling += "_"
    return spelling
