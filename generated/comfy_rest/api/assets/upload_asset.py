from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.asset_error import AssetError
from ...models.created_asset import CreatedAsset
from ...models.upload_asset_request import UploadAssetRequest
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: UploadAssetRequest,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/assets",
    }

    _kwargs["files"] = body.to_multipart()

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AssetError | CreatedAsset | str | None:
    if response.status_code == 200:
        response_200 = CreatedAsset.from_dict(response.json())

        return response_200

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

    if response.status_code == 415 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_415 = AssetError.from_dict(response.json())

        return response_415

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
    body: UploadAssetRequest,
    comfy_user: str | Unset = UNSET,
) -> Response[AssetError | CreatedAsset | str]:
    """Upload an asset

     Send the file, or only the hash of content the server already has; of such content no tag needs to
    say where it goes. A hash alone that is not known is a 400 with code `MISSING_FILE`.
    `max_upload_size` does not apply. Newer servers also answer 400 with code `FEATURE_DISABLED` to a
    hash alone when hashing is off, and 500 with code `UPLOAD_UNSTABLE`.

    Args:
        comfy_user (str | Unset):
        body (UploadAssetRequest):

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
    body: UploadAssetRequest,
    comfy_user: str | Unset = UNSET,
) -> AssetError | CreatedAsset | str | None:
    """Upload an asset

     Send the file, or only the hash of content the server already has; of such content no tag needs to
    say where it goes. A hash alone that is not known is a 400 with code `MISSING_FILE`.
    `max_upload_size` does not apply. Newer servers also answer 400 with code `FEATURE_DISABLED` to a
    hash alone when hashing is off, and 500 with code `UPLOAD_UNSTABLE`.

    Args:
        comfy_user (str | Unset):
        body (UploadAssetRequest):

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
    body: UploadAssetRequest,
    comfy_user: str | Unset = UNSET,
) -> Response[AssetError | CreatedAsset | str]:
    """Upload an asset

     Send the file, or only the hash of content the server already has; of such content no tag needs to
    say where it goes. A hash alone that is not known is a 400 with code `MISSING_FILE`.
    `max_upload_size` does not apply. Newer servers also answer 400 with code `FEATURE_DISABLED` to a
    hash alone when hashing is off, and 500 with code `UPLOAD_UNSTABLE`.

    Args:
        comfy_user (str | Unset):
        body (UploadAssetRequest):

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
    body: UploadAssetRequest,
    comfy_user: str | Unset = UNSET,
) -> AssetError | CreatedAsset | str | None:
    """Upload an asset

     Send the file, or only the hash of content the server already has; of such content no tag needs to
    say where it goes. A hash alone that is not known is a 400 with code `MISSING_FILE`.
    `max_upload_size` does not apply. Newer servers also answer 400 with code `FEATURE_DISABLED` to a
    hash alone when hashing is off, and 500 with code `UPLOAD_UNSTABLE`.

    Args:
        comfy_user (str | Unset):
        body (UploadAssetRequest):

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
