"""A field of a node and its value, which may be missing altogether.

Duty: hold a widget's value and tell the node when it changes. It knows neither its node nor the definition it was made
from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""A widget value that is not there at all: it is left out of the prompt, while `None` is submitted."""


@dataclass(frozen=True, slots=True)
class ValuePlace:
    """Where a file holds a value.

    Attributes:
        graph: The subgraph definition it is in; empty for the workflow itself.
        node: Its node, by the place in the list of nodes.
        key: Its place in `widgets_values`, or its name there.
    """

    graph: str
    node: int
    key: int | str


@dataclass(slots=True, eq=False)
class Widget:
    """A field of a node, with its value.

    Attributes:
        name: The input it stands for.
        kind: How the interface draws it: `"combo"`, `"number"`, `"text"`...
        value: Its value, or `MISSING`.
        is_saved: Whether it takes a place in `widgets_values`.
        is_submitted: Whether it goes into the prompt.
        choices: The choices of a combo.
        has_choice_blocks: Whether `{a|b}` in its text is resolved when it is submitted.
        is_file_name: Whether `%date:...%` and `%Node.widget%` in its text are replaced when it is submitted.
        options: The limits that two widgets must share to be driven by one subgraph input.
        on_set: What else the node does when its value is set.
        compute: Gives the value, for widgets that hold none.
        places: Where the file holds its value; none if it is a default.
    """

    name: str
    kind: str
    value: Any = MISSING
    is_saved: bool = True
    is_submitted: bool = True
    choices: Sequence[Any] = ()
    has_choice_blocks: bool = False
    is_file_name: bool = False
    options: tuple[Any, ...] = ()
    on_set: Callable[[Any], None] | None = None
    compute: Callable[[], Any] | None = None
    places: tuple[ValuePlace, ...] = ()

    @property
    def has_value(self) -> bool:
        """Whether it holds anything at all."""
        return self.value is not MISSING and self.value is not None

    def set(self, value: Any, *places: ValuePlace) -> None:
        """Set the value, and let the node follow.

        Args:
            value: The new value.
            places: Where the file holds it.
        """
        self.value = value
        self.places = places
        if self.on_set is not None:
            self.on_set(value)

    def get(self) -> Any:
        """Give the value as the interface reads it.

        Returns:
            The value, or `MISSING`.
        """
        if self.compute is not None:
            return self.compute()
        if self.value is None and self.kind == "multiline":
            return ""
        return self.value
