"""What all runs of one server share, handed to each of them.

Holds references only; what they refer to belongs to `comfy_emulator.server`.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from comfy_emulator.assets import Assets
from comfy_emulator.folders import Folders
from comfy_emulator.node_types import Catalogue
from comfy_emulator.result_cache import ResultCache
from comfy_emulator.script import Script
from comfy_emulator.sockets import Sockets
from comfy_emulator.versions import Version


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all runs of a server share.

    Attributes:
        version: The emulated version.
        catalogue: The node classes.
        folders: The server's folders.
        sockets: Where events go.
        cache: Results of earlier runs.
        worker: The thread in which node code runs that takes its time.
        latency: How long a sampling step takes, in seconds.
        script: What shall go wrong.
        assets: Where files that nodes show are registered; None if the server keeps no assets.
    """

    version: Version
    catalogue: Catalogue
    folders: Folders
    sockets: Sockets
    cache: ResultCache
    worker: ThreadPoolExecutor
    latency: float
    script: Script
    assets: Assets | None
