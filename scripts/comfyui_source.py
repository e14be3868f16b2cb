"""Reads the routes, parameters and events of a ComfyUI source tree from its syntax alone.

Duty: put together what the modules beside it find: `comfyui_modules.py` the files, `comfyui_names.py` what names mean
in them, `comfyui_routes.py` the routes, `comfyui_handlers.py` what their handlers read, and `comfyui_events.py` what
is sent. Refusals: nothing of the tree is imported or run, and nothing is guessed: what can't be followed is left out,
and `drift.py` then reports it as a difference for people to look at.
"""

from __future__ import annotations

import re
from pathlib import Path

from comfyui_events import binary_numbers, sent_events
from comfyui_handlers import parameters_read
from comfyui_modules import modules_of, text_of
from comfyui_names import Names
from comfyui_routes import registered_routes
from comfyui_surface import Parameter, Surface


class SourceTree:
    """A ComfyUI source tree.

    Args:
        root: Its folder, the one with `server.py`.

    Raises:
        ValueError: There is no such tree.
        SyntaxError: A file of it is no Python.
    """

    def __init__(self, root: Path) -> None:
        if not (root / "server.py").is_file():
            raise ValueError(f"{root} holds no server.py, so it is no source tree of ComfyUI")
        self.root = root
        self._modules = modules_of(root)
        self._names = Names(self._modules)

    def surface(self) -> Surface:
        """Find everything.

        Returns:
            The routes with what their handlers read, the events with the fields of their data, the numbers of the
            binary messages, and the version, as far as the tree tells them.
        """
        surface = Surface(origin=str(self.root), version=self._version())
        for route, handler in registered_routes(self._modules, self._names):
            parameters = {Parameter("path", name) for name in re.findall(r"\{(\w+)\}", route.path)}
            if handler is not None:
                parameters |= parameters_read(handler, self._names)
            surface.routes[route] = parameters
        surface.events = sent_events(self._modules, self._names)
        surface.binary = binary_numbers(self._names)
        return surface

    def _version(self) -> str | None:
        for module in self._modules:
            if module.path.name == "comfyui_version.py":
                return text_of(module.values.get("__version__"))
        return None
