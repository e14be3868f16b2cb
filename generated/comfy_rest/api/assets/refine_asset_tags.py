from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.asset_error import AssetError
from ...models.tag_histogram import TagHistogram
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    tags_all: list[str] | Unset = UNSET,
    tags_any: list[str] | Unset = UNSET,
    tags_none: list[str] | Unset = UNSET,
    include_tags: list[str] | Unset = UNSET,
    exclude_tags: list[str] | Unset = UNSET,
    name_contains: str | Unset = UNSET,
    metadata_filter: str | Unset = UNSET,
    limit: int | Unset = 100,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    params: dict[str, Any] = {}

    json_tags_all: list[str] | Unset = UNSET
    if not isinstance(tags_all, Unset):
        json_tags_all = tags_all

    params["tags_all"] = json_tags_all

    json_tags_any: list[str] | Unset = UNSET
    if not isinstance(tags_any, Unset):
        json_tags_any = tags_any

    params["tags_any"] = json_tags_any

    json_tags_none: list[str] | Unset = UNSET
    if not isinstance(tags_none, Unset):
        json_tags_none = tags_none

    params["tags_none"] = json_tags_none

    json_include_tags: list[str] | Unset = UNSET
    if not isinstance(include_tags, Unset):
        json_include_tags = include_tags

    params["include_tags"] = json_include_tags

    json_exclude_tags: list[str] | Unset = UNSET
    if not isinstance(exclude_tags, Unset):
        json_exclude_tags = exclude_tags

    params["exclude_tags"] = json_exclude_tags

    params["name_contains"] = name_contains

    params["metadata_filter"] = metadata_filter

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/assets/tags/refine",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AssetError | TagHistogram | str | None:
    if response.status_code == 200:
        response_200 = TagHistogram.from_dict(response.json())

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
) -> Response[AssetError | TagHistogram | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    tags_all: list[str] | Unset = UNSET,
    tags_any: list[str] | Unset = UNSET,
    tags_none: list[str] | Unset = UNSET,
    include_tags: list[str] | Unset = UNSET,
    exclude_tags: list[str] | Unset = UNSET,
    name_contains: str | Unset = UNSET,
    metadata_filter: str | Unset = UNSET,
    limit: int | Unset = 100,
    comfy_user: str | Unset = UNSET,
) -> Response[AssetError | TagHistogram | str]:
    """Count the tags of matching assets

     Newer servers refuse `metadata_filter` with 400 and code `UNSUPPORTED_PARAM`.

    Args:
        tags_all (list[str] | Unset):
        tags_any (list[str] | Unset):
        tags_none (list[str] | Unset):
        include_tags (list[str] | Unset):
        exclude_tags (list[str] | Unset):
        name_contains (str | Unset):
        metadata_filter (str | Unset):
        limit (int | Unset):  Default: 100.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetError | TagHistogram | str]
    """

    kwargs = _get_kwargs(
        tags_all=tags_all,
        tags_any=tags_any,
        tags_none=tags_none,
        include_tags=include_tags,
        exclude_tags=exclude_tags,
        name_contains=name_contains,
        metadata_filter=metadata_filter,
        limit=limit,
        comfy_user=comfy_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    tags_all: list[str] | Unset = UNSET,
    tags_any: list[str] | Unset = UNSET,
    tags_none: list[str] | Unset = UNSET,
    include_tags: list[str] | Unset = UNSET,
    exclude_tags: list[str] | Unset = UNSET,
    name_contains: str | Unset = UNSET,
    metadata_filter: str | Unset = UNSET,
    limit: int | Unset = 100,
    comfy_user: str | Unset = UNSET,
) -> AssetError | TagHistogram | str | None:
    """Count the tags of matching assets

     Newer servers refuse `metadata_filter` with 400 and code `UNSUPPORTED_PARAM`.

    Args:
        tags_all (list[str] | Unset):
        tags_any (list[str] | Unset):
        tags_none (list[str] | Unset):
        include_tags (list[str] | Unset):
        exclude_tags (list[str] | Unset):
        name_contains (str | Unset):
        metadata_filter (str | Unset):
        limit (int | Unset):  Default: 100.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetError | TagHistogram | str
    """

    return sync_detailed(
        client=client,
        tags_all=tags_all,
        tags_any=tags_any,
        tags_none=tags_none,
        include_tags=include_tags,
        exclude_tags=exclude_tags,
        name_contains=name_contains,
        metadata_filter=metadata_filter,
        limit=limit,
        comfy_user=comfy_user,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    tags_all: list[str] | Unset = UNSET,
    tags_any: list[str] | Unset = UNSET,
    tags_none: list[str] | Unset = UNSET,
    include_tags: list[str] | Unset = UNSET,
    exclude_tags: list[str] | Unset = UNSET,
    name_contains: str | Unset = UNSET,
    metadata_filter: str | Unset = UNSET,
    limit: int | Unset = 100,
    comfy_user: str | Unset = UNSET,
) -> Response[AssetError | TagHistogram | str]:
    """Count the tags of matching assets

     Newer servers refuse `metadata_filter` with 400 and code `UNSUPPORTED_PARAM`.

    Args:
        tags_all (list[str] | Unset):
        tags_any (list[str] | Unset):
        tags_none (list[str] | Unset):
        include_tags (list[str] | Unset):
        exclude_tags (list[str] | Unset):
        name_contains (str | Unset):
        metadata_filter (str | Unset):
        limit (int | Unset):  Default: 100.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetError | TagHistogram | str]
    """

    kwargs = _get_kwargs(
        tags_all=tags_all,
        tags_any=tags_any,
        tags_none=tags_none,
        include_tags=include_tags,
        exclude_tags=exclude_tags,
        name_contains=name_contains,
        metadata_filter=metadata_filter,
        limit=limit,
        comfy_user=comfy_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    tags_all: list[str] | Unset = UNSET,
    tags_any: list[str] | Unset = UNSET,
    tags_none: list[str] | Unset = UNSET,
    include_tags: list[str] | Unset = UNSET,
    exclude_tags: list[str] | Unset = UNSET,
    name_contains: str | Unset = UNSET,
    metadata_filter: str | Unset = UNSET,
    limit: int | Unset = 100,
    comfy_user: str | Unset = UNSET,
) -> AssetError | TagHistogram | str | None:
    """Count the tags of matching assets

     Newer servers refuse `metadata_filter` with 400 and code `UNSUPPORTED_PARAM`.

    Args:
        tags_all (list[str] | Unset):
        tags_any (list[str] | Unset):
        tags_none (list[str] | Unset):
        include_tags (list[str] | Unset):
        exclude_tags (list[str] | Unset):
        name_contains (str | Unset):
        metadata_filter (str | Unset):
        limit (int | Unset):  Default: 100.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetError | TagHistogram | str
    """

    return (
        await asyncio_detailed(
            client=client,
            tags_all=tags_all,
            tags_any=tags_any,
            tags_none=tags_none,
            include_tags=include_tags,
            exclude_tags=exclude_tags,
            name_contains=name_contains,
            metadata_filter=metadata_filter,
            limit=limit,
            comfy_user=comfy_user,
        )
    ).parsed
