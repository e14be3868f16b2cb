"""The generated bindings: cheap to import, and faithful to the contract and to what servers send."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from comfy_rest import Client, errors, models
from comfy_rest.api.files import upload_image, view_file
from comfy_rest.api.queue import get_queue, interrupt
from comfy_rest.api.settings import get_setting, store_setting
from comfy_rest.api.userdata import get_user_data
from comfy_rest.types import File, Unset

from tests.openapi.bindings import module_of, plain, read_answer
from tests.openapi.contract import Contract
from tests.openapi.document import Operation
from tests.openapi.recordings import all_recordings, recorded_node_definitions, require_recordings

REPOSITORY = Path(__file__).resolve().parents[2]
CONTRACT = Contract()
OPERATIONS = list(CONTRACT.operations.values())


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    """Give a client whose server is a function."""
    client = Client(base_url="http://comfyui.invalid/base", raise_on_unexpected_status=True)
    transport = httpx.MockTransport(answer)
    return client.set_httpx_client(httpx.Client(base_url="http://comfyui.invalid/base", transport=transport))


# --- faithful to the contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.operation_id)
def test_operation_takes_the_parameters_of_the_contract(operation: Operation) -> None:
    module = module_of(operation)
    taken = set(inspect.signature(module.asyncio_detailed).parameters) - {"client"}
    declared = {parameter["name"].lower().replace("-", "_") for parameter, _ in CONTRACT.parameters(operation)}
    if "requestBody" in operation.definition:
        declared.add("body")
    # Names that Python has taken get an underscore behind.
    assert {name.rstrip("_") for name in taken} == declared


# --- cheap to import ----------------------------------------------------------------------------------------------


def test_models_are_imported_one_by_one() -> None:
    program = (
        "import sys, comfy_rest.api.prompt.queue_prompt\n"
        "print([name for name in sys.modules if name.startswith('comfy_rest.models.')])\n"
        "import comfy_rest.models\n"
        "assert comfy_rest.models.Asset.__name__ == 'Asset'\n"
        "assert 'Asset' in dir(comfy_rest.models)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "generated")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(finished.stdout.split(",")) == 3


def test_all_models_can_be_imported() -> None:
    for name in models.__all__:
        assert getattr(models, name) is not None
    with pytest.raises(AttributeError, match="NoSuchModel"):
        models.NoSuchModel  # type: ignore[attr-defined]  # noqa: B018


# --- faithful to what servers send --------------------------------------------------------------------------------


def test_recorded_answers_survive_reading() -> None:
    """What the generated client reads turns back into the very body, unknown fields included."""
    require_recordings()
    read = 0
    for recording in all_recordings():
        exchange = recording.exchange
        found = CONTRACT.find(exchange.method, exchange.target)
        content_type = exchange.response_content_type or ""
        if found is None or not exchange.response_body or not content_type.startswith("application/json"):
            continue
        if str(exchange.status) not in CONTRACT.responses(found[0]):
            continue
        response = httpx.Response(
            exchange.status, headers={"Content-Type": content_type}, content=exchange.response_body
        )
        answer = read_answer(found[0], response)
        if isinstance(answer, File):
            # A file of the user that happens to hold JSON.
            assert plain(answer) == exchange.response_body
        else:
            assert plain(answer) == json.loads(exchange.response_body), str(recording)
        read += 1
    assert read > 200


def test_recorded_requests_survive_writing() -> None:
    require_recordings()
    written = 0
    for recording in all_recordings():
        exchange = recording.exchange
        found = CONTRACT.find(exchange.method, exchange.target)
        if found is None or exchange.status >= 400 or not isinstance(exchange.request_body, bytes):
            continue
        schema = found[0].definition["requestBody"]["content"].get("application/json", {}).get("schema", {})
        name = schema.get("$ref", "").rpartition("/")[2]
        if name not in models.__all__:
            continue
        body = json.loads(exchange.request_body)
        assert getattr(models, name).from_dict(body).to_dict() == body, str(recording)
        written += 1
    assert written > 40


def test_unknown_fields_survive_at_every_depth() -> None:
    body = {
        "jobs": [
            {
                "id": "a",
                "status": "a status from the future",
                "new": [1],
                "preview_output": {"filename": "a.png", "new": 1},
                "execution_status": {"status_str": "x", "completed": True, "messages": [["a", {}]], "new": 2},
            }
        ],
        "pagination": {"offset": 0, "limit": None, "total": 1, "has_more": False, "new": 3},
        "new": {"deep": {"deeper": None}},
    }
    assert models.JobList.from_dict(body).to_dict() == body


@pytest.mark.parametrize("status", [None, {"status_str": "success", "completed": True, "messages": []}, {"odd": 1}])
def test_history_status_in_every_form(status: object) -> None:
    entry = {"prompt": [1, "a", {}, {}, []], "outputs": {"1": {"images": [None, "x"]}}, "status": status}
    read = models.HistoryEntry.from_dict(entry)
    assert plain(read.status) == status
    del entry["status"]
    assert isinstance(models.HistoryEntry.from_dict(entry).status, Unset)


def test_node_definitions_are_not_taken_apart() -> None:
    """Hundreds of nodes come at once and few are looked at."""
    definitions = recorded_node_definitions()
    assert isinstance(definitions, dict)
    read = models.NodeDefinitions.from_dict(definitions)
    assert read["KSampler"] is definitions["KSampler"]
    assert models.NodeDefinition.from_dict(read["KSampler"]).to_dict() == definitions["KSampler"]


# --- requests -----------------------------------------------------------------------------------------------------


def test_base_path_and_percent_encoding() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.raw_path == b"/base/api/userdata/workflows%2Fa%20%C3%A9%3F.json"
        assert request.headers["Comfy-User"] == "me"
        return httpx.Response(200, content=b"content")

    response = get_user_data.sync_detailed("workflows/a é?.json", client=answering(answer), comfy_user="me")
    assert plain(response.parsed) == b"content"


@pytest.mark.parametrize("value", [None, 0, "three", {"x": [1, 2]}, False])
def test_any_value_can_be_a_setting(value: object) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Content-Type"] == "application/json"
        assert json.loads(request.content) == value
        return httpx.Response(200)

    assert store_setting.sync_detailed("a", client=answering(answer), body=value).status_code == 200

    read = get_setting.sync("a", client=answering(lambda _: httpx.Response(200, text=json.dumps(value))))
    assert read == value


def test_body_may_be_left_out() -> None:
    sent = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(200)

    interrupt.sync_detailed(client=answering(answer))
    interrupt.sync_detailed(client=answering(answer), body=models.InterruptRequest(prompt_id="a"))
    assert sent == [b"", b'{"prompt_id":"a"}']


def test_upload_may_contain_anything() -> None:
    """A fixed boundary between the fields could be part of the file."""
    boundaries = set()

    def answer(request: httpx.Request) -> httpx.Response:
        kind, _, boundary = request.headers["Content-Type"].partition("; boundary=")
        assert kind == "multipart/form-data"
        assert b"\r\n--+++\r\n" in request.read()
        boundaries.add(boundary)
        return httpx.Response(200, json={"name": "a.png", "subfolder": "", "type": "input"})

    for _ in range(2):
        file = File(payload=BytesIO(b"x\r\n--+++\r\ny"), file_name="a.png", mime_type="image/png")
        body = models.UploadImageRequest(image=file, overwrite="true")
        uploaded = upload_image.sync(client=answering(answer), body=body)
        assert isinstance(uploaded, models.UploadedFile)
    assert len(boundaries) == 2


def test_part_of_a_file() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Range"] == "bytes=0-1"
        assert dict(request.url.params) == {"filename": "a.png", "type": "temp"}
        return httpx.Response(206, content=b"ab", headers={"Content-Type": "image/png"})

    response = view_file.sync_detailed(client=answering(answer), filename="a.png", type_="temp", range_="bytes=0-1")
    assert response.status_code == 206
    assert plain(response.parsed) == b"ab"


# --- answers that are not ComfyUI's -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [502, 520, 599])
def test_status_that_only_proxies_use(status: int) -> None:
    client = answering(lambda _: httpx.Response(status, text="<html>"))
    with pytest.raises(errors.UnexpectedStatus) as caught:
        get_queue.sync_detailed(client=client)
    assert caught.value.status_code == status
    client.raise_on_unexpected_status = False
    assert get_queue.sync_detailed(client=client).status_code == status


def test_error_page_of_a_proxy_is_not_read_as_json() -> None:
    response = httpx.Response(503, text="<html>", headers={"Content-Type": "text/html"})
    with pytest.raises(errors.UnexpectedStatus):
        read_answer(CONTRACT.operations["listAssets"], response)
