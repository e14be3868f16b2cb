"""Where a server keeps its files: input, output, temp, models and users below one base directory.

Resolves names to paths and refuses those that lead outside. Reading and writing pictures is done elsewhere.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER_KINDS: Final = ("input", "output", "temp")
"""The kinds of folders files are served from."""

_MODEL_EXTENSIONS: Final = (".bin", ".ckpt", ".pkl", ".pt", ".pt2", ".pth", ".safetensors", ".sft")
_SEVERAL_DIRECTORIES: Final = {
    "text_encoders": ("text_encoders", "clip"),
    "diffusion_models": ("unet", "diffusion_models"),
    "controlnet": ("controlnet", "t2i_adapter"),
}
_ALSO_IN_OUTPUT: Final = {
    "checkpoints": "checkpoints",
    "loras": "loras",
    "vae": "vae",
    "text_encoders": "clip",
    "diffusion_models": "diffusion_models",
}
_OTHER_EXTENSIONS: Final[dict[str, tuple[str, ...]]] = {
    "configs": (".yaml",),
    "diffusers": ("folder",),
    "custom_nodes": (),
    "datasets": (),
    "classifiers": ("",),
}


class OutsideFolderError(Exception):
    """A name that leads outside the folder it belongs to."""


@dataclass(frozen=True, slots=True)
class SaveTarget:
    """Where the next pictures with a given prefix go.

    Attributes:
        directory: The directory, which exists.
        stem: The file name before the counter.
        counter: The first free number.
        subfolder: The directory relative to the output folder, empty for the folder itself.
    """

    directory: Path
    stem: str
    counter: int
    subfolder: str


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one server.

    Attributes:
        base: The base directory, absolute and without symbolic links.
    """

    base: Path

    def create(self) -> None:
        """Make the folders that a server always has."""
        for name in (*FOLDER_KINDS, "models", "user", "custom_nodes"):
            (self.base / name).mkdir(parents=True, exist_ok=True)

    def directory(self, kind: str) -> Path | None:
        """Give the folder of a kind (`input`, `output`, `temp`), or None for any other word."""
        return self.base / kind if kind in FOLDER_KINDS else None

    def annotated(self, name: str) -> tuple[str, Path | None]:
        """Split a name such as `a.png [input]` into the bare name and the folder it names, if any."""
        for kind in FOLDER_KINDS:
            if name.endswith(f"[{kind}]"):
                return name[: -len(kind) - 3], self.base / kind
        return name, None

    def input_file(self, name: str) -> Path:
        """Give the path of an input picture as load nodes name it, annotated or not.

        Raises:
            OutsideFolderError: The name leads outside its folder.
        """
        bare, directory = self.annotated(name)
        return inside(directory or self.base / "input", bare)

    def model_directories(self, folder: str) -> list[Path]:
        """Give the directories behind a model folder name, first the one that has precedence."""
        if folder in ("custom_nodes", "datasets"):
            return [self.base / folder]
        found = [self.base / "models" / name for name in _SEVERAL_DIRECTORIES.get(folder, (folder,))]
        if folder in _ALSO_IN_OUTPUT:
            found.append(self.base / "output" / _ALSO_IN_OUTPUT[folder])
        return found

    def model_extensions(self, folder: str) -> tuple[str, ...]:
        """Give the file extensions a model folder lists, sorted."""
        return _OTHER_EXTENSIONS.get(folder, _MODEL_EXTENSIONS)

    def model_names(self, folder: str) -> list[str]:
        """List the model files of a folder, relative to the directory they are in."""
        wanted = self.model_extensions(folder)
        return sorted(
            {
                path.relative_to(directory).as_posix()
                for directory in self.model_directories(folder)
                for path in directory.rglob("*")
                if path.is_file() and (not wanted or path.suffix.lower() in wanted or "" in wanted)
            }
        )

    def model_file(self, folder: str, name: str) -> Path | None:
        """Give the path of a model file; None if there is none, or the name leads outside."""
        for directory in self.model_directories(folder):
            path = Path(os.path.normpath(directory / name))
            if path.is_relative_to(directory) and path.is_file():
                return path
        return None

    def save_target(self, prefix: str, kind: str, size: tuple[int, int]) -> SaveTarget:
        """Find out where pictures with a prefix go, and make the directory.

        Args:
            prefix: The prefix, with subfolders and `%...%` fields, as save nodes get it.
            kind: `output` or `temp`.
            size: Width and height of the pictures, in pixels.

        Raises:
            OutsideFolderError: The prefix leads outside the folder.
        """
        filled = Path(os.path.normpath(_fill_in(prefix, size)))
        root = self.base / kind
        directory = inside(root, filled.parent.as_posix())
        directory.mkdir(parents=True, exist_ok=True)
        subfolder = "" if directory == root else directory.relative_to(root).as_posix()
        taken = (_counter(path.name, filled.name) for path in directory.iterdir())
        return SaveTarget(directory, filled.name, max(taken, default=0) + 1, subfolder)


def inside(root: Path, name: str) -> Path:
    """Join a name to a folder.

    Raises:
        OutsideFolderError: The result is not inside the folder.
    """
    path = Path(os.path.normpath(root / name))
    if not path.is_relative_to(root):
        raise OutsideFolderError(f"{name} leads outside {root.name}")
    return path


def _fill_in(prefix: str, size: tuple[int, int]) -> str:
    if "%" not in prefix:
        return prefix
    now = time.localtime()
    fields = {
        "width": str(size[0]),
        "height": str(size[1]),
        "year": f"{now.tm_year}",
        "month": f"{now.tm_mon:02}",
        "day": f"{now.tm_mday:02}",
        "hour": f"{now.tm_hour:02}",
        "minute": f"{now.tm_min:02}",
        "second": f"{now.tm_sec:02}",
    }
    for name, text in fields.items():
        prefix = prefix.replace(f"%{name}%", text)
    return prefix


def _counter(filename: str, stem: str) -> int:
    if not filename.startswith(f"{stem}_"):
        return 0
    digits = filename[len(stem) + 1 :].split(".")[0].split("_")[0]
    return int(digits) if digits.isdecimal() else 0
