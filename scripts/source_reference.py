"""How the reference reads the sources where their syntax alone does not say enough.

Duty: where a class says `name = lift(Other.name)`, give the documentation tool a method with the other's parameters
and its first sentence; let the section `Example:` of docstrings be read as examples; and tell a function from the
module of the same name. It imports nothing of the packages and changes no other member.
"""

from __future__ import annotations

import re
from typing import Any, Final

import griffe

_EXAMPLE: Final = re.compile(r"^( *)Example:$", re.MULTILINE)
_LIFTERS: Final = frozenset({"lift", "lift_as"})
# Where the lifted originals are documented, by the class that defines them.
_CLIENT: Final = "comfy_facade.AsyncComfyUIApiClient"
_DOCUMENTED: Final = {"Job": "comfy_facade.Job", "EventStream": "comfy_ws.EventStream"}
# What a lifted call gives where it is not what the original gives.
_SYNC_RESULTS: Final = {"submit": "SyncJob", "run_prompt": "PromptResult[SyncOutputFile]"} | dict.fromkeys(
    ("get_prompt_result", "result"), "PromptResult[SyncOutputFile]"
)


class Examples(griffe.Extension):
    """Lets examples be code, whether they are fenced or a dialogue with the interpreter."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Look at the docstring of whatever was read.

        Args:
            obj: It.
        """
        if obj.docstring is not None:
            obj.docstring.value = _EXAMPLE.sub(r"\1Examples:", obj.docstring.value)


class LiftedMethods(griffe.Extension):
    """Replaces lifted attributes by methods, once everything is loaded."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Look through a package.

        Args:
            pkg: The package.
        """
        for module in pkg.modules.values():
            for cls in [] if module.is_alias else module.classes.values():
                if not cls.is_alias:
                    _replace_lifted(cls)


class NamesakesOfModules(griffe.Extension):
    """Lets a package's function count before the module of the same name that it comes from."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Look through what a package exports.

        Args:
            pkg: The package.
        """
        for name in pkg.exports or ():
            member = pkg.members[str(name)]
            if isinstance(member, griffe.Alias) and member.is_module and str(name) in member.members:
                pkg.set_member(str(name), griffe.Alias(str(name), member.members[str(name)]))


def _replace_lifted(cls: griffe.Class) -> None:
    for attribute in list(cls.attributes.values()):
        original = _original(attribute)
        if original is not None:
            cls.set_member(attribute.name, _lifted(attribute, original))


def _original(attribute: griffe.Attribute) -> griffe.Function | None:
    call = attribute.value
    if not isinstance(call, griffe.ExprCall) or str(call.function) not in _LIFTERS:
        return None
    owner, _, name = str(call.arguments[0]).rpartition(".")
    found = attribute.module[owner].all_members[name]
    target = found.final_target if found.is_alias else found
    return target if isinstance(target, griffe.Function) else None


def _lifted(attribute: griffe.Attribute, original: griffe.Function) -> griffe.Function:
    method = griffe.Function(
        attribute.name,
        parameters=original.parameters,
        returns=_SYNC_RESULTS.get(attribute.name, original.returns),
        lineno=attribute.lineno,
        endlineno=attribute.endlineno,
        parent=attribute.parent,
    )
    method.docstring = griffe.Docstring(_documentation(original), parent=method)
    return method


def _documentation(original: griffe.Function) -> str:
    written = "" if original.docstring is None else original.docstring.value
    owner = "" if original.parent is None else original.parent.name
    documented = _CLIENT if owner.endswith("Methods") else _DOCUMENTED.get(owner)
    if documented is None:
        return written
    first = written.partition("\n\n")[0].strip()
    return f"{first}\n\nSee [`{original.name}`][{documented}.{original.name}]."
