from io import BytesIO
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    file: str,
    *,
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(range_, Unset):
        headers["Range"] = range_

    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/userdata/{file}".format(
            file=quote(str(file), safe=""),
        ),
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | File | str | None:
    if response.status_code == 200:
        response_200 = File(payload=BytesIO(response.content))

        return response_200

    if response.status_code == 206:
        response_206 = File(payload=BytesIO(response.content))

        return response_206

    if response.status_code == 403:
        response_403 = cast(Any, None)
        return response_403

    if response.status_code == 404:
        response_404 = cast(Any, None)
        return response_404

    if response.status_code == 416:
        response_416 = cast(Any, None)
        return response_416

    if response.status_code == 500:
        response_500 = response.text
        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | File | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    file: str,
    *,
    client: AuthenticatedClient | Client,
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Response[Any | File | str]:
    """Download a file of the user

     The content type follows from the name. Conditional requests are honoured with 304 and 412. Newer
    servers refuse links that lead outside. A percent sign in the name must be encoded twice: after
    HTTP's own decoding the server decodes once more whatever still holds one, so `100%25.json` in the
    address means `100%.json`, but `%2541.json` means `A.json`, and only `%252541.json` means
    `%41.json`.

    Args:
        file (str):
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | File | str]
    """

    kwargs = _get_kwargs(
        file=file,
        range_=range_,
        comfy_user=comfy_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    file: str,
    *,
    client: AuthenticatedClient | Client,
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Any | File | str | None:
    """Download a file of the user

     The content type follows from the name. Conditional requests are honoured with 304 and 412. Newer
    servers refuse links that lead outside. A percent sign in the name must be encoded twice: after
    HTTP's own decoding the server decodes once more whatever still holds one, so `100%25.json` in the
    address means `100%.json`, but `%2541.json` means `A.json`, and only `%252541.json` means
    `%41.json`.

    Args:
        file (str):
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | File | str
    """

    return sync_detailed(
        file=file,
        client=client,
        range_=range_,
        comfy_user=comfy_user,
    ).parsed


async def asyncio_detailed(
    file: str,
    *,
    client: AuthenticatedClient | Client,
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Response[Any | File | str]:
    """Download a file of the user

     The content type follows from the name. Conditional requests are honoured with 304 and 412. Newer
    servers refuse links that lead outside. A percent sign in the name must be encoded twice: after
    HTTP's own decoding the server decodes once more whatever still holds one, so `100%25.json` in the
    address means `100%.json`, but `%2541.json` means `A.json`, and only `%252541.json` means
    `%41.json`.

    Args:
        file (str):
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | File | str]
    """

    kwargs = _get_kwargs(
        file=file,
        range_=range_,
        comfy_user=comfy_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    file: str,
    *,
    client: AuthenticatedClient | Client,
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Any | File | str | None:
    """Download a file of the user

     The content type follows from the name. Conditional requests are honoured with 304 and 412. Newer
    servers refuse links that lead outside. A percent sign in the name must be encoded twice: after
    HTTP's own decoding the server decodes once more whatever still holds one, so `100%25.json` in the
    address means `100%.json`, but `%2541.json` means `A.json`, and only `%252541.json` means
    `%41.json`.

    Args:
        file (str):
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | File | str
    """

    return (
        await asyncio_detailed(
            file=file,
            client=client,
            range_=range_,
            comfy_user=comfy_user,
        )
    ).parsed
