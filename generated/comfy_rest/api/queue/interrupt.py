from typing import Any, cast

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
) -> Any | str | None:
    if response.status_code == 200:
        response_200 = cast(Any, None)
        return response_200

    if response.status_code == 500:
        response_500 = response.text
        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | str]:
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
) -> Response[Any | str]:
    """Interrupt the running prompt

     Without a `prompt_id`, whatever runs is interrupted, including the prompts of others. With one, only
    that prompt and only while it runs. The node at work stops when it next looks. A body that is not
    JSON counts as none, and so interrupts whatever runs; JSON that is no object is a 500.

    Args:
        body (InterruptRequest | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | str]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: InterruptRequest | Unset = UNSET,
) -> Any | str | None:
    """Interrupt the running prompt

     Without a `prompt_id`, whatever runs is interrupted, including the prompts of others. With one, only
    that prompt and only while it runs. The node at work stops when it next looks. A body that is not
    JSON counts as none, and so interrupts whatever runs; JSON that is no object is a 500.

    Args:
        body (InterruptRequest | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | str
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: InterruptRequest | Unset = UNSET,
) -> Response[Any | str]:
    """Interrupt the running prompt

     Without a `prompt_id`, whatever runs is interrupted, including the prompts of others. With one, only
    that prompt and only while it runs. The node at work stops when it next looks. A body that is not
    JSON counts as none, and so interrupts whatever runs; JSON that is no object is a 500.

    Args:
        body (InterruptRequest | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | str]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: InterruptRequest | Unset = UNSET,
) -> Any | str | None:
    """Interrupt the running prompt

     Without a `prompt_id`, whatever runs is interrupted, including the prompts of others. With one, only
    that prompt and only while it runs. The node at work stops when it next looks. A body that is not
    JSON counts as none, and so interrupts whatever runs; JSON that is no object is a 500.

    Args:
        body (InterruptRequest | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | str
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
