"""Zig: a type is a constant whose value is a container."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Union

from muse.plugins.code.languages.table import Language, Made

if TYPE_CHECKING:
    from tree_sitter import Node

_CONTAINERS = frozenset({"struct_declaration", "enum_declaration", "union_declaration", "opaque_declaration"})
_TYPES = {kind: kind.replace("_declaration", "_type") for kind in (*_CONTAINERS, "error_set_declaration")}


def _variable(node: Node, data: bytes) -> Node | Made:
    name = next((child for child in node.named_children if child.type == "identifier"), None)
    value = node.named_children[-1] if node.named_children else None
    if name is None or value is None or name.id == value.id:
        return node
    if data.startswith(b"@import", value.start_byte):
        return Made("import_of", [node], {"name": [name]}, flat=True)
    kind = _TYPES.get(value.type, "constant")
    return Made(kind, [node], {"name": [name], "body": [value]}, flat=True)


def _test(node: Node) -> Node | Made:
    """A test, by the text that says what is tested, or by the name of what is."""
    first = next((child for child in node.named_children if child.type in ("string", "identifier")), None)
    inner = first.named_children[0] if first is not None and first.type == "string" and first.named_children else first
    return node if inner is None else Made("test", [node], {"name": [inner]}, flat=True)


def _reads(node: Node, data: bytes) -> Iterator[Union[Node, Made]]:
    for child in node.children:
        if node.type == "error_set_declaration" and child.type == "identifier":
            yield Made("error_name", [child], flat=True)
        elif child.type == "variable_declaration" and node.type in (*_CONTAINERS, "source_file"):
            yield _variable(child, data)
        else:
            yield _test(child) if child.type == "test_declaration" else child


LANGUAGE = Language(
    name="zig",
    grammar=("tree_sitter_zig", "language"),
    definitions={
        "function_declaration": "function",
        "struct_type": "struct",
        "enum_type": "enum",
        "union_type": "union",
        "opaque_type": "opaque",
        "error_set_type": "error set",
        "constant": "constant",
        "test": "test",
    },
    bodies=frozenset({"source_file", "block"}),
    sets=_CONTAINERS,
    lists=frozenset({"error_set_declaration"}),
    imports=frozenset({"import_of"}),
    signature=("parameters", "type"),
    keys={"container_field": "name", "error_name": "*"},
    comment_line=(b"//", b""),
    cases=(),
    repeatable=frozenset({"_"}),
    unique=frozenset({"container_field", "error_name"}),
    heads=frozenset({"builtin_type", "identifier"}),
    named={"container_field": "name", "error_name": "*"},
    spaces={"container_field": "field", "test": "test"},
    locals={"block/variable_declaration": "0", "switch_case": "0", "initializer_list/assignment_expression": "0"},
    reads=_reads,
    read_from=frozenset({"variable_declaration", "test_declaration"}),
)
