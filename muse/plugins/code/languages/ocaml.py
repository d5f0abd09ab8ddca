"""OCaml: a definition is named by what it binds first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Union

from muse.plugins.code.languages.table import Language, Made

if TYPE_CHECKING:
    from tree_sitter import Node

_HOLDERS = frozenset({"compilation_unit", "structure", "signature"})
_BINDINGS = {
    "value_definition": "let_binding",
    "type_definition": "type_binding",
    "module_definition": "module_binding",
    "class_definition": "class_binding",
    "exception_definition": "constructor_declaration",
}
_KINDS = {
    "let_binding": "value",
    "type_binding": "type",
    "module_binding": "module",
    "class_binding": "class",
    "constructor_declaration": "exception",
    "module_type_definition": "module_type",
    "value_specification": "specification",
    "external": "specification",
}
_NAMES = frozenset(
    {
        "value_name", "type_constructor", "module_name", "module_type_name", "class_name", "constructor_name",
        "parenthesized_operator",
    }
)  # fmt: skip


def _name(binding: Node) -> Node | None:
    """What a binding gives a name to; nothing for `let () =` and patterns."""
    found = binding.child_by_field_name("pattern") or binding.child_by_field_name("name")
    found = found or next((child for child in binding.named_children if child.type in _NAMES), None)
    return found if found is not None and found.type in _NAMES else None


def _defined(node: Node, binding: Node) -> Node | Made:
    name, body = _name(binding), binding.child_by_field_name("body")
    if name is None:
        return node
    parts = {"name": [name]} if body is None else {"name": [name], "body": [body]}
    return Made(_KINDS[binding.type], [node], parts, flat=True)


def _fields(node: Node) -> Iterator[Union[Node, Made]]:
    """A record as a list of its fields, behind what it is made with."""
    places = [at for at, child in enumerate(node.children) if child.type == "field_expression"]
    low, high = (places[0], places[-1] + 1) if places else (0, 0)
    yield from node.children[:low]
    if places:
        yield Made("fields", node.children[low:high])
    yield from node.children[high:]


def _reads(node: Node, data: bytes) -> Iterator[Union[Node, Made]]:
    if node.type == "record_expression":
        yield from _fields(node)
        return
    inner = _BINDINGS.get(node.type)
    first = True
    for child in node.children:
        if node.type in _HOLDERS:
            bindings = [each for each in child.named_children if each.type == _BINDINGS.get(child.type)]
            binding = bindings[0] if bindings else child if child.type in _KINDS else None
            yield child if binding is None else _defined(child, binding)
        elif child.type == inner and node.parent is not None and node.parent.type in _HOLDERS:
            yield child if first else _defined(child, child)  # those behind `and`
            first = False
        else:
            yield child


LANGUAGE = Language(
    name="ocaml",
    grammar=("tree_sitter_ocaml", "language_ocaml"),
    definitions={
        "value": "value",
        "type": "type",
        "module": "module",
        "module_type": "module type",
        "class": "class",
        "exception": "exception",
        "specification": "value",
    },
    bodies=frozenset({"compilation_unit", "structure", "signature"}),
    lists=frozenset({"variant_declaration", "record_declaration", "fields"}),
    separators={"fields": b";", "variant_declaration": b"|", "record_declaration": b";"},
    imports=frozenset({"open_module", "open_module_signature"}),
    keys={"constructor_declaration": "0", "field_declaration": "0", "field_expression": "0"},
    comment_line=(b"(*", b" *)"),
    cases=(),
    unique=frozenset({"field_declaration"}),
    named={"constructor_declaration": "0", "field_declaration": "0"},
    spaces={"type": "type", "module": "module", "module type": "module type", "class": "class",
            "exception": "exception"},
    reads=_reads,
    read_from=frozenset({*_BINDINGS, *_BINDINGS.values(), "module_type_definition", "value_specification", "external"}),
)  # fmt: skip
