from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.settings import Settings
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/settings",
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Settings | str | None:
    if response.status_code == 200:
        response_200 = Settings.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = response.text
        return response_401

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Settings | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    comfy_user: str | Unset = UNSET,
) -> Response[Settings | str]:
    """Read all settings

     Only what was stored; settings that nobody changed are not listed.

    Args:
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Settings | str]
    """

    kwargs = _get_kwargs(
        comfy_user=comfy_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    comfy_user: str | Unset = UNSET,
) -> Settings | str | None:
    """Read all settings

     Only what was stored; settings that nobody changed are not listed.

    Args:
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Settings | str
    """

    return sync_detailed(
        client=client,
        comfy_user=comfy_user,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    comfy_user: str | Unset = UNSET,
) -> Response[Settings | str]:
    """Read all settings

     Only what was stored; settings that nobody changed are not listed.

    Args:
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Settings | str]
    """

    kwargs = _get_kwargs(
        comfy_user=comfy_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    comfy_user: str | Unset = UNSET,
) -> Settings | str | None:
    """Read all settings

     Only what was stored; settings that nobody changed are not listed.

    Args:
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Settings | str
    """

    return (
        await asyncio_detailed(
            client=client,
            comfy_user=comfy_user,
        )
    ).parsed
