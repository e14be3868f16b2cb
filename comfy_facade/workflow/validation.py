"""What the server would refuse of a prompt, found before anything is sent.

Duty: the server's own walk over a prompt: from each output node upwards, every node once, stopping where it stops.
It only looks at nodes that an output needs. Checks that nothing but a node's own code can make are left to the server.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.definitions import InputSpec, NodeDefs, raw_definition
from comfy_facade.workflow.json_kinds import is_list, is_object
from comfy_facade.workflow.live_inputs import live_inputs
from comfy_facade.workflow.own_checks import checks_link_types, checks_value, is_upload, takes_file_name
from comfy_facade.workflow.problems import Problem, Problems, not_a_choice, out_of_range, shown, unknown_class

_ANYTHING: Final = frozenset({"*", "COMFY_MATCHTYPE_V3"})


def find_problems(prompt: Mapping[str, Any], node_defs: NodeDefs, *, check_files: bool = False) -> Problems:
    """Check a prompt the way the server checks it.

    Args:
        prompt: A prompt in API format; it is left as it is.
        node_defs: The server's definitions by class name.
        check_files: Also report uploaded files that the definitions do not list, as `custom_validation_failed`. The
            list is as old as the definitions, and it leaves out subfolders, which are therefore not checked.

    Returns:
        What the server would refuse, and which outputs would run all the same.
    """
    walk = _Walk(prompt, node_defs, check_files=check_files)
    missing = [
        walk.problem(node_id, "", "missing_node_type", _missing_class(node, node_defs))
        for node_id, node in prompt.items()
        if raw_definition(node_defs, as_object(node).get("class_type")) is None
    ]
    if missing:
        return Problems(missing)
    outputs = [node_id for node_id in prompt if walk.definition(node_id).get("output_node")]
    if not outputs:
        text = "it has no output node: add one that saves or previews, such as SaveImage"
        return Problems([Problem("", "", "", "", "prompt_no_outputs", text)])
    runnable = [node_id for node_id in outputs if walk.is_sound(node_id)]
    return Problems(walk.problems(), runnable)


def do_types_match(received: object, wanted: object) -> bool:
    """Compare the type of an output with that of an input by the server's rule.

    Args:
        received: The output's type; some nodes give a list of choices.
        wanted: The input's type, or its list of choices.

    Returns:
        Whether the server allows the link.
    """
    if received == wanted:
        return True
    if isinstance(received, str) and received in _ANYTHING:
        return True
    if isinstance(wanted, str) and wanted in _ANYTHING:
        return True
    if not isinstance(wanted, str):
        return False
    if not isinstance(received, str):
        return isinstance(received, (list, tuple)) and wanted == "COMBO"
    ours, theirs = ({kind.strip() for kind in kinds.split(",")} for kinds in (received, wanted))
    return "*" in ours | theirs or bool(ours & theirs)


def _missing_class(node: object, node_defs: NodeDefs) -> str:
    class_type = as_object(node).get("class_type")
    if isinstance(class_type, str):
        return unknown_class(class_type, node_defs)
    return "it has no class_type; was it saved with a node pack that was missing?"


class _BrokenNodeError(Exception):
    """The server itself stumbles over the node."""


@dataclass(slots=True)
class _Verdict:
    is_sound: bool = True
    problems: list[Problem] = field(default_factory=list[Problem])


class _Walk:
    def __init__(self, prompt: Mapping[str, Any], node_defs: NodeDefs, *, check_files: bool) -> None:
        self._check_files = check_files
        self._prompt = prompt
        self._node_defs = node_defs
        self._verdicts: dict[str, _Verdict] = {}
        # The nodes being walked, outermost first; a dict, since prompts may be deep and membership is asked often.
        self._active: dict[str, None] = {}

    def definition(self, node_id: str) -> RawObject:
        return raw_definition(self._node_defs, as_object(self._prompt[node_id]).get("class_type")) or {}

    def problem(self, node_id: str, input_name: str, kind: str, message: str) -> Problem:
        node = as_object(self._prompt[node_id])
        class_type = str(node.get("class_type") or "")
        title = as_object(node.get("_meta")).get("title")
        return Problem(node_id, class_type, str(title or class_type), input_name, kind, message)

    def problems(self) -> list[Problem]:
        return [problem for verdict in self._verdicts.values() for problem in verdict.problems]

    def is_sound(self, output: str) -> bool:
        """Walk upwards from one output. A prompt may be deeper than Python's stack, hence a stack of its own."""
        if output in self._verdicts:
            return self._verdicts[output].is_sound
        walks = [self._visit(output)]
        self._active = {output: None}
        answer: bool | None = None
        while walks:
            try:
                child = walks[-1].send(answer)
            except StopIteration:
                walks.pop()
                answer = self._verdicts[self._active.popitem()[0]].is_sound
                continue
            except _BrokenNodeError as broken:
                walks.pop()
                node_id = self._active.popitem()[0]
                kind = "exception_during_inner_validation" if walks else "exception_during_validation"
                fault = self.problem(node_id, str(broken.args[0]), kind, str(broken.args[1]))
                self._verdicts[node_id] = _Verdict(False, [fault])
                answer = False
                continue
            if child in self._verdicts:
                answer = self._verdicts[child].is_sound
            elif child in self._active:
                self._mark_circle(child)
                answer = False
            else:
                walks.append(self._visit(child))
                self._active[child] = None
                answer = None
        return self._verdicts[output].is_sound

    def _mark_circle(self, node_id: str) -> None:
        active = list(self._active)
        circle = active[active.index(node_id) :]
        path = " -> ".join([*circle, node_id])
        for member in circle:
            fault = self.problem(member, "", "dependency_cycle", f"its links run in a circle: {path}")
            self._verdicts[member] = _Verdict(False, [fault])

    def _visit(self, node_id: str) -> Generator[str, bool | None, None]:
        node = as_object(self._prompt[node_id])
        inputs = node.get("inputs")
        if inputs is None:
            raise _BrokenNodeError("", "it has no inputs: give it an empty object at least")
        values = as_object(inputs)
        class_type = str(node.get("class_type"))
        own, broken = _Verdict(), None
        for name, spec in live_inputs(self.definition(node_id), values).items():
            if name not in values:
                if not spec.is_optional:
                    text = f"the required input {name!r} is missing: it takes {spec.type}"
                    own.problems.append(self.problem(node_id, name, "required_input_missing", text))
                continue
            try:
                if is_list(link := values[name]):
                    origin = self._check_link(node_id, class_type, spec, link, own)
                    if origin is not None and not (yield origin):
                        own.is_sound = False
                else:
                    self._check_value(node_id, class_type, spec, values[name], own)
            except _BrokenNodeError as error:
                # The server gives up on the node here, having seen its inputs in random order. The rest is looked at
                # all the same, so that one call tells as much as possible.
                broken = broken or error
        if broken is not None:
            raise broken
        known = self._verdicts.get(node_id, _Verdict())
        problems = [*known.problems, *(fault for fault in own.problems if fault not in known.problems)]
        self._verdicts[node_id] = _Verdict(known.is_sound and own.is_sound and not own.problems, problems)

    def _check_link(self, node_id: str, class_type: str, spec: InputSpec, link: list[Any], own: _Verdict) -> str | None:
        if len(link) != 2:
            text = f"{spec.name!r} is {shown(link)}, but a link has two parts: [node id, output number]"
            own.problems.append(self.problem(node_id, spec.name, "bad_linked_input", text))
            return None
        origin, slot = link
        if not isinstance(origin, str) or origin not in self._prompt:
            raise _BrokenNodeError(
                spec.name, f"{spec.name!r} is linked to node {shown(origin)}, which is not in the prompt"
            )
        types = as_list(self.definition(origin).get("output"))
        origin_class = as_object(self._prompt[origin]).get("class_type")
        if not isinstance(slot, int) or not -len(types) <= slot < len(types):
            raise _BrokenNodeError(
                spec.name,
                f"{spec.name!r} is linked to output {shown(slot)} of node {origin} ({origin_class}), "
                f"which has {len(types)} outputs",
            )
        wanted = list(spec.choices) if spec.is_bare_list else spec.type
        if not checks_link_types(class_type) and not do_types_match(types[slot], wanted):
            text = (
                f"{spec.name!r} takes {spec.type}, but output {slot} of node {origin} ({origin_class}) "
                f"is {types[slot] if isinstance(types[slot], str) else 'COMBO'}"
            )
            own.problems.append(self.problem(node_id, spec.name, "return_type_mismatch", text))
            return None
        return origin

    def _check_value(self, node_id: str, class_type: str, spec: InputSpec, value: Any, own: _Verdict) -> None:
        if is_object(value) and "__value__" in value:
            value = value["__value__"]
        try:
            value = _converted(spec.type, value)
        except (TypeError, ValueError, OverflowError):
            text = f"{spec.name!r} is {shown(value)}, which is no {spec.type}"
            own.problems.append(self.problem(node_id, spec.name, "invalid_input_type", text))
            return
        if checks_value(class_type, spec):
            if takes_file_name(class_type, spec) and not isinstance(value, str):
                raise _BrokenNodeError(spec.name, f"{spec.name!r} is {shown(value)}, which is no file name")
            if self._check_files and _is_missing_file(spec, value):
                text = f"{spec.name!r} is {shown(value)}, a file that the server did not list; is it uploaded?"
                own.problems.append(self.problem(node_id, spec.name, "custom_validation_failed", text))
            return
        kind, text = _fault_of_value(spec, value)
        if kind:
            own.problems.append(self.problem(node_id, spec.name, kind, text))


def _converted(kind: str, value: Any) -> Any:
    match kind:
        case "INT":
            return int(value)
        case "FLOAT":
            return float(value)
        case "STRING":
            return str(value)
        case "BOOLEAN":
            return bool(value)
        case _:
            return value


def _fault_of_value(spec: InputSpec, value: Any) -> tuple[str, str]:
    try:
        if "min" in spec.options and value < spec.options["min"]:
            return "value_smaller_than_min", out_of_range(spec, value)
        if "max" in spec.options and value > spec.options["max"]:
            return "value_bigger_than_max", out_of_range(spec, value)
    except TypeError as error:
        raise _BrokenNodeError(spec.name, f"{spec.name!r} is {shown(value)}, which is no number") from error
    if spec.type != "COMBO":
        return "", ""
    values = value if spec.options.get("multiselect") and is_list(value) else [value]
    wrong = [part for part in values if part not in spec.choices]
    return ("value_not_in_list", not_a_choice(spec, wrong)) if wrong else ("", "")


def _is_missing_file(spec: InputSpec, value: Any) -> bool:
    is_plain = isinstance(value, str) and not any(mark in value for mark in "/\\[")
    return is_plain and is_upload(spec) and value not in spec.choices
