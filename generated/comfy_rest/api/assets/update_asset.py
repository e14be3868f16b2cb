from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.asset import Asset
from ...models.asset_error import AssetError
from ...models.update_asset_request import UpdateAssetRequest
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    *,
    body: UpdateAssetRequest,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/api/assets/{id}".format(
            id=quote(str(id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Asset | AssetError | str | None:
    if response.status_code == 200:
        response_200 = Asset.from_dict(response.json())

        return response_200

    if response.status_code == 400 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_400 = AssetError.from_dict(response.json())

        return response_400

    if response.status_code == 403 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_403 = AssetError.from_dict(response.json())

        return response_403

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
) -> Response[Asset | AssetError | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateAssetRequest,
    comfy_user: str | Unset = UNSET,
) -> Response[Asset | AssetError | str]:
    """Change an asset's name, metadata or preview

     At least one of the three must be given; what is left out stays as it is.

    Args:
        id (str):
        comfy_user (str | Unset):
        body (UpdateAssetRequest): Needs one field at least.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Asset | AssetError | str]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
        comfy_user=comfy_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateAssetRequest,
    comfy_user: str | Unset = UNSET,
) -> Asset | AssetError | str | None:
    """Change an asset's name, metadata or preview

     At least one of the three must be given; what is left out stays as it is.

    Args:
        id (str):
        comfy_user (str | Unset):
        body (UpdateAssetRequest): Needs one field at least.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Asset | AssetError | str
    """

    return sync_detailed(
        id=id,
        client=client,
        body=body,
        comfy_user=comfy_user,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateAssetRequest,
    comfy_user: str | Unset = UNSET,
) -> Response[Asset | AssetError | str]:
    """Change an asset's name, metadata or preview

     At least one of the three must be given; what is left out stays as it is.

    Args:
        id (str):
        comfy_user (str | Unset):
        body (UpdateAssetRequest): Needs one field at least.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Asset | AssetError | str]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
        comfy_user=comfy_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateAssetRequest,
    comfy_user: str | Unset = UNSET,
) -> Asset | AssetError | str | None:
    """Change an asset's name, metadata or preview

     At least one of the three must be given; what is left out stays as it is.

    Args:
        id (str):
        comfy_user (str | Unset):
        body (UpdateAssetRequest): Needs one field at least.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Asset | AssetError | str
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            body=body,
            comfy_user=comfy_user,
        )
    ).parsed
