from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_message import ErrorMessage
from ...models.list_directory_files_directory_type import (
    ListDirectoryFilesDirectoryType,
)
from ...types import Response


def _get_kwargs(
    directory_type: ListDirectoryFilesDirectoryType,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/internal/files/{directory_type}".format(
            directory_type=quote(str(directory_type), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorMessage | list[str] | str | None:
    if response.status_code == 200:
        response_200 = cast(list[str], response.json())

        return response_200

    if response.status_code == 400 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_400 = ErrorMessage.from_dict(response.json())

        return response_400

    if response.status_code == 500:
        response_500 = response.text
        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorMessage | list[str] | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    directory_type: ListDirectoryFilesDirectoryType,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ErrorMessage | list[str] | str]:
    """List files directly in the input, output or temporary directory

     Newest first. 0.33.0 adds the directory to each name, as in `a.png [output]`; 0.3.64 does not. A
    directory that does not exist yet is a 500.

    Args:
        directory_type (ListDirectoryFilesDirectoryType):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorMessage | list[str] | str]
    """

    kwargs = _get_kwargs(
        directory_type=directory_type,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    directory_type: ListDirectoryFilesDirectoryType,
    *,
    client: AuthenticatedClient | Client,
) -> ErrorMessage | list[str] | str | None:
    """List files directly in the input, output or temporary directory

     Newest first. 0.33.0 adds the directory to each name, as in `a.png [output]`; 0.3.64 does not. A
    directory that does not exist yet is a 500.

    Args:
        directory_type (ListDirectoryFilesDirectoryType):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorMessage | list[str] | str
    """

    return sync_detailed(
        directory_type=directory_type,
        client=client,
    ).parsed


async def asyncio_detailed(
    directory_type: ListDirectoryFilesDirectoryType,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ErrorMessage | list[str] | str]:
    """List files directly in the input, output or temporary directory

     Newest first. 0.33.0 adds the directory to each name, as in `a.png [output]`; 0.3.64 does not. A
    directory that does not exist yet is a 500.

    Args:
        directory_type (ListDirectoryFilesDirectoryType):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorMessage | list[str] | str]
    """

    kwargs = _get_kwargs(
        directory_type=directory_type,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    directory_type: ListDirectoryFilesDirectoryType,
    *,
    client: AuthenticatedClient | Client,
) -> ErrorMessage | list[str] | str | None:
    """List files directly in the input, output or temporary directory

     Newest first. 0.33.0 adds the directory to each name, as in `a.png [output]`; 0.3.64 does not. A
    directory that does not exist yet is a 500.

    Args:
        directory_type (ListDirectoryFilesDirectoryType):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorMessage | list[str] | str
    """

    return (
        await asyncio_detailed(
            directory_type=directory_type,
            client=client,
        )
    ).parsed
