from io import BytesIO
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.asset_error import AssetError
from ...models.get_asset_content_disposition import GetAssetContentDisposition
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    id: str,
    *,
    disposition: GetAssetContentDisposition | Unset = "attachment",
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(range_, Unset):
        headers["Range"] = range_

    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    params: dict[str, Any] = {}

    json_disposition: str | Unset = UNSET
    if not isinstance(disposition, Unset):
        json_disposition = disposition

    params["disposition"] = json_disposition

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/assets/{id}/content".format(
            id=quote(str(id), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | AssetError | File | str | None:
    if response.status_code == 200:
        response_200 = File(payload=BytesIO(response.content))

        return response_200

    if response.status_code == 206:
        response_206 = File(payload=BytesIO(response.content))

        return response_206

    if response.status_code == 404 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_404 = AssetError.from_dict(response.json())

        return response_404

    if response.status_code == 416:
        response_416 = cast(Any, None)
        return response_416

    if response.status_code == 500:
        response_500 = response.text
        return response_500

    if response.status_code == 501 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_501 = AssetError.from_dict(response.json())

        return response_501

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
) -> Response[Any | AssetError | File | str]:
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
    disposition: GetAssetContentDisposition | Unset = "attachment",
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Response[Any | AssetError | File | str]:
    """Download the content of an asset

     0.33.0 sends the whole file whatever `Range` says; a client that asks for a part must be ready for
    200 as well as for 206 and 416. HTML, scripts and the like are sent as `application/octet-stream`.

    Args:
        id (str):
        disposition (GetAssetContentDisposition | Unset):  Default: 'attachment'.
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | AssetError | File | str]
    """

    kwargs = _get_kwargs(
        id=id,
        disposition=disposition,
        range_=range_,
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
    disposition: GetAssetContentDisposition | Unset = "attachment",
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Any | AssetError | File | str | None:
    """Download the content of an asset

     0.33.0 sends the whole file whatever `Range` says; a client that asks for a part must be ready for
    200 as well as for 206 and 416. HTML, scripts and the like are sent as `application/octet-stream`.

    Args:
        id (str):
        disposition (GetAssetContentDisposition | Unset):  Default: 'attachment'.
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | AssetError | File | str
    """

    return sync_detailed(
        id=id,
        client=client,
        disposition=disposition,
        range_=range_,
        comfy_user=comfy_user,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    disposition: GetAssetContentDisposition | Unset = "attachment",
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Response[Any | AssetError | File | str]:
    """Download the content of an asset

     0.33.0 sends the whole file whatever `Range` says; a client that asks for a part must be ready for
    200 as well as for 206 and 416. HTML, scripts and the like are sent as `application/octet-stream`.

    Args:
        id (str):
        disposition (GetAssetContentDisposition | Unset):  Default: 'attachment'.
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | AssetError | File | str]
    """

    kwargs = _get_kwargs(
        id=id,
        disposition=disposition,
        range_=range_,
        comfy_user=comfy_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    disposition: GetAssetContentDisposition | Unset = "attachment",
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Any | AssetError | File | str | None:
    """Download the content of an asset

     0.33.0 sends the whole file whatever `Range` says; a client that asks for a part must be ready for
    200 as well as for 206 and 416. HTML, scripts and the like are sent as `application/octet-stream`.

    Args:
        id (str):
        disposition (GetAssetContentDisposition | Unset):  Default: 'attachment'.
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | AssetError | File | str
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            disposition=disposition,
            range_=range_,
            comfy_user=comfy_user,
        )
    ).parsed
