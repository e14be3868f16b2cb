"""What a ComfyUI offers to programs: routes, their parameters, and events with their fields; and how two differ.

Duty: the plain values that `drift.py` compares, read from the two contracts or filled in by whoever looked at a
source tree or a server. Refusals: it knows neither of the two, and judges nothing but sameness.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

METHODS = ("get", "head", "post", "put", "patch", "delete")

# The library that ComfyUI is built on answers ranges by itself, so that no handler reads them; the other is what
# browsers say of themselves, which no program needs to.
IGNORED_HEADERS = {"range", "sec-fetch-dest"}


@dataclass(frozen=True, order=True)
class Route:
    """A method and a path whose parameters have names alone, as in `/api/history/{prompt_id}`."""

    path: str
    method: str

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def shape(self) -> tuple[str, str]:
        """What stays the same when a path parameter is renamed."""
        return self.method, re.sub(r"\{\w+\}", "{}", self.path)


@dataclass(frozen=True, order=True)
class Parameter:
    """Something a request can say: `place` is path, query, header or body."""

    place: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} ({self.place})"


@dataclass
class Surface:
    """All that was found.

    Attributes:
        origin: Where, for people.
        version: Of ComfyUI, if it is known.
        routes: Parameters by route; None where they could not be seen.
        events: Fields by event; None where they could not be seen.
        binary: Binary messages by number.
        sees_all: Whether what is missing here is missing there: what was not heard may still be sent.
        since: The release a thing came with, where one is known.
        notes: What could not be found out.
    """

    origin: str
    version: str | None = None
    routes: dict[Route, set[Parameter] | None] = field(default_factory=dict)
    events: dict[str, set[str] | None] = field(default_factory=dict)
    binary: set[int] = field(default_factory=set)
    sees_all: bool = True
    since: dict[tuple[str, ...], str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_of(self, version: str) -> Surface:
        """Give what was there at a version, by `since`."""

        def had(*key: str) -> bool:
            return version_key(self.since.get(key, "0")) <= version_key(version)

        return Surface(
            origin=f"{self.origin} as of {version}",
            version=version,
            routes={
                route: parameters and {each for each in parameters if had("parameter", str(route), str(each))}
                for route, parameters in self.routes.items()
                if had("route", str(route))
            },
            events={
                name: fields and {each for each in fields if had("field", name, each)}
                for name, fields in self.events.items()
                if had("event", name)
            },
            binary={number for number in self.binary if had("binary", str(number))},
        )


@dataclass(frozen=True, order=True)
class Difference:
    """One difference.

    Attributes:
        what: What kind of thing.
        change: `removed` is in the contract and not there; `added` is there and not in the contract.
        name: Which one.
        inside: Of which route or event, for parameters and fields.
        since: The release that the contract says it came with.
    """

    what: Literal["route", "parameter", "event", "field", "binary"]
    change: Literal["added", "removed"]
    name: str
    inside: str = ""
    since: str = ""


def differences(contract: Surface, found: Surface) -> list[Difference]:
    """List in what something departs from the contract, parameters and fields of what is in both included."""
    return sorted({*_route_differences(contract, found), *_event_differences(contract, found)})


def _route_differences(contract: Surface, found: Surface) -> Iterator[Difference]:
    by_shape = {route.shape: route for route in found.routes}
    known_shapes = {route.shape for route in contract.routes}
    for route in found.routes:
        if route.shape not in known_shapes:
            yield Difference("route", "added", str(route))
    for route, wanted in contract.routes.items():
        counterpart = by_shape.get(route.shape)
        if counterpart is None:
            yield Difference("route", "removed", str(route), since=contract.since.get(("route", str(route)), ""))
            continue
        there = found.routes[counterpart]
        if wanted is None or there is None:
            continue
        for parameter in wanted - there:
            since = contract.since.get(("parameter", str(route), str(parameter)), "")
            yield Difference("parameter", "removed", str(parameter), str(route), since)
        for parameter in there - wanted:
            yield Difference("parameter", "added", str(parameter), str(route))


def _event_differences(contract: Surface, found: Surface) -> Iterator[Difference]:
    for name in found.events.keys() - contract.events.keys():
        yield Difference("event", "added", name)
    for number in found.binary - contract.binary:
        yield Difference("binary", "added", str(number))
    if found.sees_all:
        for name in contract.events.keys() - found.events.keys():
            yield Difference("event", "removed", name, since=contract.since.get(("event", name), ""))
        for number in contract.binary - found.binary:
            yield Difference("binary", "removed", str(number), since=contract.since.get(("binary", str(number)), ""))
    for name in contract.events.keys() & found.events.keys():
        wanted, there = contract.events[name], found.events[name]
        if wanted is None or there is None:
            continue
        if found.sees_all or name == "feature_flags":
            for each in wanted - there:
                yield Difference("field", "removed", each, name, contract.since.get(("field", name, each), ""))
        for each in there - wanted:
            yield Difference("field", "added", each, name)


def from_contracts(rest: Mapping[str, Any], websocket: Mapping[str, Any]) -> Surface:
    """Read both contracts.

    Args:
        rest: The OpenAPI document.
        websocket: The AsyncAPI document.
    """
    surface = Surface(origin="the contract")
    for path, item in rest["paths"].items():
        for method in METHODS:
            if method in item:
                _add_operation(surface, rest, Route(path, method), item[method])
    for message in websocket["components"]["messages"].values():
        _add_message(surface, websocket, message)
    return surface


def _add_operation(surface: Surface, document: Mapping[str, Any], route: Route, operation: Mapping[str, Any]) -> None:
    if "x-comfyui-since" in operation:
        surface.since["route", str(route)] = operation["x-comfyui-since"]
    parameters: set[Parameter] = set()

    def add(place: str, name: str, definition: Mapping[str, Any]) -> None:
        parameter = Parameter(place, name.lower() if place == "header" else name)
        parameters.add(parameter)
        if "x-comfyui-since" in definition:
            surface.since["parameter", str(route), str(parameter)] = definition["x-comfyui-since"]

    for reference in operation.get("parameters", ()):
        definition = resolved(document, reference)
        if not (definition["in"] == "header" and definition["name"].lower() in IGNORED_HEADERS):
            add(definition["in"], definition["name"], definition)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        for name, definition in properties(document, content["schema"]).items():
            add("body", name, definition)
    surface.routes[route] = parameters


def _add_message(surface: Surface, document: Mapping[str, Any], message: Mapping[str, Any]) -> None:
    since = message.get("x-comfyui-since")
    if "x-binary-layout" in message:
        number = message["x-binary-layout"][0].get("const")
        if number is not None:
            surface.binary.add(number)
            if since:
                surface.since["binary", str(number)] = since
        return
    fields = message["payload"]["properties"]
    name = fields["type"].get("const")
    # Nodes' own events have no name here, and what clients send is no event.
    if name is None or "x-recipients" not in message:
        return
    surface.events[name] = set()
    if since:
        surface.since["event", name] = since
    for each, definition in properties(document, fields["data"]).items():
        surface.events[name].add(each)  # type: ignore[union-attr]
        if "x-comfyui-since" in definition:
            surface.since["field", name, each] = definition["x-comfyui-since"]


def resolved(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference within a document, if the value is one."""
    while "$ref" in value:
        target: Any = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        value = target
    return value


def properties(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Give all properties that a schema lists, those of its parts included."""
    schema = resolved(document, schema)
    found: dict[str, Mapping[str, Any]] = dict(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        found |= properties(document, part)
    return found


def version_key(version: str) -> tuple[int, ...]:
    """Give what orders versions."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
