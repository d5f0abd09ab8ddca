"""OCaml: a definition is named by what it binds first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Union

from muse.plugins.code.languages.table import Language, Made, gathered

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


def _defined(node: Node, binding: Node, closed: Sequence[Node] = ()) -> Made | None:
    """A definition, with the `;;` that closes it; None for what has no name."""
    name, body = _name(binding), binding.child_by_field_name("body")
    if name is None:
        return None
    parts = {"name": [name]} if body is None else {"name": [name], "body": [body]}
    kind = _KINDS[binding.type]
    return Made(kind, [*_bound(node), *closed], parts) if closed else Made(kind, [node], parts, flat=True)


def _bound(node: Node) -> Iterator[Union[Node, Made]]:
    """The parts of a definition: what stands behind `and` is one of its own."""
    inner = _BINDINGS.get(node.type)
    first = True
    for child in node.children:
        made = None if child.type != inner or first else _defined(child, child)
        yield made or child
        first = first and child.type != inner


def _held(node: Node, data: bytes) -> Iterator[Union[Node, Made]]:
    """The definitions right in a file, a structure, a signature, each with the description below it."""
    children = node.children
    taken = -1
    for at, child in enumerate(children):
        if at <= taken:
            continue
        bindings = [each for each in child.named_children if each.type == _BINDINGS.get(child.type)]
        binding = bindings[0] if bindings else child if child.type in _KINDS else None
        made = None
        if binding is not None:
            closed = [each for each in children[at + 1 : at + 2] if each.type == ";;"]
            below = children[at + 1 + len(closed) : at + 2 + len(closed)]
            closed += [each for each in below if _describes(each, data)]
            made = _defined(child, binding, closed)
            taken = at + len(closed) if made is not None else taken
        yield made or child


def _describes(node: Node, data: bytes) -> bool:
    """True for a documentation comment on the line below a definition, with nothing below itself."""
    if node.type != "comment" or not data.startswith(b"(**", node.start_byte):
        return False
    row = data.rfind(b"\n", 0, node.start_byte)
    above = data[data.rfind(b"\n", 0, max(row, 0)) + 1 : max(row, 0)]
    end = data.find(b"\n", node.end_byte) % (len(data) + 1)
    below = data[end + 1 : data.find(b"\n", end + 1) % (len(data) + 1)].strip()
    return not data[row + 1 : node.start_byte].strip() and bool(above.strip()) and below in (b"", b"end")


def _reads(node: Node, data: bytes) -> Iterator[Union[Node, Made]]:
    if node.type == "record_expression":
        yield from gathered(node, "field_expression", "fields")
    elif node.type in _HOLDERS:
        yield from _held(node, data)
    elif node.parent is not None and node.parent.type in _HOLDERS:
        yield from _bound(node)
    else:
        yield from node.children


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
    locals={"match_case": "0"},
    reads=_reads,
    read_from=frozenset({*_BINDINGS, *_BINDINGS.values(), "module_type_definition", "value_specification", "external"}),
)  # fmt: skip
