"""The REST contract as one page of Markdown: every operation, its parameters, bodies and statuses, every schema.

Pure. It renders the document it is given and reads no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from attrs import frozen
from contract_schemas import (
    Schema,
    anchor,
    limits_text,
    notes_text,
    one_line,
    schema_section,
    table,
    type_text,
    with_links,
)

_METHODS: Final = ("get", "head", "post", "put", "patch", "delete")


@frozen
class Operation:
    """One operation of the contract.

    Attributes:
        method: In capitals.
        path: Its path.
        raw: What the contract says.
    """

    method: str
    path: str
    raw: Schema

    @property
    def name(self) -> str:
        """Its `operationId`."""
        return str(self.raw["operationId"])

    @property
    def route(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


def operations(document: Schema) -> Iterator[Operation]:
    """List the operations of a contract.

    Args:
        document: The OpenAPI document.

    Yields:
        Each, in the order of the document.
    """
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield Operation(method.upper(), path, item[method])


class RestReference:
    """Renders one contract.

    Args:
        document: The OpenAPI document.
    """

    def __init__(self, document: Schema) -> None:
        self._document: Final = document
        self._operations: Final = list(operations(document))
        self._schemas: Final[Mapping[str, Schema]] = document["components"]["schemas"]
        self._names: Final = {each.name: each.name for each in self._operations} | {
            name: anchor(name) for name in self._schemas
        }

    def page(self) -> str:
        """Render the whole contract.

        Returns:
            Markdown.
        """
        info = self._document["info"]
        size = f"{len(self._operations)} operations and {len(self._schemas)} schemas"
        parts = [
            "# REST reference",
            (
                f"{info['summary']}. Contract version {info['version']}, made from `openapi/comfyui.yaml`: "
                f"{size}. Events have a page of their own, the [websocket reference](websocket.md)."
            ),
            self._linked(info["description"].strip()),
            "## All operations",
            self._overview(),
        ]
        for tag in self._document["tags"]:
            parts += [f"## {tag['name'].capitalize()} {{ #tag-{tag['name']} }}", tag["description"]]
            parts += [self._operation(each) for each in self._operations if each.raw["tags"][0] == tag["name"]]
        parts += ["## Schemas", "Members marked *always* are in every answer of both releases, or must be sent."]
        parts += [schema_section(name, schema, self._names) for name, schema in self._schemas.items()]
        return "\n\n".join(parts) + "\n"

    def _overview(self) -> str:
        lines = [
            (f"[`{each.route}`](#{each.name})", one_line(each.raw["summary"]), str(each.raw.get("x-comfyui-since", "")))
            for each in self._operations
        ]
        return table(("operation", "what it does", "since"), lines)

    def _operation(self, operation: Operation) -> str:
        raw = operation.raw
        since = raw.get("x-comfyui-since")
        marks = [f"operation `{operation.name}`", f"since {since}" if since else ""]
        parts = [
            f"### {raw['summary']} {{ #{operation.name} }}",
            f"**`{operation.route}`** · {' · '.join(mark for mark in marks if mark)}",
            "**Deprecated.**" if raw.get("deprecated") else "",
            self._linked(str(raw.get("description", "")).strip()),
            self._parameters(raw.get("parameters", ())),
            self._request_body(raw.get("requestBody")),
            self._responses(raw["responses"]),
        ]
        return "\n\n".join(part for part in parts if part)

    def _parameters(self, parameters: Any) -> str:
        lines: list[tuple[str, ...]] = []
        for given in parameters:
            each = self._resolved(given)
            required = "yes" if each.get("required") else ""
            notes = self._linked(notes_text(each, each["schema"]))
            lines.append((f"`{each['name']}`", each["in"], type_text(each["schema"]), required, notes))
        return table(("parameter", "in", "type", "required", "meaning"), lines) if lines else ""

    def _request_body(self, body: Schema | None) -> str:
        if body is None:
            return ""
        required = "required" if body.get("required") else "optional"
        described = self._linked(one_line(str(body.get("description", ""))))
        sent = ", ".join(f"`{name}`: {self._content(content)}" for name, content in body["content"].items())
        return f"**Body** ({required}) {sent}. {described}".strip()

    def _responses(self, responses: Schema) -> str:
        lines: list[tuple[str, ...]] = []
        for status, given in responses.items():
            response = self._resolved(given)
            content = response.get("content", {})
            sent = "<br>".join(f"`{name}`: {self._content(each)}" for name, each in content.items())
            headers = [
                f"Header `{name}`: {one_line(str(self._resolved(header).get('description', '')))}"
                for name, header in response.get("headers", {}).items()
            ]
            described = " ".join([self._linked(one_line(response["description"])), *headers])
            lines.append((f"`{status}` {_phrase(status)}".strip(), sent or "no body", described))
        return table(("status", "answer", "meaning"), lines)

    def _content(self, content: Schema) -> str:
        schema = content.get("schema", {})
        return " ".join(part for part in (type_text(schema), limits_text(schema)) if part)

    def _resolved(self, given: Schema) -> Schema:
        if "$ref" not in given:
            return given
        found: Any = self._document
        for part in given["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        resolved: Schema = found
        return resolved

    def _linked(self, text: str) -> str:
        return with_links(text, self._names)


def _phrase(status: str) -> str:
    return HTTPStatus(int(status)).phrase if status.isdigit() else ""
