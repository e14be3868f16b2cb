from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.asset_error import AssetError
from ...models.create_asset_from_hash_request import CreateAssetFromHashRequest
from ...models.created_asset import CreatedAsset
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: CreateAssetFromHashRequest,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/assets/from-hash",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AssetError | CreatedAsset | str | None:
    if response.status_code == 201:
        response_201 = CreatedAsset.from_dict(response.json())

        return response_201

    if response.status_code == 400 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_400 = AssetError.from_dict(response.json())

        return response_400

    if response.status_code == 404 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_404 = AssetError.from_dict(response.json())

        return response_404

    if response.status_code == 500:
        response_500 = response.text
        return response_500

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
) -> Response[AssetError | CreatedAsset | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateAssetFromHashRequest,
    comfy_user: str | Unset = UNSET,
) -> Response[AssetError | CreatedAsset | str]:
    """Create an asset from content the server already has

     Newer servers may answer 400 with code `FEATURE_DISABLED` when hashing is off.

    Args:
        comfy_user (str | Unset):
        body (CreateAssetFromHashRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetError | CreatedAsset | str]
    """

    kwargs = _get_kwargs(
        body=body,
        comfy_user=comfy_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: CreateAssetFromHashRequest,
    comfy_user: str | Unset = UNSET,
) -> AssetError | CreatedAsset | str | None:
    """Create an asset from content the server already has

     Newer servers may answer 400 with code `FEATURE_DISABLED` when hashing is off.

    Args:
        comfy_user (str | Unset):
        body (CreateAssetFromHashRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetError | CreatedAsset | str
    """

    return sync_detailed(
        client=client,
        body=body,
        comfy_user=comfy_user,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateAssetFromHashRequest,
    comfy_user: str | Unset = UNSET,
) -> Response[AssetError | CreatedAsset | str]:
    """Create an asset from content the server already has

     Newer servers may answer 400 with code `FEATURE_DISABLED` when hashing is off.

    Args:
        comfy_user (str | Unset):
        body (CreateAssetFromHashRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetError | CreatedAsset | str]
    """

    kwargs = _get_kwargs(
        body=body,
        comfy_user=comfy_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: CreateAssetFromHashRequest,
    comfy_user: str | Unset = UNSET,
) -> AssetError | CreatedAsset | str | None:
    """Create an asset from content the server already has

     Newer servers may answer 400 with code `FEATURE_DISABLED` when hashing is off.

    Args:
        comfy_user (str | Unset):
        body (CreateAssetFromHashRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetError | CreatedAsset | str
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            comfy_user=comfy_user,
        )
    ).parsed
