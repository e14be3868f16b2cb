from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.user_file import UserFile
from ...types import UNSET, Response, Unset


def _get_kwargs(
    file: str,
    dest: str,
    *,
    overwrite: bool | Unset = True,
    full_info: bool | Unset = False,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    params: dict[str, Any] = {}

    params["overwrite"] = overwrite

    params["full_info"] = full_info

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/userdata/{file}/move/{dest}".format(
            file=quote(str(file), safe=""),
            dest=quote(str(dest), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | str | str | UserFile | None:
    if response.status_code == 200:

        def _parse_response_200(data: object) -> str | UserFile:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_200_type_0 = UserFile.from_dict(data)

                return response_200_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(str | UserFile, data)

        response_200 = _parse_response_200(response.json())

        return response_200

    if response.status_code == 403:
        response_403 = cast(Any, None)
        return response_403

    if response.status_code == 404:
        response_404 = cast(Any, None)
        return response_404

    if response.status_code == 409:
        response_409 = response.text
        return response_409

    if response.status_code == 500:
        response_500 = response.text
        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | str | str | UserFile]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    file: str,
    dest: str,
    *,
    client: AuthenticatedClient | Client,
    overwrite: bool | Unset = True,
    full_info: bool | Unset = False,
    comfy_user: str | Unset = UNSET,
) -> Response[Any | str | str | UserFile]:
    """Move or rename a file of the user

     Replaces what is at the new place, unless `overwrite` is false.

    Args:
        file (str):
        dest (str):
        overwrite (bool | Unset):  Default: True.
        full_info (bool | Unset):  Default: False.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | str | str | UserFile]
    """

    kwargs = _get_kwargs(
        file=file,
        dest=dest,
        overwrite=overwrite,
        full_info=full_info,
        comfy_user=comfy_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    file: str,
    dest: str,
    *,
    client: AuthenticatedClient | Client,
    overwrite: bool | Unset = True,
    full_info: bool | Unset = False,
    comfy_user: str | Unset = UNSET,
) -> Any | str | str | UserFile | None:
    """Move or rename a file of the user

     Replaces what is at the new place, unless `overwrite` is false.

    Args:
        file (str):
        dest (str):
        overwrite (bool | Unset):  Default: True.
        full_info (bool | Unset):  Default: False.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | str | str | UserFile
    """

    return sync_detailed(
        file=file,
        dest=dest,
        client=client,
        overwrite=overwrite,
        full_info=full_info,
        comfy_user=comfy_user,
    ).parsed


async def asyncio_detailed(
    file: str,
    dest: str,
    *,
    client: AuthenticatedClient | Client,
    overwrite: bool | Unset = True,
    full_info: bool | Unset = False,
    comfy_user: str | Unset = UNSET,
) -> Response[Any | str | str | UserFile]:
    """Move or rename a file of the user

     Replaces what is at the new place, unless `overwrite` is false.

    Args:
        file (str):
        dest (str):
        overwrite (bool | Unset):  Default: True.
        full_info (bool | Unset):  Default: False.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | str | str | UserFile]
    """

    kwargs = _get_kwargs(
        file=file,
        dest=dest,
        overwrite=overwrite,
        full_info=full_info,
        comfy_user=comfy_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    file: str,
    dest: str,
    *,
    client: AuthenticatedClient | Client,
    overwrite: bool | Unset = True,
    full_info: bool | Unset = False,
    comfy_user: str | Unset = UNSET,
) -> Any | str | str | UserFile | None:
    """Move or rename a file of the user

     Replaces what is at the new place, unless `overwrite` is false.

    Args:
        file (str):
        dest (str):
        overwrite (bool | Unset):  Default: True.
        full_info (bool | Unset):  Default: False.
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | str | str | UserFile
    """

    return (
        await asyncio_detailed(
            file=file,
            dest=dest,
            client=client,
            overwrite=overwrite,
            full_info=full_info,
            comfy_user=comfy_user,
        )
    ).parsed
