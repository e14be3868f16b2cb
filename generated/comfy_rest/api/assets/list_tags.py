from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.asset_error import AssetError
from ...models.list_tags_order import ListTagsOrder
from ...models.tag_list import TagList
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    prefix: str | Unset = UNSET,
    limit: int | Unset = 100,
    offset: int | Unset = 0,
    order: ListTagsOrder | Unset = "count_desc",
    include_zero: bool | Unset = True,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    params: dict[str, Any] = {}

    params["prefix"] = prefix

    params["limit"] = limit

    params["offset"] = offset

    json_order: str | Unset = UNSET
    if not isinstance(order, Unset):
        json_order = order

    params["order"] = json_order

    params["include_zero"] = include_zero

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/tags",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AssetError | TagList | str | None:
    if response.status_code == 200:
        response_200 = TagList.from_dict(response.json())

        return response_200

    if response.status_code == 400 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_400 = AssetError.from_dict(response.json())

        return response_400

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
) -> Response[AssetError | TagList | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    prefix: str | Unset = UNSET,
    limit: int | Unset = 100,
    offset: int | Unset = 0,
    order: ListTagsOrder | Unset = "count_desc",
    include_zero: bool | Unset = True,
    comfy_user: str | Unset = UNSET,
) -> Response[AssetError | TagList | str]:
    """List tags

     Those used most come first, unless `order` says otherwise.

    Args:
        prefix (str | Unset):
        limit (int | Unset):  Default: 100.
        offset (int | Unset):  Default: 0.
        order (ListTagsOrder | Unset):  Default: 'count_desc'.
        include_zero (bool | Unset):  Default: True.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetError | TagList | str]
    """

    kwargs = _get_kwargs(
        prefix=prefix,
        limit=limit,
        offset=offset,
        order=order,
        include_zero=include_zero,
        comfy_user=comfy_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    prefix: str | Unset = UNSET,
    limit: int | Unset = 100,
    offset: int | Unset = 0,
    order: ListTagsOrder | Unset = "count_desc",
    include_zero: bool | Unset = True,
    comfy_user: str | Unset = UNSET,
) -> AssetError | TagList | str | None:
    """List tags

     Those used most come first, unless `order` says otherwise.

    Args:
        prefix (str | Unset):
        limit (int | Unset):  Default: 100.
        offset (int | Unset):  Default: 0.
        order (ListTagsOrder | Unset):  Default: 'count_desc'.
        include_zero (bool | Unset):  Default: True.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetError | TagList | str
    """

    return sync_detailed(
        client=client,
        prefix=prefix,
        limit=limit,
        offset=offset,
        order=order,
        include_zero=include_zero,
        comfy_user=comfy_user,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    prefix: str | Unset = UNSET,
    limit: int | Unset = 100,
    offset: int | Unset = 0,
    order: ListTagsOrder | Unset = "count_desc",
    include_zero: bool | Unset = True,
    comfy_user: str | Unset = UNSET,
) -> Response[AssetError | TagList | str]:
    """List tags

     Those used most come first, unless `order` says otherwise.

    Args:
        prefix (str | Unset):
        limit (int | Unset):  Default: 100.
        offset (int | Unset):  Default: 0.
        order (ListTagsOrder | Unset):  Default: 'count_desc'.
        include_zero (bool | Unset):  Default: True.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetError | TagList | str]
    """

    kwargs = _get_kwargs(
        prefix=prefix,
        limit=limit,
        offset=offset,
        order=order,
        include_zero=include_zero,
        comfy_user=comfy_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    prefix: str | Unset = UNSET,
    limit: int | Unset = 100,
    offset: int | Unset = 0,
    order: ListTagsOrder | Unset = "count_desc",
    include_zero: bool | Unset = True,
    comfy_user: str | Unset = UNSET,
) -> AssetError | TagList | str | None:
    """List tags

     Those used most come first, unless `order` says otherwise.

    Args:
        prefix (str | Unset):
        limit (int | Unset):  Default: 100.
        offset (int | Unset):  Default: 0.
        order (ListTagsOrder | Unset):  Default: 'count_desc'.
        include_zero (bool | Unset):  Default: True.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetError | TagList | str
    """

    return (
        await asyncio_detailed(
            client=client,
            prefix=prefix,
            limit=limit,
            offset=offset,
            order=order,
            include_zero=include_zero,
            comfy_user=comfy_user,
        )
    ).parsed
