from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.prompt_rejection import PromptRejection
from ...models.queue_prompt_request import QueuePromptRequest
from ...models.queued_prompt import QueuedPrompt
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: QueuePromptRequest,
    comfy_usage_source: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(comfy_usage_source, Unset):
        headers["Comfy-Usage-Source"] = comfy_usage_source

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/prompt",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PromptRejection | QueuedPrompt | str | None:
    if response.status_code == 200:
        response_200 = QueuedPrompt.from_dict(response.json())

        return response_200

    if response.status_code == 400 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_400 = PromptRejection.from_dict(response.json())

        return response_400

    if response.status_code == 413:
        response_413 = response.text
        return response_413

    if response.status_code == 500:
        response_500 = response.text
        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[PromptRejection | QueuedPrompt | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: QueuePromptRequest,
    comfy_usage_source: str | Unset = UNSET,
) -> Response[PromptRejection | QueuedPrompt | str]:
    """Queue a prompt

     Checks the graph and puts it in the queue. Branches that fail the check are dropped and reported in
    `node_errors` of a 200 answer as long as one output node is left; otherwise the answer is 400.
    Events of the run can reach the websocket before this answer arrives. A `prompt_id` used twice is
    accepted and runs twice. Newer servers may report more kinds of node errors, about loops in the
    graph for one.

    Args:
        comfy_usage_source (str | Unset):
        body (QueuePromptRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PromptRejection | QueuedPrompt | str]
    """

    kwargs = _get_kwargs(
        body=body,
        comfy_usage_source=comfy_usage_source,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: QueuePromptRequest,
    comfy_usage_source: str | Unset = UNSET,
) -> PromptRejection | QueuedPrompt | str | None:
    """Queue a prompt

     Checks the graph and puts it in the queue. Branches that fail the check are dropped and reported in
    `node_errors` of a 200 answer as long as one output node is left; otherwise the answer is 400.
    Events of the run can reach the websocket before this answer arrives. A `prompt_id` used twice is
    accepted and runs twice. Newer servers may report more kinds of node errors, about loops in the
    graph for one.

    Args:
        comfy_usage_source (str | Unset):
        body (QueuePromptRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PromptRejection | QueuedPrompt | str
    """

    return sync_detailed(
        client=client,
        body=body,
        comfy_usage_source=comfy_usage_source,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: QueuePromptRequest,
    comfy_usage_source: str | Unset = UNSET,
) -> Response[PromptRejection | QueuedPrompt | str]:
    """Queue a prompt

     Checks the graph and puts it in the queue. Branches that fail the check are dropped and reported in
    `node_errors` of a 200 answer as long as one output node is left; otherwise the answer is 400.
    Events of the run can reach the websocket before this answer arrives. A `prompt_id` used twice is
    accepted and runs twice. Newer servers may report more kinds of node errors, about loops in the
    graph for one.

    Args:
        comfy_usage_source (str | Unset):
        body (QueuePromptRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PromptRejection | QueuedPrompt | str]
    """

    kwargs = _get_kwargs(
        body=body,
        comfy_usage_source=comfy_usage_source,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: QueuePromptRequest,
    comfy_usage_source: str | Unset = UNSET,
) -> PromptRejection | QueuedPrompt | str | None:
    """Queue a prompt

     Checks the graph and puts it in the queue. Branches that fail the check are dropped and reported in
    `node_errors` of a 200 answer as long as one output node is left; otherwise the answer is 400.
    Events of the run can reach the websocket before this answer arrives. A `prompt_id` used twice is
    accepted and runs twice. Newer servers may report more kinds of node errors, about loops in the
    graph for one.

    Args:
        comfy_usage_source (str | Unset):
        body (QueuePromptRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PromptRejection | QueuedPrompt | str
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            comfy_usage_source=comfy_usage_source,
        )
    ).parsed
