"""The exceptions: their tree as it is drawn, their data, and messages that tell what to do."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

import comfy_facade
from comfy_facade import errors
from comfy_facade.errors import (
    AlreadyExistsError,
    AnswerHiddenError,
    AuthenticationError,
    ClientClosedError,
    ComfyUIError,
    ConnectionFailedError,
    InvalidWorkflowError,
    NodeExecutionError,
    NodeSelectionError,
    NotFoundError,
    PromptFailedError,
    PromptInterruptedError,
    PromptNotFinishedError,
    PromptNotFoundError,
    PromptRejectedError,
    PromptTimeoutError,
    SlowConsumerError,
    SyncUnavailableError,
    UnexpectedResponseError,
    UnknownInputError,
    UnsafePathError,
    UnsupportedByServerError,
    UploadTooLargeError,
)

NODE_ERRORS = {
    "3": {
        "class_type": "KSampler",
        "errors": [
            {"type": "value_not_in_list", "message": "Value not in list", "details": "sampler_name: 'x'"},
            {"type": "required_input_missing", "message": "Required input is missing", "details": "model"},
        ],
    },
    "5": {"class_type": "EmptyImage", "errors": [{"message": "Too big", "details": "width"}]},
}

# One of each class, and what its message must hold: what happened to what, and what to do about it.
EXAMPLES: list[tuple[ComfyUIError, list[str]]] = [
    (ComfyUIError("said"), ["said"]),
    (AnswerHiddenError("http://h", "no answer came through"), ["http://h", "no answer came through"]),
    (SyncUnavailableError(), ["use AsyncComfyUIApiClient"]),
    (InvalidWorkflowError("export it in API format"), ["export it in API format"]),
    (NodeSelectionError("KSampler", ["3", "7"], "several nodes fit: name one by its id"), ["name one by its id"]),
    (UnknownInputError("3", "sed", "there is no input sed: did you mean seed?"), ["did you mean seed"]),
    (
        PromptRejectedError({"message": "Prompt outputs failed validation", "details": "both"}, NODE_ERRORS),
        [
            "Prompt outputs failed validation (both)",
            "node 3 (KSampler): Value not in list (sampler_name: 'x')",
            "node 3 (KSampler): Required input is missing (model)",
            "node 5 (EmptyImage): Too big (width)",
        ],
    ),
    (PromptFailedError("said", prompt_id="id", outputs={"2": {}}), ["said"]),
    (
        NodeExecutionError(
            prompt_id="id",
            node_id="3",
            class_type="KSampler",
            exception_type="ValueError",
            exception_message="bad\n",
            traceback=["one", "two"],
            outputs={"2": {}},
        ),
        ["node 3 (KSampler)", "ValueError: bad ", ".traceback"],
    ),
    (
        PromptInterruptedError(prompt_id="id", node_id="3", class_type="KSampler"),
        ["prompt id", "interrupted", "node 3 (KSampler)", "run it again"],
    ),
    (PromptNotFoundError("id"), ["prompt id", "check the id"]),
    (PromptNotFoundError("id", "deleted"), ["prompt id", "deleted", "queue it again"]),
    (PromptNotFoundError("id", "forgotten"), ["prompt id", "restarted", "queue it again"]),
    (PromptNotFoundError("id", "evicted"), ["prompt id", "history", "run it again"]),
    (PromptNotFinishedError("id"), ["prompt id", "wait_for_prompt"]),
    (PromptTimeoutError("id", 1.5), ["prompt id", "1.5 s", "wait_for_prompt", "interrupt(prompt_id)"]),
    (ConnectionFailedError("http://gpu", "refused", is_sent=True), ["http://gpu", "refused", "is it running"]),
    (AuthenticationError(401, "http://gpu"), ["http://gpu", "401", "headers=", "auth=", "user="]),
    (AuthenticationError(407, "http://gpu"), ["http://gpu", "407", "proxy"]),
    (
        UnexpectedResponseError(502, "GET /queue", "<html>", "no JSON"),
        ["GET /queue", "502", "no JSON", "<html>", "is that"],
    ),
    (NotFoundError(404, "GET /view", ""), ["GET /view", "404", "nothing of that name"]),
    (AlreadyExistsError(409, "POST /userdata/a", ""), ["POST /userdata/a", "overwrite=True"]),
    (UploadTooLargeError(2_000, 1_000, "POST /upload/image"), ["2,000", "1,000", "--max-upload-size"]),
    (UploadTooLargeError(2_000, None, "POST /upload/image"), ["2,000", "unknown limit", "--max-upload-size"]),
    (UnsupportedByServerError(404, "GET /x", "0.26"), ["GET /x", "0.26 or later"]),
    (UnsupportedByServerError(404, "GET /x"), ["GET /x", "no such route"]),
    (SlowConsumerError(100), ["100", "read events() faster"]),
    (ClientClosedError(), ["closed", "make a new one"]),
    (UnsafePathError("../a"), ["'../a'", "full path"]),
]


def defined() -> dict[str, type[ComfyUIError]]:
    return {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, ComfyUIError)
    }


def drawn() -> dict[str, str | None]:
    """The tree in the docstring: each class and the one it hangs on."""
    parents: dict[str, str | None] = {}
    levels: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.fullmatch(r" {4}((?:│   |    )*)(├── |└── )?(\w+Error)(?: .*)?", line)
        if match is None:
            continue
        level = len(match[1]) // 4 + bool(match[2])
        parents[match[3]] = levels[level - 1] if level else None
        levels[level:] = [match[3]]
    return parents


def test_the_tree_is_as_it_is_drawn() -> None:
    real = {name: None if kind is ComfyUIError else kind.__mro__[1].__name__ for name, kind in defined().items()}
    assert real == drawn()


def test_all_are_exported() -> None:
    assert set(defined()) <= set(comfy_facade.__all__)
    assert all(getattr(comfy_facade, name) is kind for name, kind in defined().items())


def test_every_class_has_an_example_here() -> None:
    assert {type(error) for error, _ in EXAMPLES} == set(defined().values())


@pytest.mark.parametrize(("error", "told"), EXAMPLES, ids=lambda value: type(value).__name__)
class TestEach:
    def test_its_message_tells_what_to_do(self, error: ComfyUIError, told: list[str]) -> None:
        for part in told:
            assert part in str(error)
        assert "None" not in str(error)

    def test_it_survives_the_way_between_processes(self, error: ComfyUIError, told: list[str]) -> None:
        for same in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert type(same) is type(error)
            assert str(same) == str(error)
            assert vars(same) == vars(error)
            assert same.args == error.args

    def test_its_data_are_described(self, error: ComfyUIError, told: list[str]) -> None:
        # From 3.13 on Python itself takes the margin off.
        documentation = "\n".join(inspect.cleandoc(kind.__doc__ or "") for kind in type(error).__mro__)
        for name in vars(error):
            assert re.search(rf"^    {name}: ", documentation, re.MULTILINE), name


class TestOddData:
    """Servers leave out what they like, and messages are no place to trip over that."""

    def test_a_rejection_without_reasons(self) -> None:
        assert str(PromptRejectedError({}, {})) == "the server refused the prompt: no reason given"
        assert str(PromptRejectedError({"type": "odd"}, {"1": None})) == "the server refused the prompt: odd"
        error = PromptRejectedError({"message": "m"}, {"1": {"errors": [None, {"message": "n"}]}})
        assert "None" not in str(error)
        assert "node 1" in str(error)

    def test_a_node_that_is_not_named(self) -> None:
        error = NodeExecutionError(
            prompt_id="id", node_id="", class_type="", exception_type="", exception_message="", traceback=()
        )
        assert str(error).startswith("a node raised an exception - ")

    def test_an_interruption_between_nodes(self) -> None:
        assert "node" not in str(PromptInterruptedError(prompt_id="id"))

    def test_a_connection_without_an_address(self) -> None:
        assert str(ConnectionFailedError("", "gone")).startswith("cannot reach ComfyUI: gone")

    def test_a_long_body_is_cut_in_the_message_only(self) -> None:
        error = UnexpectedResponseError(500, "GET /x", "x" * 2_000)
        assert len(str(error)) < 500
        assert len(error.body) == 2_000

    def test_failures_have_outputs_even_without_any(self) -> None:
        assert PromptFailedError("m", prompt_id="id").outputs == {}
