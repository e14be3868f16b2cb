"""Whatever a server says, the module made of it is made of declarations, constants and calls of a few known names."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comfy_facade import generate_module
from tests.codegen.generated import definition

CALLS_OF_FUNCTIONS = {"_call", "_Options", "_Group", "_Value", "_Slot", "locals"}
EXPRESSIONS = (ast.Call, ast.Constant, ast.Dict, ast.List, ast.Tuple, ast.Name, ast.Subscript, ast.BinOp, ast.UnaryOp)


def check(text: str, classes: int) -> None:
    """Fail if a module holds anything but what every generated module holds."""
    tree = ast.parse(text)
    compile(tree, "nodes.py", "exec")
    assert ast.get_docstring(tree) is not None
    functions = [statement for statement in tree.body if isinstance(statement, ast.FunctionDef)]
    assert len(functions) == classes
    assert len({function.name for function in functions}) == classes
    for function in functions:
        check_function(function)
    for statement in tree.body[1:]:
        match statement:
            case ast.FunctionDef() | ast.ImportFrom():
                pass
            case ast.If(test=ast.Name("TYPE_CHECKING"), orelse=[]):
                for inner in statement.body:
                    check_for_type_checkers(inner)
            case ast.ClassDef(body=[ast.Expr(ast.Constant(value))], decorator_list=[], keywords=[]):
                assert value is ...
                assert all(isinstance(base, ast.Name) for base in statement.bases)
            case ast.AnnAssign(target=ast.Name(name), value=ast.Dict() as table):
                assert name in {"CLASS_SPELLINGS", "INPUT_SPELLINGS", "OUTPUT_SPELLINGS", "TYPE_SPELLINGS"}
                assert all(isinstance(node, (ast.Dict, ast.Constant, ast.Load)) for node in ast.walk(table))
            case _:
                pytest.fail(f"an unexpected statement: {ast.unparse(statement)}")
    imported = {statement.module for statement in ast.walk(tree) if isinstance(statement, ast.ImportFrom)}
    assert imported == {"__future__", "typing", "collections.abc", "comfy_facade.graph", "comfy_facade.node_calls"}


def check_function(function: ast.FunctionDef) -> None:
    match function:
        case ast.FunctionDef(
            body=[ast.Expr(ast.Constant(str())), ast.Return(ast.Call(ast.Name("_call")) as call)], decorator_list=[]
        ):
            pass
        case _:
            pytest.fail(f"an unexpected body: {ast.unparse(function)}")
    assert [*function.args.args, *function.args.posonlyargs, function.args.vararg, function.args.kwarg] == [None, None]
    for expression in (call, *function.args.kw_defaults):
        for node in ast.walk(expression) if expression is not None else ():
            if isinstance(node, ast.expr):
                assert isinstance(node, EXPRESSIONS), ast.unparse(node)
            if isinstance(node, ast.Call):
                assert isinstance(node.func, ast.Name)
                assert node.func.id in CALLS_OF_FUNCTIONS
            if isinstance(node, ast.Subscript):
                assert isinstance(node.value, ast.Name)
                assert node.value.id == "INPUT_SPELLINGS"
    annotations = [argument.annotation for argument in function.args.kwonlyargs]
    for annotation in (*annotations, function.returns):
        assert annotation is not None
        assert not [node for node in ast.walk(annotation) if isinstance(node, (ast.Call, ast.Attribute, ast.Lambda))]


def check_for_type_checkers(statement: ast.stmt) -> None:
    match statement:
        case ast.ImportFrom():
            pass
        case ast.AnnAssign(annotation=ast.Name("TypeAlias"), value=ast.Subscript(ast.Name("Literal"))):
            pass
        case ast.Assign(value=ast.Call(ast.Name(called))):
            assert called in {"TypeVar", "NamedTuple"}
            assert len([node for node in ast.walk(statement) if isinstance(node, ast.Call)]) == 1
        case _:
            pytest.fail(f"an unexpected statement for type checkers: {ast.unparse(statement)}")


SHARP = st.sampled_from(
    [
        '"""',
        "'''",
        '"',
        "\\",
        '\\"""',
        "\n",
        "\r",
        "\x00",
        "\x0c",
        "\u2028",
        "\ud800",
        "\u202e",
        "{x}",
        '"""\nimport os\nos.system("id")\n"""',
        "x): pass\nimport os #",
        "__import__('os')",
        "]\nimport os\nx = [",
        "#",
        "\\N{DIGIT ONE}",
        "locals",
        "_call",
        "TYPE_CHECKING",
        "*",
        "A,B",
        "ﬁ",
    ]
)
TEXTS = st.one_of(SHARP, st.text(), st.lists(SHARP).map("".join))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
TYPES = st.one_of(
    st.sampled_from(["INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", "IMAGE", "IMAGE,MASK", "*", "COMFY_MATCHTYPE_V3"]),
    st.lists(SCALARS, max_size=4),
    TEXTS,
    JSON,
)


def options(inputs: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """What a definition says beyond the type; any key may be missing, or be of a wrong type."""
    right = {
        "default": JSON,
        "tooltip": TEXTS,
        "min": SCALARS,
        "max": SCALARS,
        "multiselect": SCALARS,
        "socketless": SCALARS,
        "options": st.lists(SCALARS | st.fixed_dictionaries({"key": SCALARS, "inputs": inputs | JSON}), max_size=3),
        "inputs": inputs,
        "slotType": TYPES,
        "template": st.fixed_dictionaries(
            {},
            optional={
                "input": inputs,
                "prefix": TEXTS,
                "names": st.lists(TEXTS, max_size=3) | JSON,
                "min": SCALARS,
                "max": SCALARS,
                "template_id": SCALARS,
                "allowed_types": TYPES,
            },
        ),
    }
    return st.fixed_dictionaries({}, optional=right)


def sections(inputs: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    dynamic = st.sampled_from(["COMFY_DYNAMICCOMBO_V3", "COMFY_AUTOGROW_V3", "COMFY_DYNAMICSLOT_V3"])
    spec = st.tuples(TYPES | dynamic, options(inputs)).map(list) | JSON
    section = st.dictionaries(TEXTS, spec, max_size=3)
    return st.fixed_dictionaries({}, optional={"required": section | JSON, "optional": section})


INPUTS = sections(sections(st.just({})))
DEFINITIONS = st.dictionaries(
    TEXTS,
    st.fixed_dictionaries(
        {},
        optional={
            "input": INPUTS | JSON,
            "output": st.lists(TYPES, max_size=3) | JSON,
            "output_name": st.lists(TEXTS, max_size=4) | JSON,
            "output_tooltips": st.lists(TEXTS, max_size=4) | JSON,
            "output_matchtypes": JSON,
            "display_name": TEXTS | JSON,
            "description": TEXTS | JSON,
            "deprecated": SCALARS,
        },
    )
    | JSON,
    max_size=4,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(DEFINITIONS, TEXTS)
def test_any_definitions_make_a_module_of_declarations(node_defs: dict[str, Any], source: str) -> None:
    text = generate_module(node_defs, source=source)
    check(text, classes=sum(definition is not None for definition in node_defs.values()))
    text.encode()
    assert generate_module(dict(reversed(node_defs.items())), source=source) == text


@given(st.lists(st.sampled_from(['"', "'", "\\", "\n", "a", " "])).map("".join))
def test_no_text_ends_its_string_early(text: str) -> None:
    node_defs = {
        text: definition({text: ["STRING", {"default": text, "tooltip": text}]}, output=[text], description=text)
    }
    check(generate_module(node_defs, source=text), classes=1)


def test_the_check_sees_what_does_not_belong() -> None:
    text = generate_module({"A": definition()})
    check(text, classes=1)
    for strange in ("import os", "print()", "def B():\n    return locals()", "x = 1", "class C: x = print()"):
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            check(f"{text}{strange}\n", classes=2)


def test_what_is_nested_without_end_is_cut() -> None:
    default: Any = 1
    inputs: dict[str, Any] = {}
    for _ in range(300):
        default = [default]
        inputs = {"required": {"x": ["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "k", "inputs": inputs}]}]}}
    check(generate_module({"A": {"input": inputs}, "B": definition({"x": ["T", {"default": default}]})}), classes=2)


@pytest.mark.parametrize("source", ["http://user:secret@host:8188", "https://secret@host/base"])
def test_credentials_of_the_source_are_left_out(source: str) -> None:
    text = generate_module({}, source=source)
    assert "secret" not in text
    assert "//host" in text


def test_nothing_of_the_machine_is_in_it() -> None:
    assert "host" not in generate_module({"A": definition()})
