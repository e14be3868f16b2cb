"""The names that the functions of one module share: markers of types, choices that are long, variables of types.

Duty: give each a spelling when it is first needed, and the statements that define them. Functions are written in a
fixed order, so that the same definitions give the same names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from comfy_facade.codegen.python_text import literal
from comfy_facade.codegen.spelling import free_spelling, spell
from comfy_facade.codegen.value_types import ANY, COMBO, LISTED_COMBO, parts, union

LONGEST_INLINE = 60


class Vocabulary:
    """The shared names of one module.

    Args:
        taken: Names that the module has already.
        given: The types that some class of the server gives out.
    """

    def __init__(self, taken: Iterable[str], given: Iterable[str]) -> None:
        self.given = frozenset(given)
        self._taken = set(taken)
        self._markers: dict[str, str] = {}
        self._bases: dict[str, tuple[str, ...]] = {}
        self._choices: dict[str, str] = {}
        self._variables: dict[tuple[tuple[str, ...], int], str] = {}
        self._outputs: dict[str, str] = {}

    @property
    def type_spellings(self) -> dict[str, str]:
        """The server's names of types that are spelled differently, by spelling."""
        return {marker: name for name, marker in self._markers.items() if marker != name}

    def handle(self, kind: str) -> str:
        """Annotate a handle for an input.

        Args:
            kind: The input's type.

        Returns:
            An annotation that every output fits which the server would take.
        """
        return union("Output[object]" if part == ANY else f"Output[{self._marker(part)}]" for part in parts(kind))

    def given_handle(self, kind: str) -> str:
        """Annotate a handle of an output.

        Args:
            kind: The output's type.

        Returns:
            An annotation that fits every input which the server would let it be linked to.
        """
        found = parts(kind)
        if found == [ANY]:
            return "Output[Any]"
        if len(found) == 1:
            return f"Output[{self._marker(found[0])}]"
        # The server lets such an output pass wherever one of its types would: a marker that is all of them.
        bases = tuple(self._marker(part) for part in found)
        marker = self._marker(",".join(found))
        self._bases[marker] = bases
        return f"Output[{marker}]"

    def literal(self, choices: Sequence[str], function: str, parameter: str) -> str:
        """Annotate a choice.

        Args:
            choices: The expressions of its values.
            function: The function that wants it.
            parameter: The parameter that wants it.

        Returns:
            The `Literal`, or the name of one if it is long.
        """
        text = f"Literal[{', '.join(choices)}]"
        if len(text) <= LONGEST_INLINE:
            return text
        if text not in self._choices:
            self._choices[text] = self._reserve(f"{function}_{parameter}")
        return self._choices[text]

    def variable(self, allowed: Sequence[str], ordinal: int) -> str:
        """Name a variable of types, for outputs that are of the type of an input.

        Args:
            allowed: The types that it may stand for.
            ordinal: How many variables of the same types the function has already.

        Returns:
            Its name.
        """
        key = (tuple(allowed), ordinal)
        if key not in self._variables:
            self._variables[key] = self._reserve("Matched")
            for kind in allowed:
                self._marker(kind)
        return self._variables[key]

    def outputs(self, function: str, fields: Iterable[tuple[str, str]]) -> str:
        """Name the type of several outputs.

        Args:
            function: The function that gives them.
            fields: Names and annotations.

        Returns:
            Its name.
        """
        name = self._reserve(f"{function}Outputs")
        written = ", ".join(f"({literal(field)}, {annotation})" for field, annotation in fields)
        self._outputs[name] = f'{name} = NamedTuple("{name}", [{written}])'
        return name

    def marker_statements(self) -> list[str]:
        """Define the markers.

        Returns:
            The statements, bases first.
        """
        single = [f"class {marker}: ..." for marker in self._markers.values() if marker not in self._bases]
        joined = [f"class {marker}({', '.join(bases)}): ..." for marker, bases in self._bases.items()]
        return [*single, *joined]

    def type_statements(self) -> list[str]:
        """Define what type checkers alone need.

        Returns:
            The statements.
        """
        variables = [
            f"{name} = TypeVar({', '.join([literal(name) or '', *self._constraints(allowed)])})"
            for (allowed, _), name in self._variables.items()
        ]
        choices = [f"{name}: TypeAlias = {text}" for text, name in self._choices.items()]
        return [*variables, *choices, *self._outputs.values()]

    def _constraints(self, allowed: tuple[str, ...]) -> list[str]:
        return [] if ANY in allowed else [self._marker(kind) for kind in allowed]

    def _marker(self, kind: str) -> str:
        if kind not in self._markers:
            (spelling,) = spell([kind]).values()
            self._markers[kind] = self._reserve(spelling)
            if kind == LISTED_COMBO:
                self._bases[self._markers[kind]] = (self._marker(COMBO),)
        return self._markers[kind]

    def _reserve(self, spelling: str) -> str:
        free = free_spelling(spelling, self._taken)
        self._taken.add(free)
        return free
