"""Node classes made from plain Python functions with annotated parameters.

Reads annotations and defaults. It runs nothing and registers nothing; the classes go to
`comfy_emulator.catalogue`.
"""

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from PIL import Image as PillowImage

from comfy_emulator.execution import Execution
from comfy_emulator.json_types import JsonObject
from comfy_emulator.node_types import InputSpec, InputTypes, NodeClass, Ui

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

_DETAILS: Final = "__comfy_emulator_node__"
_CONSTANTS: Final[dict[object, str]] = {int: "INT", float: "FLOAT", str: "STRING", bool: "BOOLEAN"}


@dataclass(frozen=True, slots=True)
class Socket:
    """Marks an annotation as a value that comes over a connection.

    Args:
        type: The socket's type as ComfyUI names it, such as `"IMAGE"`.
    """

    type: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a number, for `Annotated[int, Limits(...)]`.

    Args:
        least: The smallest value allowed.
        greatest: The largest value allowed.
        step: The step of the input's widget.
    """

    least: float | None = None
    greatest: float | None = None
    step: float | None = None


Image: TypeAlias = Annotated[list[PillowImage.Image], Socket("IMAGE")]
"""A batch of pictures: Pillow images of the same size in mode RGB."""

Mask: TypeAlias = Annotated[list[PillowImage.Image], Socket("MASK")]
"""A batch of masks: Pillow images of the same size in mode L."""


@dataclass(frozen=True, slots=True)
class _Details:
    name: str | None
    output_node: bool | None
    category: str
    display_name: str | None


def node(
    *,
    name: str | None = None,
    output_node: bool | None = None,
    category: str = "emulated",
    display_name: str | None = None,
) -> Callable[[FunctionT], FunctionT]:
    """Give details about a function that is to be a node class. The function itself stays as it is.

    Args:
        name: The class name; the function's name if absent.
        output_node: Whether it is an end point of prompts; if absent, it is one if it returns a `Ui`.
        category: Where menus show it.
        display_name: What menus call it.
    """

    def decorate(function: FunctionT) -> FunctionT:
        setattr(function, _DETAILS, _Details(name, output_node, category, display_name))
        return function

    return decorate


def node_class_of(function: Callable[..., Any]) -> NodeClass:
    """Make a node class from a function.

    Inputs derive from the annotations: `int`, `float`, `str`, `bool`, `Literal[...]` for a choice, `Image` and
    `Mask` or any `Annotated[..., Socket("TYPE")]` for connections; a default makes the value the widget's default,
    `| None` makes the input optional. A parameter annotated `Execution` gets the run itself.

    Args:
        function: The function.

    Raises:
        TypeError: An annotation is missing or is none of these.
    """
    default_name = str(getattr(function, "__name__", "node"))
    details: _Details = getattr(function, _DETAILS, _Details(None, None, "emulated", None))
    name = details.name or default_name
    hints = get_type_hints(function, include_extras=True)
    inputs, execution_name = _inputs(name, function, hints)
    returned = hints.get("return")
    outputs = _outputs(returned)

    def run(execution: Execution, **values: Any) -> Any:
        if execution_name is not None:
            values[execution_name] = execution
        answer = function(**values)
        if isinstance(answer, Ui | tuple):
            return answer  # pyright: ignore[reportUnknownVariableType] -- the outputs may be of any type
        return () if answer is None and not outputs else (answer,)

    return NodeClass(
        name,
        lambda: inputs,
        outputs,
        run,
        output_node=returned is Ui if details.output_node is None else details.output_node,
        listing={
            "display_name": details.display_name or name,
            "category": details.category,
            "description": inspect.getdoc(function) or "",
        },
    )


def _inputs(name: str, function: Callable[..., Any], hints: dict[str, Any]) -> tuple[InputTypes, str | None]:
    required: dict[str, InputSpec] = {}
    optional: dict[str, InputSpec] = {}
    execution_name = None
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in hints:
            raise TypeError(f"node {name}: parameter {parameter.name} has no annotation")
        hint = hints[parameter.name]
        if hint is Execution:
            execution_name = parameter.name
            continue
        wanted, may_be_absent = _without_none(hint)
        spec = _spec(f"node {name}: parameter {parameter.name}", wanted, parameter.default)
        (optional if may_be_absent else required)[parameter.name] = spec
    return ({"required": required, "optional": optional} if optional else {"required": required}), execution_name


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    kept = [each for each in get_args(hint) if each is not types.NoneType]
    return (kept[0], True) if len(kept) == 1 else (hint, False)


def _spec(where: str, hint: Any, default: Any) -> InputSpec:
    options: JsonObject = {}
    if default is not inspect.Parameter.empty and default is not None:
        options["default"] = default
    marks: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        marks = tuple(rest)
    for mark in marks:
        if isinstance(mark, Socket):
            return [mark.type]
        if isinstance(mark, Limits):
            limits = {"min": mark.least, "max": mark.greatest, "step": mark.step}
            options |= {key: value for key, value in limits.items() if value is not None}
    if get_origin(hint) is Literal:
        return [list(get_args(hint)), options] if options else [list(get_args(hint))]
    if hint not in _CONSTANTS:
        raise TypeError(f"{where} has the annotation {hint!r}, which names no kind of input")
    return [_CONSTANTS[hint], options]


def _outputs(returned: Any) -> tuple[str, ...]:
    if returned in (None, types.NoneType, Ui):
        return ()
    parts = get_args(returned) if get_origin(returned) is tuple else (returned,)
    return tuple(_output(part) for part in parts)


def _output(hint: Any) -> str:
    if get_origin(hint) is Annotated:
        for mark in get_args(hint)[1:]:
            if isinstance(mark, Socket):
                return mark.type
    return _CONSTANTS.get(hint, "*")
