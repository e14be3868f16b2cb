"""Which server is meant, with which credentials, and that no credential is said to anybody."""

from __future__ import annotations

from pathlib import Path

import pytest

import comfy_emulator
from comfy_facade.cli.connection import ConnectionOptions, choose_server
from comfy_facade.cli.exit_codes import UsageProblemError
from comfy_facade.cli.profiles import Profile, profiles_path
from tests.cli.conftest import Program, written

SECRET = "correct-horse-battery-staple"

TOML = f"""
default = "studio"

[profiles.studio]
url = "http://studio.example:8188"
token = "{SECRET}"

[profiles.lab]
url = "http://lab.example:8188"
token_variable = "LAB_TOKEN"
user = "anna"
headers = {{ X-Team = "animation" }}
insecure = true
"""


@pytest.fixture
def profiles(own_home: Path) -> Path:
    own_home.mkdir(parents=True)
    path = own_home / "config.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


def test_the_file_is_in_the_users_configuration_directory(own_home: Path) -> None:
    assert profiles_path({}) == own_home / "config.toml"
    assert profiles_path({"COMFYUI_CONFIG": "/elsewhere.toml"}) == Path("/elsewhere.toml")


@pytest.mark.usefixtures("profiles")
def test_options_count_before_profiles_before_the_environment_before_the_default() -> None:
    here = {"COMFYUI_URL": "http://here.example", "COMFYUI_TOKEN": "of-here", "LAB_TOKEN": "of-lab"}
    assert choose_server(ConnectionOptions(), {}).url == "http://studio.example:8188"
    assert choose_server(ConnectionOptions(), {}).token == SECRET
    assert choose_server(ConnectionOptions(), here).url == "http://here.example"
    lab = choose_server(ConnectionOptions(profile="lab", headers=("X-More: a: b",)), here)
    assert (lab.url, lab.token, lab.user, lab.verify) == ("http://lab.example:8188", "of-lab", "anna", False)
    assert lab.headers == {"X-Team": "animation", "X-More": "a: b"}
    assert choose_server(ConnectionOptions(url="http://x", profile="lab"), here).url == "http://x"
    assert choose_server(ConnectionOptions(), {"COMFYUI_PROFILE": "lab", **here}).url == "http://lab.example:8188"


@pytest.mark.usefixtures("profiles")
def test_no_token_goes_to_a_server_it_is_not_for() -> None:
    here = {"COMFYUI_URL": "http://here.example", "COMFYUI_TOKEN": "of-here"}
    assert choose_server(ConnectionOptions(), here).token == "of-here"
    assert choose_server(ConnectionOptions(url="http://here.example/base"), here).token == "of-here"
    assert choose_server(ConnectionOptions(url="http://other.example"), here).token is None
    assert choose_server(ConnectionOptions(url="http://other.example"), {}).token is None
    assert choose_server(ConnectionOptions(url="http://other.example"), {"COMFYUI_TOKEN": "any"}).token == "any"
    assert choose_server(ConnectionOptions(profile="studio"), here).token == SECRET


@pytest.mark.usefixtures("profiles")
def test_nothing_of_a_profile_that_the_environment_names_goes_to_another_server() -> None:
    here = {"COMFYUI_PROFILE": "lab", "LAB_TOKEN": "of-lab"}
    for url in ("http://other.example", "lab.example", "http://lab.example:8189"):
        other = choose_server(ConnectionOptions(url=url), here)
        assert (other.url, other.token, other.headers, other.user, other.verify) == (url, None, {}, "", True)
    same = choose_server(ConnectionOptions(url="lab.example:8188"), here)
    assert (same.token, same.user, same.verify) == ("of-lab", "anna", False)
    # Who names both says that they belong together: the same server behind a tunnel, say.
    assert choose_server(ConnectionOptions(url="http://127.0.0.1:9000", profile="lab"), here).token == "of-lab"


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://here.example", "of-here"),
        ("https://HERE.example/base", "of-here"),
        ("http://here.example", None),
        ("here.example", None),
    ],
)
def test_a_token_for_an_encrypted_way_takes_no_open_one(url: str, token: str | None) -> None:
    here = {"COMFYUI_URL": "https://here.example", "COMFYUI_TOKEN": "of-here"}
    assert choose_server(ConnectionOptions(url=url), here).token == token
    assert choose_server(ConnectionOptions(url="https://here.example"), {**here, "COMFYUI_URL": "here.example"}).token


@pytest.mark.parametrize(
    "text",
    ["token = ", 'default = "a"\n[profiles.a]\ntoken = 5', '[profiles.a]\ncolour = "red"', "[profiles]\nb = 1"],
)
def test_wrong_profiles_are_usage_errors(profiles: Path, text: str) -> None:
    profiles.write_text(f"# {SECRET}\n{text}", encoding="utf-8")
    with pytest.raises(UsageProblemError) as caught:
        choose_server(ConnectionOptions(profile="a"), {})
    assert SECRET not in str(caught.value) + caught.value.advice


@pytest.mark.usefixtures("profiles")
def test_a_token_that_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageProblemError, match="LAB_TOKEN"):
        choose_server(ConnectionOptions(profile="lab"), {})


def test_reprs_hold_no_credentials() -> None:
    options = ConnectionOptions(token=SECRET, headers=(f"X-Key: {SECRET}",))
    profile = Profile("a", token=SECRET, headers={"X-Key": SECRET})
    assert SECRET not in repr(options) + repr(profile) + repr(choose_server(options, {}))


def test_common_options_count_before_and_after_the_command(
    program: Program, emulator: comfy_emulator.RunningServer
) -> None:
    assert program("info", "--json", "--url", emulator.url, url="http://127.0.0.1:9").code == 0
    assert program("--json", "queue", "list", url=emulator.url).code == 0
    assert program("queue", "--url", emulator.url, "list", url=None).code == 0


@pytest.mark.parametrize("arguments", [("info",), ("run", "w.json"), ("status", "none")])
@pytest.mark.parametrize("is_there", [True, False])
def test_no_credential_is_said(
    program: Program, emulator: comfy_emulator.RunningServer, arguments: tuple[str, ...], is_there: bool
) -> None:
    written({"1": {"class_type": "Absent", "inputs": {}}}, "w.json")
    url = emulator.url if is_there else "http://127.0.0.1:9"
    url = url.replace("http://", f"http://user:{SECRET}@")
    for extra in ((), ("--json",), ("--debug",)):
        done = program(*arguments, "--token", SECRET, "--header", f"X-Key: {SECRET}", *extra, url=url)
        assert SECRET not in done.out + done.err
    broken = program(*arguments, "--token", f"{SECRET}\n", url=url)
    assert broken.code == 2
    assert SECRET not in broken.out + broken.err
    assert SECRET not in program(*arguments, "--header", SECRET, url=url).err
