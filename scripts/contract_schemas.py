"""JSON schemas of the contracts as Markdown: a line for a type, a table for an object.

Pure. It knows the keywords that the contracts use and refuses any other, so that nothing a contract says is silently
left out of its rendered reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

Schema = Mapping[str, Any]
"""A schema, or any other object of a contract."""

_REFERENCE: Final = re.compile(r"#/components/schemas/(\w+)")
_NAME_IN_CODE: Final = re.compile(r"(?<!\[)`(\w+)`")
_LIMITS: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minItems": "{} or more entries",
    "maxItems": "at most {} entries",
    "minLength": "{} or more characters",
    "maxLength": "at most {} characters",
    "minProperties": "{} or more members",
    "pattern": "matches `{}`",
}
_KNOWN: Final = frozenset(_LIMITS) | {
    "$ref", "type", "format", "const", "enum", "default", "description", "properties", "required", "items",
    "prefixItems", "additionalProperties", "patternProperties", "anyOf", "allOf", "if", "then", "deprecated",
    "x-comfyui-since",
}  # fmt: skip


class UnknownKeywordError(Exception):
    """A schema says something that the rendered reference would not show."""


@frozen
class Row:
    """One line of a table of members.

    Attributes:
        name: The member, as a path from the object: `exec_info.queue_remaining`, `entries[].t`.
        kind: Its type, in Markdown.
        is_required: Whether it is always there.
        description: What is said about it, in Markdown.
    """

    name: str
    kind: str
    is_required: bool
    description: str


def anchor(name: str) -> str:
    """Give the anchor of a schema's section.

    Args:
        name: The schema.

    Returns:
        The anchor, without `#`.
    """
    return f"schema-{name}"


def one_line(text: str) -> str:
    """Bring Markdown into one line that fits into a table's cell.

    Args:
        text: Some sentences.

    Returns:
        The line.
    """
    return " ".join(text.split()).replace("|", r"\|")


def with_links(text: str, names: Mapping[str, str]) -> str:
    """Link names that stand in code marks to their sections.

    Args:
        text: Markdown.
        names: Anchors by name.

    Returns:
        The text; names that are no section's stay as they are.
    """

    def linked(match: re.Match[str]) -> str:
        target = names.get(match[1])
        return match[0] if target is None else f"[{match[0]}](#{target})"

    return _NAME_IN_CODE.sub(linked, text)


def type_text(schema: Schema) -> str:
    """Say in a few words what fits a schema.

    Args:
        schema: The schema.

    Returns:
        Markdown; schemas that have a section are linked.

    Raises:
        UnknownKeywordError: It has a keyword that cannot be shown.
    """
    _check(schema)
    if "$ref" in schema:
        return _linked(schema["$ref"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "anyOf" in schema:
        return " or ".join(type_text(each) for each in schema["anyOf"])
    if "prefixItems" in schema:
        return f"row of {', '.join(type_text(each) for each in schema['prefixItems'])}"
    if schema.get("allOf"):
        return type_text(schema["allOf"][0])
    declared = schema.get("type", "object" if "properties" in schema else "anything")
    kinds = [declared] if isinstance(declared, str) else list(declared)
    return " or ".join(_kind_text(kind, schema) for kind in kinds)


def limits_text(schema: Schema) -> str:
    """Say which values of its type a schema takes.

    Args:
        schema: The schema.

    Returns:
        Sentences in Markdown, or nothing.
    """
    parts: list[str] = []
    if "enum" in schema:
        parts.append("one of " + ", ".join(f"`{value}`" for value in schema["enum"]))
    parts += [words.format(schema[name]) for name, words in _LIMITS.items() if name in schema]
    if "default" in schema and schema["default"] != {}:
        parts.append(f"`{json.dumps(schema['default'])}` if left out")
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def notes_text(described: Schema, schema: Schema) -> str:
    """Join everything that is said about a member or a parameter beside its type.

    Args:
        described: The object that describes it.
        schema: Its schema, which may be the same.

    Returns:
        One line of Markdown.
    """
    since = described.get("x-comfyui-since")
    parts = [
        str(described.get("description", "")),
        limits_text(schema),
        f"Since {since}." if since else "",
        "Deprecated." if described.get("deprecated") else "",
    ]
    return one_line(" ".join(part for part in parts if part))


def rows(schema: Schema, prefix: str = "") -> Iterator[Row]:
    """Take an object apart into its members, those of objects without a section of their own included.

    Args:
        schema: The object's schema.
        prefix: What stands before each name.

    Yields:
        A line for each member.
    """
    _check(schema)
    for name, member in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield Row(path, type_text(member), name in schema.get("required", ()), notes_text(member, member))
        yield from rows(member, f"{path}.")
        yield from rows(member.get("items", {}), f"{path}[].")


def table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Write a table.

    Args:
        headings: The columns' headings.
        lines: The cells.

    Returns:
        Markdown.
    """
    written = [" | ".join(headings), " | ".join("---" for _ in headings), *(" | ".join(line) for line in lines)]
    return "".join(f"| {line} |\n" for line in written)


def members_table(schema: Schema, names: Mapping[str, str] | None = None) -> str:
    """Write the table of an object's members.

    Args:
        schema: The object's schema.
        names: Anchors by name, to be linked where descriptions name them.

    Returns:
        Markdown; nothing if it has no members of its own.
    """
    lines = [
        (
            f"`{row.name}`",
            row.kind,
            "always" if row.is_required else "",
            with_links(row.description, names or {}),
        )
        for row in rows(schema)
    ]
    return table(("member", "type", "there", "meaning"), lines) if lines else ""


def schema_section(name: str, schema: Schema, names: Mapping[str, str] | None = None) -> str:
    """Write the section of a schema.

    Args:
        name: Its name.
        schema: The schema.
        names: Anchors by name, to be linked where descriptions name them.

    Returns:
        Markdown, from its heading on.
    """
    described = with_links(str(schema.get("description", "")).strip(), names or {})
    limits = limits_text(schema)
    conditions = [each for each in schema.get("allOf", ()) if "if" in each]
    parts = [
        f"### {name} {{ #{anchor(name)} }}",
        described,
        "" if "properties" in schema else f"Type: {type_text(schema)}. {limits}".strip(),
        *(f"Where it is a {type_text(each['if'])}, it is a {type_text(each['then'])}." for each in conditions),
        *(members_table(each, names) for each in _parts_of(schema)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _parts_of(schema: Schema) -> Iterator[Schema]:
    yield schema
    for each in schema.get("allOf", ()):
        yield each
        # An object inside a condition has no section, so its members are told here.
        yield from each.get("then", {}).get("prefixItems", ())


def _kind_text(kind: str, schema: Schema) -> str:
    if kind == "array":
        items = schema.get("items", {})
        return f"list of {type_text(items)}" if items else "list"
    if kind == "object":
        values = schema.get("additionalProperties")
        patterns = schema.get("patternProperties", {})
        if isinstance(values, Mapping):
            return f"object, its values {type_text(values)}"
        if list(patterns) == ["^"]:
            return f"object, its values {type_text(patterns['^'])}"
        if patterns:
            told = "; ".join(f"`{_unanchored(pattern)}`: {type_text(value)}" for pattern, value in patterns.items())
            return f"object ({told})"
        return "object"
    if schema.get("format") == "binary":
        return "bytes"
    return f"{kind} ({schema['format']})" if "format" in schema and kind == "string" else kind


def _unanchored(pattern: str) -> str:
    return pattern.removeprefix("^").removesuffix("$").strip("()").replace("|", "`, `")


def _linked(reference: str) -> str:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise UnknownKeywordError(f"{reference!r} refers to no schema")
    return f"[{match[1]}](#{anchor(match[1])})"


def _check(schema: Schema) -> None:
    unknown = set(schema) - _KNOWN
    if unknown:
        raise UnknownKeywordError(f"a schema says {sorted(unknown)}, which the reference would not show: {schema}")
