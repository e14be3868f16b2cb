"""The client's methods for users: who there is, their settings, their files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from comfy_facade import _rest
from comfy_facade._answers import json_of, required_list, required_object, required_text, required_texts, route_of
from comfy_facade._core import ClientCore
from comfy_facade.errors import AlreadyExistsError

if TYPE_CHECKING:
    from comfy_facade._rest import UserConfiguration, UserFile


class UserMethods:
    """What a client does with users and what is kept for them."""

    _core: ClientCore

    async def get_user_config(self) -> UserConfiguration:
        """Ask how the server keeps users (`GET /users`).

        Returns:
            With several users, `users`: their names by id. With one, `migrated`.
        """
        return await self._core.transport.json(
            _rest.get_users(), lambda value: _rest.parse_user_configuration(required_object(value))
        )

    async def create_user(self, username: str) -> str:
        """Make a user on a multi-user server (`POST /users`).

        Args:
            username: The name to show.

        Returns:
            The user's id, for the client's `user`.

        Raises:
            UnexpectedResponseError: The name is empty or taken.
        """
        return await self._core.transport.json(_rest.create_user(username), required_text)

    async def get_settings(self) -> dict[str, Any]:
        """Read all settings of the user (`GET /settings`).

        Returns:
            The values by id.
        """
        return dict(await self._core.transport.json(_rest.get_settings(), required_object))

    async def get_setting(self, id: str) -> Any:  # noqa: A002 - the documented name
        """Read one setting of the user (`GET /settings/{id}`).

        Args:
            id: Which.

        Returns:
            Its value, any JSON; `None` if it is not set.
        """
        return await self._core.transport.json(_rest.get_setting(id), _anything)

    async def store_settings(self, settings: Mapping[str, Any]) -> None:
        """Set some settings of the user and keep the others (`POST /settings`).

        Args:
            settings: The values by id, any JSON.
        """
        await self._core.transport.send_for_nothing(_rest.store_settings(settings))

    async def store_setting(self, id: str, value: Any) -> None:  # noqa: A002 - the documented name
        """Set one setting of the user (`POST /settings/{id}`).

        Args:
            id: Which.
            value: Its value, any JSON, `None` too.
        """
        await self._core.transport.send_for_nothing(_rest.store_setting(id, value))

    async def get_user_data(self, file: str) -> bytes:
        """Read a file of the user (`GET /userdata/{file}`).

        Args:
            file: Its path in the user's directory, `"workflows/a.json"`.

        Returns:
            Its content.

        Raises:
            NotFoundError: There is no such file.
        """
        return (await self._core.transport.send(_rest.get_user_data(_sent_name(file)))).content

    async def store_user_data(self, file: str, data: bytes | str, *, overwrite: bool = True) -> UserFile:
        """Write a file of the user (`POST /userdata/{file}`).

        Args:
            file: Its path in the user's directory; folders are made as needed.
            data: Its content; text is encoded as UTF-8.
            overwrite: Whether to replace a file that exists.

        Returns:
            Its path and size.

        Raises:
            AlreadyExistsError: It exists, and `overwrite` is false.
        """
        arguments = _rest.store_user_data(_sent_name(file), overwrite=overwrite)
        arguments["content"] = data.encode() if isinstance(data, str) else data
        return await self._user_file(arguments)

    @overload
    async def list_user_data(
        self, dir: str, *, recurse: bool = False, full_info: Literal[False] = False, split: Literal[False] = False
    ) -> list[str]: ...

    @overload
    async def list_user_data(
        self, dir: str, *, recurse: bool = False, full_info: Literal[True], split: bool = False
    ) -> list[UserFile]: ...

    @overload
    async def list_user_data(
        self, dir: str, *, recurse: bool = False, full_info: Literal[False] = False, split: Literal[True]
    ) -> list[list[str]]: ...

    async def list_user_data(
        self,
        dir: str,  # noqa: A002 - the documented name
        *,
        recurse: bool = False,
        full_info: bool = False,
        split: bool = False,
    ) -> list[str] | list[UserFile] | list[list[str]]:
        """List files of the user (`GET /userdata`).

        Args:
            dir: A directory in the user's directory.
            recurse: Whether to go into its folders.
            full_info: Whether to give sizes and times too.
            split: Whether to give each path with its parts.

        Returns:
            Paths relative to `dir`; with `full_info` values with `path`, `size` (bytes), `modified` and `created`.

        Raises:
            NotFoundError: There is no such directory.
        """
        arguments = _rest.list_user_data(dir, recurse=recurse, full_info=full_info, split=split)
        if full_info:
            return await self._core.transport.json(arguments, _user_files)
        if split:
            return await self._core.transport.json(arguments, _split_paths)
        return await self._core.transport.json(arguments, required_texts)

    async def delete_user_data(self, file: str) -> None:
        """Delete a file of the user (`DELETE /userdata/{file}`).

        Args:
            file: Its path in the user's directory.

        Raises:
            NotFoundError: There is no such file.
        """
        await self._core.transport.send_for_nothing(_rest.delete_user_data(_sent_name(file)))

    async def move_user_data(self, file: str, dest: str, *, overwrite: bool = True) -> UserFile:
        """Move or rename a file of the user (`POST /userdata/{file}/move/{dest}`).

        Args:
            file: Its path in the user's directory.
            dest: Its new path.
            overwrite: Whether to replace a file that exists there.

        Returns:
            Its new path and size.

        Raises:
            NotFoundError: There is no such file.
            AlreadyExistsError: There is one at `dest`, and `overwrite` is false.
        """
        return await self._user_file(_rest.move_user_data(_sent_name(file), _sent_name(dest), overwrite=overwrite))

    async def _user_file(self, arguments: dict[str, Any]) -> UserFile:
        response = await self._core.transport.send(arguments, 200, 409)
        if response.status_code == 409:
            raise AlreadyExistsError(response.status_code, route_of(response), response.text)
        return json_of(response, lambda value: _rest.parse_user_file(required_object(value)))


def _sent_name(file: str) -> str:
    # The server decodes a name that holds a percent sign once more than HTTP does.
    return file.replace("%", "%25")


def _anything(value: object) -> Any:
    return value


def _user_files(value: object) -> list[UserFile]:
    return [_rest.parse_user_file(required_object(entry)) for entry in required_list(value)]


def _split_paths(value: object) -> list[list[str]]:
    return [required_texts(entry) for entry in required_list(value)]
