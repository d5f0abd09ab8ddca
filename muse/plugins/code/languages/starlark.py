"""Starlark, the language of Bazel's files: a target is what has a `name`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Union

from muse.plugins.code.languages.table import Language, Made

if TYPE_CHECKING:
    from tree_sitter import Node

_SETS = frozenset(
    {
        "srcs", "hdrs", "textual_hdrs", "deps", "runtime_deps", "exported_deps", "implementation_deps", "exports",
        "data", "tags", "visibility", "default_visibility", "plugins", "tests", "embed", "packages", "features",
        "resources", "exclude",
    }
)  # fmt: skip
"""Attributes whose labels Bazel's own formatter sorts, or that are sets to Bazel."""


def _call(statement: Node) -> Node | None:
    """The call that a statement is."""
    inner = statement.named_children[0] if statement.type == "expression_statement" and statement.children else None
    return inner if inner is not None and inner.type == "call" else None


def _word(node: Node | None, data: bytes) -> bytes:
    return b"" if node is None else data[node.start_byte : node.end_byte]


def _name(call: Node, data: bytes) -> Node | None:
    """What stands in the quotes behind `name =`."""
    arguments = call.child_by_field_name("arguments")
    for each in arguments.named_children if arguments is not None else ():
        if each.type == "keyword_argument" and _word(each.child_by_field_name("name"), data) == b"name":
            value = each.child_by_field_name("value")
            inner = value.named_children if value is not None and value.type == "string" else []
            return next((part for part in inner if part.type == "string_content"), None)
    return None


def _statement(node: Node, data: bytes) -> Node | Made:
    call = _call(node)
    if call is None:
        return node
    function = call.child_by_field_name("function")
    if _word(function, data) == b"load":
        return Made("load", [node], flat=True)
    name = _name(call, data)
    if name is None:
        return node
    of_extension = function is not None and function.type == "attribute"
    return Made("target", [node], {"name": [name]}, _word(function, data).decode() if of_extension else "", flat=True)


def _is_set(node: Node, data: bytes) -> bool:
    """Whether a list is of names alone, and stands where no rule of Bazel asks for their order."""
    around = node.parent
    if around is None or any(child.type not in ("string", "comment") for child in node.named_children):
        return False
    if around.type == "keyword_argument":
        return _word(around.child_by_field_name("name"), data).decode() in _SETS
    call = around.parent if around.type == "argument_list" else None
    return call is not None and _word(call.child_by_field_name("function"), data) in (b"glob", b"exports_files")


def _taken(call: Node) -> Iterator[Union[Node, Made]]:
    """A call that takes names from a file or an extension: these are a list by themselves."""
    arguments = call.child_by_field_name("arguments")
    inner = arguments.children if arguments is not None else []
    first = next((at for at, child in enumerate(inner) if child.type == ","), len(inner) - 2) + 1
    yield call.children[0]
    yield from inner[:first]
    if inner[first:-1]:
        yield Made("taken", inner[first:-1])
    yield from inner[-1:]


def _reads(node: Node, data: bytes) -> Iterator[Union[Node, Made]]:
    if node.type == "module":
        yield from (_statement(child, data) for child in node.children)
    elif node.type == "call" and _word(node.child_by_field_name("function"), data) in (b"load", b"use_repo"):
        yield from _taken(node)
    else:
        for child in node.children:
            yield Made("names", [child], flat=True) if child.type == "list" and _is_set(child, data) else child


LANGUAGE = Language(
    name="starlark",
    grammar=("tree_sitter_starlark", "language"),
    definitions={"function_definition": "function", "target": "target"},
    bodies=frozenset({"module", "block"}),
    imports=frozenset({"load"}),
    lists=frozenset({"taken", "names"}),
    sequences=frozenset({"argument_list", "dictionary"}),
    free=frozenset({"keyword_argument", "pair"}),
    keys={"keyword_argument": "name", "pair": "key", "string": "*"},
    comment_line=(b"#", b""),
    unique=frozenset({"keyword_argument"}),
    indented=True,
    named={"assignment": "left", "pair": "key"},
    needs_table=frozenset({"pair"}),
    locals={
        "names/string": "*",
        "taken/string": "*",
        "parameters/identifier": "*",
        "typed_parameter": "0",
        "default_parameter": "name",
        "typed_default_parameter": "name",
    },
    reads=_reads,
    read_from=frozenset({"expression_statement"}),
)
