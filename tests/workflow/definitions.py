"""A few node definitions, as small as the rules they are for allow."""

from typing import Any


def definition(
    required: dict[str, Any] | None = None,
    optional: dict[str, Any] | None = None,
    output: list[str] | None = None,
    *,
    is_output: bool = False,
    display_name: str = "",
) -> dict[str, Any]:
    return {
        "input": {"required": required or {}, "optional": optional or {}},
        "output": output or [],
        "output_name": output or [],
        "output_node": is_output,
        "display_name": display_name,
    }


IMAGE = ["IMAGE", {}]

DEFINITIONS: dict[str, Any] = {
    "Loader": definition({"name": [["a.safetensors", "b.safetensors"], {}]}, output=["MODEL", "CLIP", "VAE"]),
    "Encode": definition(
        {"text": ["STRING", {"multiline": True, "dynamicPrompts": True}], "clip": ["CLIP"]}, output=["CONDITIONING"]
    ),
    "Sampler": definition(
        {
            "model": ["MODEL"],
            "seed": ["INT", {"default": 0, "min": 0, "max": 2**64 - 1}],
            "steps": ["INT", {"default": 20, "min": 1, "max": 100}],
            "cfg": ["FLOAT", {"default": 8.0, "min": 0.0, "max": 30.0}],
            "sampler": ["COMBO", {"options": ["euler", "ddim"]}],
            "positive": ["CONDITIONING"],
        },
        {"mask": ["MASK"]},
        output=["LATENT"],
        display_name="My Sampler",
    ),
    "Decode": definition({"samples": ["LATENT"], "vae": ["VAE"]}, output=["IMAGE"]),
    "LoadImage": definition({"image": [["x.png"], {"image_upload": True}]}, output=["IMAGE", "MASK"]),
    "Blur": definition({"image": IMAGE, "radius": ["INT", {"default": 1, "max": 31}]}, output=["IMAGE"]),
    "Mix": definition({"mask": ["MASK"], "image": IMAGE}, output=["IMAGE"]),
    "SaveImage": definition({"images": IMAGE, "filename_prefix": ["STRING", {"default": "out"}]}, is_output=True),
    "Resize": definition(
        {
            "mode": [
                "COMFY_DYNAMICCOMBO_V3",
                {
                    "options": [
                        {"key": "by factor", "inputs": {"required": {"factor": ["FLOAT", {"default": 2.0}]}}},
                        {
                            "key": "to size",
                            "inputs": {
                                "required": {"width": ["INT", {"default": 64}], "height": ["INT", {"default": 64}]},
                                "optional": {"reference": IMAGE},
                            },
                        },
                    ]
                },
            ],
            "image": IMAGE,
            "crop": ["BOOLEAN", {"default": False}],
        },
        output=["IMAGE"],
    ),
    "Batch": definition(
        {
            "images": [
                "COMFY_AUTOGROW_V3",
                {"template": {"input": {"required": {"image": IMAGE}}, "prefix": "image", "min": 1, "max": 4}},
            ]
        },
        output=["IMAGE"],
    ),
    "Number": definition({"value": ["INT", {"default": 1}]}, output=["INT"]),
    "Old": definition(
        {"strength": ["FLOAT", {"forceInput": True}], "count": ["INT", {"default": 1}]}, output=["IMAGE"]
    ),
}
