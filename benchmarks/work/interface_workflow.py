"""A workflow in the interface's format, as large as wanted, with the definitions that its conversion needs."""

from __future__ import annotations

from typing import Any, Final

DEFINITIONS: Final[dict[str, Any]] = {
    "Source": {
        "input": {
            "required": {
                "width": ["INT", {"default": 64, "min": 1, "max": 8192}],
                "seed": ["INT", {"default": 0, "min": 0, "max": 2**64 - 1, "control_after_generate": True}],
            }
        },
        "output": ["IMAGE"],
        "output_name": ["IMAGE"],
        "output_node": False,
        "display_name": "Source",
    },
    "Filter": {
        "input": {
            "required": {
                "image": ["IMAGE", {}],
                "strength": ["FLOAT", {"default": 1.0, "min": 0.0, "max": 10.0}],
                "mode": [["soft", "hard", "none"], {}],
                "text": ["STRING", {"multiline": True}],
            }
        },
        "output": ["IMAGE"],
        "output_name": ["IMAGE"],
        "output_node": False,
        "display_name": "Filter",
    },
    "SaveImage": {
        "input": {"required": {"images": ["IMAGE", {}], "filename_prefix": ["STRING", {"default": "out"}]}},
        "output": [],
        "output_name": [],
        "output_node": True,
        "display_name": "Save Image",
    },
}


def interface_workflow(nodes: int) -> dict[str, Any]:
    """A source, a chain of filters and an image that is saved.

    Args:
        nodes: How many nodes, three at least.
    """
    listed = [_node(1, "Source", [512, 7, "randomize"], taken=None, given=1)]
    listed += [
        _node(number, "Filter", [0.5, "soft", f"text {number}"], taken=("image", number - 1), given=number)
        for number in range(2, nodes)
    ]
    listed.append(_node(nodes, "SaveImage", ["out"], taken=("images", nodes - 1), given=None))
    return {
        "id": "7c1f4f9e-6e2b-4f0a-9a55-000000000002",
        "revision": 0,
        "last_node_id": nodes,
        "last_link_id": nodes - 1,
        "nodes": listed,
        "links": [[number, number, 0, number + 1, 0, "IMAGE"] for number in range(1, nodes)],
        "groups": [],
        "config": {},
        "extra": {},
        "version": 0.4,
    }


def _node(
    number: int, kind: str, values: list[Any], *, taken: tuple[str, int] | None, given: int | None
) -> dict[str, Any]:
    return {
        "id": number,
        "type": kind,
        "pos": [number * 300, 0],
        "size": [270, 130],
        "flags": {},
        "order": number - 1,
        "mode": 0,
        "inputs": [] if taken is None else [{"name": taken[0], "type": "IMAGE", "link": taken[1]}],
        "outputs": [] if given is None else [{"name": "IMAGE", "type": "IMAGE", "links": [given]}],
        "properties": {"Node name for S&R": kind},
        "widgets_values": values,
    }
