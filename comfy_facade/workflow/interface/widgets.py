"""Which widgets the interface makes for a declared input, with which value.

Duty: from one declared input to its widgets, companions included (`control_after_generate`, the sides of a box, the
buttons that take a place in `widgets_values`). It places nothing on a node.
"""

from __future__ import annotations

import copy
from typing import Any, Final, cast

from comfy_facade.raw_json import as_object
from comfy_facade.workflow.definitions import DYNAMIC_COMBO, InputSpec, dynamic_options
from comfy_facade.workflow.interface.widget_values import MISSING, Widget

WIDGET_TYPES: Final = frozenset(
    {
        "AUDIO_RECORD",
        "AUDIO_UI",
        "AUDIOUPLOAD",
        "BOOLEAN",
        "BOUNDING_BOX",
        "BOUNDING_BOXES",
        "CHART",
        "COLOR",
        "COLORS",
        "COMBO",
        "COMPOSITOR",
        "CURVE",
        DYNAMIC_COMBO,
        "FLOAT",
        "GALLERIA",
        "IMAGECOMPARE",
        "IMAGEUPLOAD",
        "INT",
        "LOAD_3D",
        "LOAD_3D_ADVANCED",
        "MARKDOWN",
        "PAINTER",
        "PREVIEW_3D",
        "RANGE",
        "STRING",
        "TEXTAREA",
        "VIDEO_EDIT",
        "WEBCAM",
    }
)
"""Input types that the interface shows as a field rather than as a socket."""

CAPTURE: Final = "capture"
"""The kind of widgets whose value a browser makes when it submits: recordings, webcam pictures, 3D views."""

_SEED_INPUTS: Final = ("seed", "noise_seed")


def widget_type(spec: InputSpec) -> str | None:
    """Tell what kind of field the interface shows for an input.

    Args:
        spec: The input.

    Returns:
        One of `WIDGET_TYPES`, or `None` if it gets a socket alone.
    """
    kind = str(spec.options.get("widgetType") or spec.type)
    return kind if kind in WIDGET_TYPES and not spec.options.get("forceInput") else None


def make_widgets(spec: InputSpec, *, has_model_file: bool = False) -> list[Widget]:
    """Make the widgets of an input, the one that holds its value first unless buttons precede it.

    Args:
        spec: An input that `widget_type` gives a field.
        has_model_file: Whether the node already has a widget `model_file`, next to which a 3D view gets buttons.

    Returns:
        The widgets in the order in which they take places in `widgets_values`.
    """
    kind = widget_type(spec) or "STRING"
    if kind in {"INT", "FLOAT"}:
        return _number(spec, kind)
    if kind == "COMBO":
        return _combo(spec)
    if kind == DYNAMIC_COMBO:
        keys = list(dynamic_options(spec))
        return [Widget(spec.name, "combo", keys[0] if keys else MISSING, choices=keys)]
    if kind == "BOUNDING_BOX":
        return _bounding_box(spec)
    if kind in {"LOAD_3D", "LOAD_3D_ADVANCED", "PREVIEW_3D"}:
        return _view_3d(spec, has_model_file=has_model_file and kind == "LOAD_3D")
    if kind == "AUDIO_RECORD":
        return [Widget(spec.name, CAPTURE, ""), Widget(spec.name, "button", "", is_submitted=False)]
    return [_single(spec, kind)]


def _single(spec: InputSpec, kind: str) -> Widget:
    options, name = spec.options, spec.name
    default = copy.deepcopy(options.get("default"))
    nested = as_object(options.get("options"))
    match kind:
        case "BOOLEAN":
            return Widget(name, "toggle", False if default is None else default)
        case "STRING":
            drawn = "multiline" if options.get("multiline") else "text"
            value = "" if default is None else default
            return Widget(name, drawn, value, has_choice_blocks=options.get("dynamicPrompts") is True)
        case "COLOR":
            return Widget(name, "color", default or nested.get("default") or "#000000")
        case "CURVE":
            value = {"points": [[0, 0], [1, 1]], "interpolation": "monotone_cubic"} if default is None else default
            return Widget(name, "curve", value)
        case "RANGE":
            return Widget(name, "range", {"min": 0.0, "max": 1.0} if default is None else default)
        case "VIDEO_EDIT":
            return Widget(name, "videoedit", _whole_video(spec) if default is None else default)
        case "COLORS" | "BOUNDING_BOXES":
            return Widget(name, kind.lower(), default or [])
        case "COMPOSITOR":
            return Widget(name, "compositor", default if isinstance(default, dict) else {})
        case "TEXTAREA":
            return Widget(name, "textarea", nested.get("default") or "")
        case "CHART":
            return Widget(name, "chart", nested.get("data") or {})
        case "GALLERIA":
            return Widget(name, "galleria", nested.get("images") or [])
        case "IMAGECOMPARE":
            return Widget(name, "imagecompare", ["", ""], is_saved=False)
        case "AUDIO_UI":
            return Widget(name, "audio", "", is_saved=False, is_submitted=False)
        case "IMAGEUPLOAD" | "AUDIOUPLOAD":
            return Widget(name, "button", "", is_submitted=False)
        case "WEBCAM":
            return Widget(name, CAPTURE, "")
        case _:
            return Widget(name, kind.lower(), "" if default is None else default)


def _number(spec: InputSpec, kind: str) -> list[Widget]:
    options = spec.options
    default = options.get("default")
    limits = (options.get("min", 0), options.get("max", 2048), options.get("step", 1 if kind == "INT" else 0.5))
    widget = Widget(spec.name, "number", 0 if default is None else default, options=limits)
    control = options.get("control_after_generate")
    if kind == "INT" and control is None:
        control = spec.name in _SEED_INPUTS
    return [widget, _control(spec, control)] if control else [widget]


def _combo(spec: InputSpec) -> list[Widget]:
    options = spec.options
    if options.get("multi_select"):
        widget = Widget(spec.name, "multiselect", [])
    else:
        value: Any = options.get("default")
        if not value:
            fallback = "Loading..." if options.get("remote") else MISSING
            value = spec.choices[0] if spec.choices else fallback
        widget = Widget(spec.name, "combo", value, choices=spec.choices)
    control = options.get("control_after_generate")
    if not control:
        return [widget]
    return [widget, _control(spec, control), Widget("control_filter_list", "text", "", is_submitted=False)]


def _control(spec: InputSpec, control: object) -> Widget:
    name = control if isinstance(control, str) else "control_after_generate"
    value = control if isinstance(control, str) else "randomize"
    return Widget(name if spec.type != "FLOAT" else "control_after_generate", "control", value, is_submitted=False)


def _bounding_box(spec: InputSpec) -> list[Widget]:
    default = spec.options.get("default")
    box = cast(
        "dict[str, Any]", default if isinstance(default, dict) else {"x": 0, "y": 0, "width": 512, "height": 512}
    )
    sides = [Widget(side, "number", box.get(side), is_submitted=False) for side in ("x", "y", "width", "height")]
    return [Widget(spec.name, "boundingbox", copy.deepcopy(box)), *sides]


def _view_3d(spec: InputSpec, *, has_model_file: bool) -> list[Widget]:
    labels = ("upload 3d model", "upload extra resources", "clear") if has_model_file else ()
    buttons = [Widget(label, "button", MISSING, is_submitted=False) for label in labels]
    return [*buttons, Widget(spec.name, CAPTURE if spec.type == "LOAD_3D" else "view", "")]


def _whole_video(spec: InputSpec) -> dict[str, Any]:
    features = spec.options.get("features") or ["trim", "crop"]
    whole = {
        "trim": {"start_time": 0, "duration": 0},
        "crop": {"x": 0, "y": 0, "width": 0, "height": 0},
    }
    return {feature: value for feature, value in whole.items() if feature in features}
