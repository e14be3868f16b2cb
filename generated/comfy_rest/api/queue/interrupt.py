from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.interrupt_request import InterruptRequest
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: InterruptRequest | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/interrupt",
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | None:
    if response.status_code == 200:
        return None

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: InterruptRequest | Unset = UNSET,
) -> Response[Any]:
    """Interrupt the running prompt

     Without a `prompt_id`, whatever runs is interrupted, including the prompts of others. With one, only
    that prompt and only while it runs. The node at work stops when it next looks. A body that is not
    JSON counts as none, and so interrupts whatever runs.

    Args:
        body (InterruptRequest | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: InterruptRequest | Unset = UNSET,
) -> Response[Any]:
    """Interrupt the running prompt

     Without a `prompt_id`, whatever runs is interrupted, including the prompts of others. With one, only
    that prompt and only while it runs. The node at work stops when it next looks. A body that is not
    JSON counts as none, and so interrupts whatever runs.

    Args:
        body (InterruptRequest | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)
