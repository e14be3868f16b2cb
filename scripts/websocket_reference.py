"""The websocket contract as one page of Markdown: every message, who gets it, its members or its bytes.

Pure. It renders the document it is given and reads no file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from contract_schemas import (
    Schema,
    anchor,
    members_table,
    one_line,
    schema_section,
    table,
    type_text,
    with_links,
)

_NUMBER_SIZE: Final = 4


class WebsocketReference:
    """Renders one contract.

    Args:
        document: The AsyncAPI document.
    """

    def __init__(self, document: Schema) -> None:
        self._document: Final = document
        self._messages: Final[Mapping[str, Schema]] = document["components"]["messages"]
        self._schemas: Final[Mapping[str, Schema]] = document["components"]["schemas"]
        self._names: Final = {str(raw["name"]): key for key, raw in reversed(list(self._messages.items()))}

    def page(self) -> str:
        """Render the whole contract.

        Returns:
            Markdown.
        """
        info, (channel,) = self._document["info"], self._document["channels"].values()
        query = channel["bindings"]["ws"]["query"]
        parts = [
            "# Websocket reference",
            (
                f"Contract version {info['version']}, made from `openapi/comfyui-ws.yaml`: "
                f"{len(self._messages)} messages. Requests have a page of their own, the [REST reference](rest.md)."
            ),
            info["description"].strip(),
            "## Address",
            f"`{channel['address']}`. {channel['description']}",
            members_table(query),
            "## All messages",
            self._overview(),
        ]
        for operation in self._document["operations"].values():
            parts += [
                f"## {operation['title']}",
                f"{_direction(operation)} {operation['summary']}. {self._linked(operation['description'])}",
                *(self._message(key) for key in _message_keys(operation)),
            ]
        parts += ["## Schemas", "Members marked *always* were in every message observed."]
        parts += [schema_section(name, schema, self._names) for name, schema in self._schemas.items()]
        return "\n\n".join(parts) + "\n"

    def _overview(self) -> str:
        lines = [
            (
                f"[`{raw['name']}`](#{key})",
                _kind(raw),
                f"`{raw['x-recipients']}`" if "x-recipients" in raw else "the server",
                one_line(raw.get("summary", raw["title"])),
                str(raw.get("x-comfyui-since", "")),
            )
            for key, raw in self._messages.items()
        ]
        return table(("message", "as", "goes to", "what it says", "since"), lines)

    def _message(self, key: str) -> str:
        raw = self._messages[key]
        recipients, greeted = raw.get("x-recipients"), raw.get("x-recipients-with-sid")
        marks = [
            f"`{raw['name']}`",
            _kind(raw),
            f"goes to `{recipients}`" if recipients else "goes to the server",
            f"with `sid` to `{greeted}`" if greeted else "",
            f"since {raw['x-comfyui-since']}" if "x-comfyui-since" in raw else "",
        ]
        described = self._linked(str(raw.get("description", "")).strip())
        parts = [
            f"### {raw['title']} {{ #{key} }}",
            " · ".join(mark for mark in marks if mark),
            f"{one_line(raw['summary'])}." if "summary" in raw else "",
            described,
            self._layout(raw["x-binary-layout"]) if "x-binary-layout" in raw else self._data(raw["payload"]),
            *(_example(each) for each in raw.get("examples", ())),
        ]
        return "\n\n".join(part for part in parts if part)

    def _data(self, payload: Schema) -> str:
        data = payload["properties"].get("data", {})
        if "$ref" in data:
            name = data["$ref"].rpartition("/")[2]
            return f"`data` is [{name}](#{anchor(name)}):\n\n{members_table(self._schemas[name], self._names)}"
        members = members_table(data, self._names)
        text = f"`data` is {type_text(data)}. {one_line(str(data.get('description', '')))}".strip()
        return f"{text}\n\n{members}" if members else text

    def _layout(self, parts: Sequence[Schema]) -> str:
        lines: list[tuple[str, ...]] = []
        fixed, variable = 0, ""
        for part in parts:
            begin = f"{fixed}{variable}"
            if part["as"] == "u32":
                lines.append((begin, f"{_NUMBER_SIZE}", f"`{part['name']}`", "u32", _number_meaning(part)))
                fixed += _NUMBER_SIZE
            else:
                length = part["length"]
                shown = "all that follow" if length == "rest" else f"`{length}`"
                lines.append((begin, shown, f"`{part['name']}`", "bytes", _bytes_meaning(part)))
                variable += f" + `{length}`"
        return table(("from byte", "bytes", "part", "as", "meaning"), lines)

    def _linked(self, text: str) -> str:
        return with_links(text, self._names)


def _message_keys(operation: Schema) -> Iterator[str]:
    for each in [*operation["messages"], *operation.get("reply", {}).get("messages", ())]:
        yield str(each["$ref"]).rpartition("/")[2]


def _direction(operation: Schema) -> str:
    return "From the client." if operation["action"] == "receive" else "From the server."


def _kind(message: Schema) -> str:
    layout = message.get("x-binary-layout")
    if layout is None:
        return "text"
    return f"binary, type {layout[0]['const']}" if "const" in layout[0] else "binary"


def _number_meaning(part: Schema) -> str:
    if "const" in part:
        return f"{part['const']}"
    return ", ".join(f"{value}: `{meaning}`" for value, meaning in part.get("meanings", {}).items())


def _bytes_meaning(part: Schema) -> str:
    match part.get("encoding"):
        case "json":
            return f"JSON in UTF-8: {type_text(part['schema'])}"
        case "utf-8":
            return "text in UTF-8"
        case "image":
            return "the encoded picture"
        case _:
            return ""


def _example(example: Schema) -> str:
    payload: Any = example["payload"]
    return f"```json\n{json.dumps(payload, indent=2)}\n```"
