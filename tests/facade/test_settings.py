"""Where the server is and how to talk to it: what the constructor's arguments come to."""

from __future__ import annotations

import ssl
import string
from collections.abc import Mapping
from traceback import format_exception
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_facade.settings import DEFAULT_HOST, URL_VARIABLE, Settings, client_id_of_session, resolve_settings

SECRET = "hunter2-s3cr3t"


def settings(*, environment: Mapping[str, str] | None = None, **changes: Any) -> Settings:
    arguments: dict[str, Any] = {
        "api_host": DEFAULT_HOST,
        "api_base": "",
        "client_id": "",
        "session_name": "",
        "user": "",
        "ssl": False,
        "url": None,
        "headers": None,
        "auth": None,
        "verify": True,
        "timeout": 60.0,
        "outage_timeout": 60.0,
    }
    return resolve_settings(**(arguments | changes), environment=environment or {})


def authorization(made: Settings) -> str | None:
    """What a request would carry."""
    request = httpx.Request("GET", made.base_url, headers=dict(made.headers))
    if made.auth is not None:
        request = next(made.auth.auth_flow(request))
    value: str | None = request.headers.get("Authorization")
    return value


def test_without_anything_it_is_this_machine() -> None:
    assert settings().base_url == "http://127.0.0.1:8188"
    assert settings().auth is None
    assert dict(settings().headers) == {}


@pytest.mark.parametrize(
    ("arguments", "base_url"),
    [
        ({"api_host": "gpu:8188"}, "http://gpu:8188"),
        ({"api_host": "gpu"}, "http://gpu"),
        ({"api_host": "gpu:443", "ssl": True}, "https://gpu:443"),
        ({"api_host": "gpu", "api_base": "comfy"}, "http://gpu/comfy"),
        ({"api_host": "gpu", "api_base": "/a/comfy/"}, "http://gpu/a/comfy"),
        ({"api_host": "gpu", "api_base": "/"}, "http://gpu"),
        ({"api_base": "comfy", "ssl": True}, "https://127.0.0.1:8188/comfy"),
        ({"url": "https://gpu"}, "https://gpu"),
        ({"url": "https://gpu/"}, "https://gpu"),
        ({"url": "https://gpu/comfy/"}, "https://gpu/comfy"),
        ({"url": "http://gpu:8188/comfy?token=1#top"}, "http://gpu:8188/comfy"),
        ({"url": "gpu:8188/comfy"}, "http://gpu:8188/comfy"),
        ({"url": "http://gpu/user/me%40home/"}, "http://gpu/user/me%40home"),
        ({"url": "http://gpu", "api_host": "other", "api_base": "other", "ssl": True}, "http://gpu"),
        ({"api_host": "[::1]:8188"}, "http://[::1]:8188"),
        ({"api_host": "::1"}, "http://[::1]"),
        ({"api_host": "[::1]", "ssl": True, "api_base": "comfy"}, "https://[::1]/comfy"),
        ({"url": "http://[fe80::1]:8188/comfy"}, "http://[fe80::1]:8188/comfy"),
    ],
)
def test_addresses(arguments: dict[str, Any], base_url: str) -> None:
    assert settings(**arguments).base_url == base_url


class TestEnvironment:
    ENVIRONMENT: Mapping[str, str] = {URL_VARIABLE: "https://env/comfy"}

    def test_it_counts_where_no_address_was_given(self) -> None:
        assert settings(environment=self.ENVIRONMENT).base_url == "https://env/comfy"

    @pytest.mark.parametrize("arguments", [{"url": "http://gpu"}, {"api_host": "gpu"}])
    def test_what_was_given_counts_before_it(self, arguments: dict[str, Any]) -> None:
        assert settings(environment=self.ENVIRONMENT, **arguments).base_url == "http://gpu"

    def test_so_does_the_default_host_if_it_was_given(self) -> None:
        host = "".join(DEFAULT_HOST)
        assert settings(environment=self.ENVIRONMENT, api_host=host).base_url == f"http://{host}"

    def test_an_empty_variable_is_none(self) -> None:
        assert settings(environment={URL_VARIABLE: ""}).base_url == "http://127.0.0.1:8188"

    def test_its_credentials_are_credentials(self) -> None:
        made = settings(environment={URL_VARIABLE: f"http://me:{SECRET}@env"})
        assert authorization(made) == httpx.BasicAuth("me", SECRET)._auth_header
        assert SECRET not in repr(made)


class TestCredentials:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"url": f"http://me:{SECRET}@gpu:8188/comfy"},
            {"url": f"me:{SECRET}@gpu:8188/comfy"},
            {"api_host": f"me:{SECRET}@gpu:8188", "api_base": "comfy"},
        ],
    )
    def test_those_of_the_address_become_authentication(self, arguments: dict[str, Any]) -> None:
        made = settings(**arguments)
        assert made.base_url == "http://gpu:8188/comfy"
        assert authorization(made) == httpx.BasicAuth("me", SECRET)._auth_header

    @given(
        user=st.text(string.printable, min_size=1).filter(lambda text: text == text.encode().decode()),
        password=st.text(min_size=8),
        host=st.sampled_from(["gpu", "gpu:8188", "[::1]:1"]),
    )
    def test_whatever_they_are(self, user: str, password: str, host: str) -> None:
        made = settings(url=f"https://{quote(user, safe='')}:{quote(password, safe='')}@{host}/comfy")
        assert made.base_url == f"https://{host}/comfy"
        assert authorization(made) == httpx.BasicAuth(user, password)._auth_header
        assert quote(password, safe="") not in repr(made).replace(host, "")

    @pytest.mark.parametrize(
        ("userinfo", "expected"), [("me", ("me", "")), (":word", ("", "word")), ("a%40b:c%2Fd", ("a@b", "c/d"))]
    )
    def test_parts_of_them_may_be_missing(self, userinfo: str, expected: tuple[str, str]) -> None:
        assert authorization(settings(url=f"http://{userinfo}@gpu")) == httpx.BasicAuth(*expected)._auth_header

    def test_those_given_count_before_those_of_the_address(self) -> None:
        url = f"http://me:{SECRET}@gpu"
        assert authorization(settings(url=url, auth=("you", "word"))) == httpx.BasicAuth("you", "word")._auth_header
        assert authorization(settings(url=url, auth="token")) == "Bearer token"
        own = httpx.BasicAuth("own", "word")
        assert settings(url=url, auth=own).auth is own

    def test_none_shows_in_any_repr(self) -> None:
        for arguments in (
            {"auth": SECRET},
            {"auth": ("me", SECRET)},
            {"auth": httpx.BasicAuth("me", SECRET)},
            {"headers": {"X-Key": SECRET}},
            {"url": f"http://me:{SECRET}@gpu"},
        ):
            assert SECRET not in repr(settings(**arguments))
            assert SECRET not in str(settings(**arguments))

    def test_a_user_of_the_server_is_named_in_a_header(self) -> None:
        assert dict(settings(user="ann_1").headers) == {"Comfy-User": "ann_1"}
        assert dict(settings(user="ann_1", headers={"X": "1", "comfy-user": "old"}).headers) == {
            "X": "1",
            "Comfy-User": "ann_1",
        }

    def test_headers_are_copied(self) -> None:
        headers = {"X": "1"}
        made = settings(headers=headers)
        headers["X"] = "2"
        assert made.headers["X"] == "1"


BAD = [
    {"url": ""},
    {"url": "http://"},
    {"url": "ftp://gpu"},
    {"url": "file:///etc/passwd"},
    {"url": "http://gpu:port"},
    {"url": "http://gpu:99999"},
    {"url": "http://[::1"},
    {"url": "http://[nonsense]:1"},
    {"api_host": ""},
    {"api_host": ":8188"},
    {"api_host": "gpu:8188:8188"},
    # The most likely mistake: an address where a host is wanted. It would be the host `http`.
    {"api_host": "http://gpu:8188"},
    {"api_host": "https://gpu"},
]


@pytest.mark.parametrize("arguments", BAD, ids=str)
def test_what_is_no_address_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="address"):
        settings(**arguments)


@pytest.mark.parametrize(
    "url",
    [
        f"ftp://me:{SECRET}@gpu",
        f"http://me:{SECRET}@",
        f"http://me:{SECRET}@gpu:port",
        f"http://me:{SECRET}@[::1",
        f"http://me:{SECRET}@[nonsense]",
        f"http://me:a/{SECRET}@gpu",
        f"http://{SECRET}/x:y@gpu:z",
        f"http://me:12/{SECRET}@gpu",
        f"http://me:{SECRET}\N{CARE OF}@gpu",
        f"http://me:{SECRET}@g\x01pu",
        f"http://me:{SECRET}@gpu\N{CARE OF}",
    ],
)
@pytest.mark.parametrize("where", ["url", "api_host", "environment"])
def test_a_refusal_keeps_the_secret(url: str, where: str) -> None:
    places: dict[str, dict[str, Any]] = {
        "url": {"url": url},
        "api_host": {"api_host": url},
        "environment": {"environment": {URL_VARIABLE: url}},
    }
    with pytest.raises(ValueError, match="address") as caught:
        settings(**places[where])
    assert SECRET not in "".join(format_exception(caught.value))


class TestClientIds:
    def test_one_that_was_given_counts(self) -> None:
        assert settings(client_id="mine", session_name="session").client_id == "mine"

    def test_a_session_has_always_the_same(self) -> None:
        # Fixed, for a program of tomorrow must find the session of today's.
        assert client_id_of_session("session") == "aaf0ff73f14857c187552bc748644176"
        assert settings(session_name="session").client_id == client_id_of_session("session")
        assert client_id_of_session("session") != client_id_of_session("Session")

    def test_without_either_it_is_random(self) -> None:
        assert settings().client_id != settings().client_id

    @given(st.text())
    def test_all_are_32_hexadecimal_digits(self, name: str) -> None:
        assert len(client_id_of_session(name)) == 32
        assert set(client_id_of_session(name)) <= set("0123456789abcdef")


def test_the_rest_is_passed_on() -> None:
    context = ssl.create_default_context()
    made = settings(verify=context, timeout=1.5, outage_timeout=2.5)
    assert (made.verify, made.timeout, made.outage_timeout) == (context, 1.5, 2.5)
