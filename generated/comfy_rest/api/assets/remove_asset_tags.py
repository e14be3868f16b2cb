from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.asset_error import AssetError
from ...models.removed_tags import RemovedTags
from ...models.tags_request import TagsRequest
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    *,
    body: TagsRequest,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    _kwargs: dict[str, Any] = {
        "method": "delete",
        "url": "/api/assets/{id}/tags".format(
            id=quote(str(id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AssetError | RemovedTags | str | None:
    if response.status_code == 200:
        response_200 = RemovedTags.from_dict(response.json())

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
) -> Response[AssetError | RemovedTags | str]:
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
    body: TagsRequest,
    comfy_user: str | Unset = UNSET,
) -> Response[AssetError | RemovedTags | str]:
    """Remove tags from an asset

     The tags come in a body, which some proxies drop from DELETE requests. Newer servers also list tags
    that may not be removed, as `protected`.

    Args:
        id (str):
        comfy_user (str | Unset):
        body (TagsRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetError | RemovedTags | str]
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
    body: TagsRequest,
    comfy_user: str | Unset = UNSET,
) -> AssetError | RemovedTags | str | None:
    """Remove tags from an asset

     The tags come in a body, which some proxies drop from DELETE requests. Newer servers also list tags
    that may not be removed, as `protected`.

    Args:
        id (str):
        comfy_user (str | Unset):
        body (TagsRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetError | RemovedTags | str
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
    body: TagsRequest,
    comfy_user: str | Unset = UNSET,
) -> Response[AssetError | RemovedTags | str]:
    """Remove tags from an asset

     The tags come in a body, which some proxies drop from DELETE requests. Newer servers also list tags
    that may not be removed, as `protected`.

    Args:
        id (str):
        comfy_user (str | Unset):
        body (TagsRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetError | RemovedTags | str]
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
    body: TagsRequest,
    comfy_user: str | Unset = UNSET,
) -> AssetError | RemovedTags | str | None:
    """Remove tags from an asset

     The tags come in a body, which some proxies drop from DELETE requests. Newer servers also list tags
    that may not be removed, as `protected`.

    Args:
        id (str):
        comfy_user (str | Unset):
        body (TagsRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetError | RemovedTags | str
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            body=body,
            comfy_user=comfy_user,
        )
    ).parsed
