"""Definitions as small as the rules they are for allow, and the modules made of them."""

from types import ModuleType
from typing import Any

from comfy_facade import generate_module


def definition(
    required: dict[str, Any] | None = None,
    optional: dict[str, Any] | None = None,
    output: list[Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    return {"input": {"required": required or {}, "optional": optional or {}}, "output": output or [], **more}


def module(node_defs: dict[str, Any]) -> ModuleType:
    made = ModuleType("nodes")
    exec(compile(generate_module(node_defs), "nodes.py", "exec"), vars(made))
    return made


def signature(node_defs: dict[str, Any], function: str) -> dict[str, str]:
    """Parameters as they are written: annotation and default; what it gives is under `return`."""
    made = getattr(module(node_defs), function)
    defaults = made.__kwdefaults__ or {}
    return {
        name: annotation + (f" = {defaults[name]!r}" if name in defaults else "")
        for name, annotation in made.__annotations__.items()
    }


DYNAMIC: dict[str, Any] = {
    "Save": definition(
        {
            "images": ["IMAGE"],
            "format": [
                "COMFY_DYNAMICCOMBO_V3",
                {
                    "options": [
                        {"key": "png", "inputs": {"required": {"depth": ["COMBO", {"options": ["8", "16"]}]}}},
                        {
                            "key": "movie",
                            "inputs": {
                                "required": {
                                    "codec": [
                                        "COMFY_DYNAMICCOMBO_V3",
                                        {
                                            "options": [
                                                {"key": "auto", "inputs": {}},
                                                {"key": "h264", "inputs": {"required": {"crf": ["FLOAT"]}}},
                                            ]
                                        },
                                    ],
                                    "rate": ["FLOAT", {"default": 24}],
                                },
                                "optional": {"sound": ["AUDIO"]},
                            },
                        },
                    ]
                },
            ],
        },
    ),
    "Batch": definition(
        {
            "images": [
                "COMFY_AUTOGROW_V3",
                {
                    "template": {
                        "input": {"required": {"image": ["IMAGE", {}]}},
                        "prefix": "image",
                        "min": 2,
                        "max": 3,
                    }
                },
            ]
        },
        output=["IMAGE"],
    ),
    "Named": definition(
        {
            "by": [
                "COMFY_AUTOGROW_V3",
                {"template": {"input": {"required": {"a": ["FLOAT,INT", {}]}}, "names": ["a", "b"], "min": 0}},
            ]
        },
        output=["FLOAT"],
    ),
    "Attach": definition(
        optional={
            "mask": [
                "COMFY_DYNAMICSLOT_V3",
                {"slotType": "MASK", "inputs": {"required": {"grow": ["INT", {"default": 3}]}}},
            ]
        },
        output=["IMAGE"],
    ),
    "Switch": definition(
        {
            "on": ["BOOLEAN", {}],
            "this": ["COMFY_MATCHTYPE_V3", {"template": {"template_id": "t", "allowed_types": "IMAGE,MASK"}}],
            "that": ["COMFY_MATCHTYPE_V3", {"template": {"template_id": "t", "allowed_types": "IMAGE,MASK"}}],
        },
        output=["COMFY_MATCHTYPE_V3"],
        output_matchtypes=["t"],
    ),
    "Mask": definition(output=["MASK"]),
    "Picture": definition(output=["IMAGE"]),
    "Latent": definition(output=["LATENT"]),
    "Sound": definition(output=["AUDIO"]),
}
