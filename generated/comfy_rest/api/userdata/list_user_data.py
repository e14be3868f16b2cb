from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.user_file import UserFile
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    dir_: str,
    recurse: bool | Unset = False,
    full_info: bool | Unset = False,
    split: bool | Unset = False,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    params: dict[str, Any] = {}

    params["dir"] = dir_

    params["recurse"] = recurse

    params["full_info"] = full_info

    params["split"] = split

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/userdata",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> list[list[str] | str | UserFile] | str | None:
    if response.status_code == 200:
        response_200 = []
        _response_200 = response.json()
        for response_200_item_data in _response_200:

            def _parse_response_200_item(data: object) -> list[str] | str | UserFile:
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    response_200_item_type_0 = UserFile.from_dict(data)

                    return response_200_item_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, list):
                        raise TypeError()
                    response_200_item_type_1 = cast(list[str], data)

                    return response_200_item_type_1
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                return cast(list[str] | str | UserFile, data)

            response_200_item = _parse_response_200_item(response_200_item_data)

            response_200.append(response_200_item)

        return response_200

    if response.status_code == 400:
        response_400 = response.text
        return response_400

    if response.status_code == 403:
        response_403 = response.text
        return response_403

    if response.status_code == 404:
        response_404 = response.text
        return response_404

    if response.status_code == 500:
        response_500 = response.text
        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[list[list[str] | str | UserFile] | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    dir_: str,
    recurse: bool | Unset = False,
    full_info: bool | Unset = False,
    split: bool | Unset = False,
    comfy_user: str | Unset = UNSET,
) -> Response[list[list[str] | str | UserFile] | str]:
    """List files in a folder of the user

     Files alone, in no particular order; `listUserDataV2` lists folders too.

    Args:
        dir_ (str):
        recurse (bool | Unset):  Default: False.
        full_info (bool | Unset):  Default: False.
        split (bool | Unset):  Default: False.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[list[list[str] | str | UserFile] | str]
    """

    kwargs = _get_kwargs(
        dir_=dir_,
        recurse=recurse,
        full_info=full_info,
        split=split,
        comfy_user=comfy_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    dir_: str,
    recurse: bool | Unset = False,
    full_info: bool | Unset = False,
    split: bool | Unset = False,
    comfy_user: str | Unset = UNSET,
) -> list[list[str] | str | UserFile] | str | None:
    """List files in a folder of the user

     Files alone, in no particular order; `listUserDataV2` lists folders too.

    Args:
        dir_ (str):
        recurse (bool | Unset):  Default: False.
        full_info (bool | Unset):  Default: False.
        split (bool | Unset):  Default: False.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        list[list[str] | str | UserFile] | str
    """

    return sync_detailed(
        client=client,
        dir_=dir_,
        recurse=recurse,
        full_info=full_info,
        split=split,
        comfy_user=comfy_user,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    dir_: str,
    recurse: bool | Unset = False,
    full_info: bool | Unset = False,
    split: bool | Unset = False,
    comfy_user: str | Unset = UNSET,
) -> Response[list[list[str] | str | UserFile] | str]:
    """List files in a folder of the user

     Files alone, in no particular order; `listUserDataV2` lists folders too.

    Args:
        dir_ (str):
        recurse (bool | Unset):  Default: False.
        full_info (bool | Unset):  Default: False.
        split (bool | Unset):  Default: False.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[list[list[str] | str | UserFile] | str]
    """

    kwargs = _get_kwargs(
        dir_=dir_,
        recurse=recurse,
        full_info=full_info,
        split=split,
        comfy_user=comfy_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    dir_: str,
    recurse: bool | Unset = False,
    full_info: bool | Unset = False,
    split: bool | Unset = False,
    comfy_user: str | Unset = UNSET,
) -> list[list[str] | str | UserFile] | str | None:
    """List files in a folder of the user

     Files alone, in no particular order; `listUserDataV2` lists folders too.

    Args:
        dir_ (str):
        recurse (bool | Unset):  Default: False.
        full_info (bool | Unset):  Default: False.
        split (bool | Unset):  Default: False.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        list[list[str] | str | UserFile] | str
    """

    return (
        await asyncio_detailed(
            client=client,
            dir_=dir_,
            recurse=recurse,
            full_info=full_info,
            split=split,
            comfy_user=comfy_user,
        )
    ).parsed
