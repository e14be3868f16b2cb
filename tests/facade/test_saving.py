"""Where files of the server end up: never outside the directory they are saved to, and never half."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from comfy_facade import UnsafePathError
from comfy_facade.saving import plain_name, safe_name, target_path, written_whole

HOSTILE = [
    "",
    ".",
    "..",
    "...",
    ".. ",
    " ",
    "/etc/passwd",
    "../a.png",
    "a/../../b.png",
    "a/b.png",
    "a/",
    "..\\a.png",
    "C:\\a.png",
    "C:a.png",
    "\\\\server\\share",
    "a.png:stream",
    "a\0.png",
    "\ud800.png",
]
PLAIN = ["a.png", "..a", "a..", ".hidden", "a b.png", "%2e%2e%2fa.png", "~", "a\nb.png", "ä☃.png", "-rf", "con"]


class TestTargets:
    def test_a_directory_that_is_there_keeps_the_name(self, tmp_path: Path) -> None:
        directory = tmp_path / "v1.0"
        directory.mkdir()
        assert target_path("a.png", directory) == directory / "a.png"
        assert target_path("a.png", str(directory)) == directory / "a.png"

    def test_what_ends_with_a_separator_is_a_directory(self, tmp_path: Path) -> None:
        assert target_path("a.png", f"{tmp_path}/new.dir/") == tmp_path / "new.dir" / "a.png"
        assert target_path("a.png", f"{tmp_path}{os.sep}new.dir{os.sep}") == tmp_path / "new.dir" / "a.png"

    def test_so_is_what_has_no_suffix(self, tmp_path: Path) -> None:
        assert target_path("a.png", tmp_path / "new") == tmp_path / "new" / "a.png"
        assert target_path("a.png", tmp_path / ".hidden") == tmp_path / ".hidden" / "a.png"

    def test_anything_else_is_the_file_itself(self, tmp_path: Path) -> None:
        assert target_path("a.png", tmp_path / "b.png") == tmp_path / "b.png"

    def test_so_is_a_file_that_is_there(self, tmp_path: Path) -> None:
        (tmp_path / "b.png").touch()
        assert target_path("a.png", tmp_path / "b.png") == tmp_path / "b.png"

    def test_the_working_directory(self) -> None:
        assert target_path("a.png", ".") == Path("a.png")
        assert target_path("a.png", "") == Path("a.png")

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_names_are_refused_by_directories_and_harmless_beside_a_path(
        self, name: str, tmp_path: Path
    ) -> None:
        with pytest.raises(UnsafePathError) as caught:
            target_path(name, tmp_path)
        assert caught.value.filename == name
        assert target_path(name, tmp_path / "mine.png") == tmp_path / "mine.png"


@pytest.mark.parametrize("name", PLAIN)
def test_plain_names_stay_as_they_are(name: str) -> None:
    assert plain_name(name) == name


@given(st.text() | st.text("./\\:\0 a", max_size=6) | st.text(st.characters(categories=["Cs", "Cc"]), max_size=3))
@example("..")
@settings(deadline=None)
def test_any_name_is_refused_or_stays_a_direct_child(name: str) -> None:
    with TemporaryDirectory() as directory:
        try:
            path = target_path(name, directory)
        except UnsafePathError:
            return
        assert path.parent == Path(directory)
        assert path.name == safe_name(name)
        assert Path(os.path.normpath(path)) == path
        path.write_bytes(b"")
        assert [child.name for child in Path(directory).iterdir()] == [path.name]


class TestWriting:
    def test_the_file_appears_when_it_is_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "deep" / "a.png"
        with written_whole(path) as file:
            file.write(b"half")
            file.flush()
            assert not path.exists()
            file.write(b" and half")
        assert path.read_bytes() == b"half and half"
        assert list(path.parent.iterdir()) == [path]

    def test_an_existing_file_is_replaced_at_the_end_only(self, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(b"old")
        with written_whole(path) as file:
            file.write(b"new")
            file.flush()
            assert path.read_bytes() == b"old"
        assert path.read_bytes() == b"new"
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), GeneratorExit()])
    def test_an_error_leaves_nothing_and_the_old_file(self, error: BaseException, tmp_path: Path) -> None:
        old, new = tmp_path / "old.png", tmp_path / "new.png"
        old.write_bytes(b"old")

        def write(path: Path) -> None:
            with written_whole(path) as file:
                file.write(b"half")
                raise error

        for path in (old, new):
            with pytest.raises(type(error)):
                write(path)
        assert list(tmp_path.iterdir()) == [old]
        assert old.read_bytes() == b"old"

    def test_a_name_that_is_taken_by_a_directory_leaves_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        path.mkdir()
        with pytest.raises(OSError, match=r"a\.png"), written_whole(path) as file:
            file.write(b"whole")
        assert list(tmp_path.iterdir()) == [path]
        assert list(path.iterdir()) == []

    def test_two_at_once_do_not_mix(self, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        with written_whole(path) as first, written_whole(path) as second:
            first.write(b"first")
            second.write(b"second")
        assert path.read_bytes() == b"first"
        assert list(tmp_path.iterdir()) == [path]

    def test_others_may_read_what_the_umask_lets_them(self, tmp_path: Path) -> None:
        by_hand, saved = tmp_path / "by_hand", tmp_path / "saved"
        by_hand.write_bytes(b"")
        with written_whole(saved):
            pass
        assert saved.stat().st_mode == by_hand.stat().st_mode
