"""Whether a prompt may run, and which of its outputs.

Pure: it works on a copy, reads no files and knows no queue. The error types and texts are those of the wire
protocol. One faulty branch is dropped while the others go on, as the real server does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from comfy_emulator.exception_report import exception_problem, inner_problem
from comfy_emulator.input_values import (
    RefusedValueError,
    check_choice,
    check_limits,
    converted,
    input_config,
    problem,
)
from comfy_emulator.json_types import JsonObject, Prompt, is_array, is_link, is_object
from comfy_emulator.node_types import Catalogue, InputSpec, NodeClass
from comfy_emulator.versions import Version


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of checking a prompt.

    Attributes:
        prompt: The prompt with its constants converted to the types their inputs want.
        outputs: Ids of the output nodes that may run, in the prompt's order.
        error: Why nothing may run; None if something may.
        node_errors: What is wrong, by node id. Can be non-empty although something may run.
    """

    prompt: Prompt
    outputs: list[str]
    error: JsonObject | None
    node_errors: JsonObject


@dataclass(slots=True)
class _Judgement:
    valid: bool
    problems: list[JsonObject] = field(default_factory=list[JsonObject])


def validate_prompt(
    prompt: Prompt, catalogue: Catalogue, version: Version, targets: Sequence[str] | None = None
) -> Verdict:
    """Check a prompt.

    Args:
        prompt: The graph as it was posted.
        catalogue: The node classes.
        version: The version whose checks and texts apply.
        targets: Ids of the output nodes wanted; None for all.
    """
    if version.walks_all_inputs:
        # Inputs that are no object end the request there, whatever else is wrong with the prompt.
        for node in prompt.values():
            if "class_type" in node and "inputs" in node:
                node["inputs"].items()
    elif len(prompt) == 0:
        return Verdict({}, [], problem("prompt_no_outputs", "Prompt has no outputs", ""), {})
    for node_id, node in prompt.items():
        error = _class_error(node_id, node, catalogue, version)
        if error is not None:
            return Verdict(prompt, [], error, {})
    outputs = [
        node_id
        for node_id, node in prompt.items()
        if catalogue[node["class_type"]].output_node and (targets is None or node_id in targets)
    ]
    if not outputs:
        return Verdict(prompt, [], problem("prompt_no_outputs", "Prompt has no outputs", ""), {})
    return _PromptCheck(prompt, catalogue, version).run(outputs)


def _class_error(node_id: str, node: JsonObject, catalogue: Catalogue, version: Version) -> JsonObject | None:
    details = f"Node ID '#{node_id}'"
    if "class_type" not in node:
        if not version.names_missing_nodes:
            text = "Cannot execute because a node is missing the class_type property."
            return problem("invalid_prompt", text, details)
        title = node.get("_meta", {}).get("title")
        text = (
            f"Node '{title or f'ID #{node_id}'}' has no class_type. "
            "The workflow may be corrupted or a custom node is missing."
        )
        return problem("missing_node_type", text, details, node_id=node_id, class_type=None, node_title=title)
    class_type = node["class_type"]
    if class_type in catalogue:
        return None
    if not version.names_missing_nodes:
        text = f"Cannot execute because node {class_type} does not exist."
        return problem("invalid_prompt", text, details)
    title = node.get("_meta", {}).get("title", class_type)
    text = f"Node '{title}' not found. The custom node may not be installed."
    return problem("missing_node_type", text, details, node_id=node_id, class_type=class_type, node_title=title)


class _PromptCheck:
    """One walk over a prompt, from its outputs upstream; every node is judged once."""

    def __init__(self, prompt: Prompt, catalogue: Catalogue, version: Version) -> None:
        self._prompt: Prompt = {
            node_id: {**node, "inputs": dict(node["inputs"])} if is_object(node.get("inputs")) else node
            for node_id, node in prompt.items()
        }
        self._catalogue = catalogue
        self._version = version
        self._judged: dict[str, _Judgement] = {}
        self._path: list[str] = []

    def run(self, outputs: Sequence[str]) -> Verdict:
        good: list[str] = []
        reasons: list[JsonObject] = []
        node_errors: JsonObject = {}
        for output in outputs:
            judgement = self._judged_output(output)
            if judgement.valid:
                good.append(output)
                continue
            reasons.extend(judgement.problems)
            self._report(output, node_errors)
        error = None
        if not good:
            details = "\n".join(f"{reason['message']}: {reason['details']}" for reason in reasons)
            error = problem("prompt_outputs_failed_validation", "Prompt outputs failed validation", details)
        return Verdict(self._prompt, good, error, node_errors)

    def _judged_output(self, output: str) -> _Judgement:
        try:
            return self._judge(output)
        except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as failure:
            self._path.clear()
            judgement = _Judgement(False, [exception_problem(failure)])
            self._judged[output] = judgement
            return judgement

    def _report(self, output: str, node_errors: JsonObject) -> None:
        # A node that is invalid only because of what feeds it has no problems of its own and is not named.
        for node_id, judgement in self._judged.items():
            if judgement.valid or not judgement.problems:
                continue
            entry = node_errors.setdefault(
                node_id,
                {
                    "errors": judgement.problems,
                    "dependent_outputs": [],
                    "class_type": self._prompt[node_id]["class_type"],
                },
            )
            entry["dependent_outputs"].append(output)

    def _judge(self, node_id: str) -> _Judgement:
        if node_id in self._judged:
            return self._judged[node_id]
        if node_id in self._path:
            return self._judge_loop(node_id)
        node = self._prompt[node_id]
        inputs: JsonObject = node["inputs"]
        node_class = self._catalogue[node["class_type"]]
        judgement = _Judgement(True)
        received: dict[str, str] = {}
        for name, (category, spec) in _visible_inputs(node_class).items():
            if name not in inputs:
                if category == "required":
                    judgement.problems.append(
                        problem("required_input_missing", "Required input is missing", name, input_name=name)
                    )
            elif is_array(inputs[name]):
                self._judge_link(node_id, name, spec, judgement, received)
            else:
                self._judge_constant(inputs, name, spec, node_class, judgement)
        judgement.problems.extend(_custom_problems(node_class, inputs))
        return self._settle(node_id, judgement)

    def _settle(self, node_id: str, judgement: _Judgement) -> _Judgement:
        earlier = self._judged.get(node_id, _Judgement(True))
        merged = list(earlier.problems)
        merged.extend(each for each in judgement.problems if each not in merged)
        valid = earlier.valid and judgement.valid and not judgement.problems
        self._judged[node_id] = _Judgement(valid, merged)
        return self._judged[node_id]

    def _judge_loop(self, node_id: str) -> _Judgement:
        if not self._version.detects_cycles:
            # A server without loop detection recurses until Python stops it, then finds the nodes invalid
            # for no reason of their own.
            return _Judgement(False)
        walked = [*self._path[self._path.index(node_id) :], node_id]
        members = list(dict.fromkeys(walked))
        details = " -> ".join(f"{each} ({self._prompt[each]['class_type']})" for each in walked)
        for member in members:
            found = problem(
                "dependency_cycle",
                "Dependency cycle detected",
                details,
                node_id=member,
                cycle_nodes=members,
            )
            self._judged[member] = _Judgement(False, [found])
        return self._judged[node_id]

    def _judge_link(
        self, node_id: str, name: str, spec: InputSpec, judgement: _Judgement, received: dict[str, str]
    ) -> None:
        link: list[Any] = self._prompt[node_id]["inputs"][name]
        quoted = {"input_name": name, "input_config": input_config(spec)}
        if len(link) != 2:
            text = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
            judgement.problems.append(problem("bad_linked_input", text, name, **quoted, received_value=link))
            return
        source, index = link
        received[name] = self._catalogue[self._prompt[source]["class_type"]].output_types[index]
        if not types_match(received[name], spec[0]):
            details = f"{name}, received_type({received[name]}) mismatch input_type({spec[0]})"
            text = "Return type mismatch between linked nodes"
            judgement.problems.append(
                problem(
                    "return_type_mismatch",
                    text,
                    details,
                    **quoted,
                    received_type=received[name],
                    linked_node=link,
                )
            )
            return
        self._path.append(node_id)
        try:
            if not self._judge(source).valid:
                judgement.valid = False
        except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as failure:
            judgement.valid = False
            self._judged[source] = _Judgement(False, [inner_problem(failure, link, quoted)])
        finally:
            self._path.pop()

    def _judge_constant(
        self, inputs: JsonObject, name: str, spec: InputSpec, node_class: NodeClass, judgement: _Judgement
    ) -> None:
        try:
            inputs[name] = converted(name, inputs[name], spec)
            if name not in node_class.checked_inputs:
                check_limits(name, inputs[name], spec)
                check_choice(name, inputs[name], spec, self._version)
        except RefusedValueError as refusal:
            judgement.problems.append(refusal.problem)


def types_match(received: str, wanted: object) -> bool:
    """Tell whether an output of one type fits an input of another.

    Args:
        received: The output's type, several separated by commas; `*` is any.
        wanted: The input's type, the same way; a list (a combo) fits only a `COMBO` output.
    """
    if not isinstance(wanted, str):
        return False
    gives = {each.strip() for each in received.split(",")}
    takes = {each.strip() for each in wanted.split(",")}
    return "*" in gives or "*" in takes or bool(gives & takes)


def _visible_inputs(node_class: NodeClass) -> Mapping[str, tuple[str, InputSpec]]:
    # The real server walks a set here; sorted names are an order that holds from run to run.
    types = node_class.input_types()
    found = {
        name: (category, spec)
        for category in ("optional", "required")
        for name, spec in types.get(category, {}).items()
    }
    return {name: found[name] for name in sorted(found)}


def _custom_problems(node_class: NodeClass, inputs: JsonObject) -> list[JsonObject]:
    if node_class.check is None:
        return []
    judged = {
        name: None if is_link(inputs[name]) else inputs[name] for name in node_class.checked_inputs if name in inputs
    }
    answer = node_class.check(judged)
    if answer is True:
        return []
    return [
        problem(
            "custom_validation_failed",
            "Custom validation failed for node",
            name if answer is False else f"{name} - {answer}",
            input_name=name,
        )
        for name in judged
    ]
