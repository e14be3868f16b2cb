"""Builds interface-format workflows for tests."""

from typing import Any


def node(
    node_id: int | str, kind: str, values: Any = None, *, mode: int = 0, title: str = "", **slots: Any
) -> dict[str, Any]:
    """Describe a node; `slots` gives its linked inputs as name=link, and `outputs` the links of each output."""
    outputs = slots.pop("outputs", [])
    inputs = [
        {"name": name.replace("__", "."), "type": "*", "link": link, **extra}
        for name, (link, extra) in (
            (name, part if isinstance(part, tuple) else (part, {})) for name, part in slots.items()
        )
    ]
    return {
        "id": node_id,
        "type": kind,
        "mode": mode,
        "inputs": inputs,
        "outputs": [{"name": "", "type": "*", "links": links} for links in outputs],
        **({"title": title} if title else {}),
        **({"widgets_values": values} if values is not None else {}),
    }


def workflow(*nodes: dict[str, Any], links: list[list[Any]] | None = None, **more: Any) -> dict[str, Any]:
    return {"version": 0.4, "nodes": list(nodes), "links": links or [], **more}


def subgraph(
    name: str,
    nodes: list[dict[str, Any]],
    links: list[list[Any]],
    inputs: list[tuple[str, str, list[int]]] | None = None,
    outputs: list[tuple[str, str, list[int]]] | None = None,
) -> dict[str, Any]:
    keys = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    slots = [
        [{"id": f"{name}-{slot}", "name": slot, "type": kind, "linkIds": ids} for slot, kind, ids in part or []]
        for part in (inputs, outputs)
    ]
    return {
        "id": name,
        "name": f"{name} subgraph",
        "nodes": nodes,
        "links": [dict(zip(keys, link, strict=False)) for link in links],
        "inputs": slots[0],
        "outputs": slots[1],
    }
