"""Prompts and workflows inside the files that ComfyUI writes: pictures, videos, sounds, models.

Duty: find the texts by their names in whatever container they are, reading no more of the file than it takes. It
judges no text, decodes no picture, and refuses containers that lie about their sizes.
"""

from comfy_facade.workflow.embedded.files import HEAD_SIZE, embedded_texts, is_container

__all__ = ["HEAD_SIZE", "embedded_texts", "is_container"]
