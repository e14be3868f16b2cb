from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.asset_error import AssetError
from ...models.seed_result import SeedResult
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/assets/seed/cancel",
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AssetError | SeedResult | None:
    if response.status_code == 200:
        response_200 = SeedResult.from_dict(response.json())

        return response_200

    if response.status_code == 503 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_503 = AssetError.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AssetError | SeedResult]:
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
) -> Response[AssetError | SeedResult]:
    """Cancel a running scan

     Asks the scan to stop, and does not wait until it has.

    Args:
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetError | SeedResult]
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
) -> AssetError | SeedResult | None:
    """Cancel a running scan

     Asks the scan to stop, and does not wait until it has.

    Args:
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetError | SeedResult
    """

    return sync_detailed(
        client=client,
        comfy_user=comfy_user,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    comfy_user: str | Unset = UNSET,
) -> Response[AssetError | SeedResult]:
    """Cancel a running scan

     Asks the scan to stop, and does not wait until it has.

    Args:
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetError | SeedResult]
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
) -> AssetError | SeedResult | None:
    """Cancel a running scan

     Asks the scan to stop, and does not wait until it has.

    Args:
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetError | SeedResult
    """

    return (
        await asyncio_detailed(
            client=client,
            comfy_user=comfy_user,
        )
    ).parsed
