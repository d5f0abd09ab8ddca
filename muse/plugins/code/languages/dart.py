"""Dart: its grammar has the head and the body of a method, and the parts of a declaration, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Union

from muse.plugins.code.languages.table import Language, Made

if TYPE_CHECKING:
    from tree_sitter import Node

_HOLDERS = frozenset({"program", "class_body", "extension_body", "enum_body"})
_ALONE = frozenset({"annotation", "comment", "documentation_comment", "enum_constant"})
_SHAPES = {"setter_signature": "set"}
_LISTED = ("initialized_identifier_list", "static_final_declaration_list", "identifier_list")
_CONSTRUCTORS = frozenset(
    {
        "constructor_signature", "constant_constructor_signature", "factory_constructor_signature",
        "redirecting_factory_constructor_signature",
    }
)  # fmt: skip


def _first(node: Node, types: tuple[str, ...]) -> Node | None:
    return next((child for child in node.named_children if child.type in types), None)


def _operator(head: Node, nodes: list[Node], parts: dict[str, list[Node]]) -> Made:
    """A method that is called by a sign: minus may be there twice, with a parameter and without."""
    sign = next((child for child in head.named_children if child.type.endswith("_operator")), head.children[-2])
    parameters = _first(head, ("formal_parameter_list",))
    count = parameters.named_child_count if parameters is not None else 0
    return Made("method", nodes, parts | {"name": [sign]}, f"operator {count}")


def _method(head: Node, nodes: list[Node], *, top: bool) -> Made | None:
    """What a signature with its body is; None where it has no name."""
    parts = {"body": [nodes[-1]]} if nodes[-1].type == "function_body" else {}
    if head.type == "operator_signature":
        return _operator(head, nodes, parts)
    parameters = _first(head, ("formal_parameter_list",))
    names = [child for child in head.named_children if child.type == "identifier"]
    if head.type not in _CONSTRUCTORS:
        names = head.children_by_field_name("name") or names
    if not names:
        return None
    parts |= {"name": names[-1:], "parameters": [] if parameters is None else [parameters]}
    kind = "constructor" if head.type in _CONSTRUCTORS else "function" if top else "method"
    return Made(kind, nodes, parts, _SHAPES.get(head.type, ""))


def _declared(nodes: list[Node], *, top: bool) -> Made | None:
    """What neighbours up to a semicolon or a body declare."""
    for node in nodes:
        inner = node.named_children if node.type in ("method_signature", "declaration") else [node]
        for head in inner:
            if head.type.endswith("_signature"):
                return _method(head, nodes, top=top)
            if head.type in _LISTED:
                each = [child.named_children[0] if child.named_children else child for child in head.named_children]
                names = [child for child in each if child.type == "identifier"]
                return Made("field", nodes, {"name": names}) if names else None
    return None


def _by_name(node: Node) -> Iterator[Union[Node, Made]]:
    """What stands between the braces of parameters that are given by name, each with its `required` and its value."""
    open_: list[Node] = []
    for child in node.children:
        if child.type not in ("{", "}", ",") and child.type not in _ALONE:
            open_.append(child)
            continue
        if open_:
            names = [found for part in open_ if (found := _last_name(part)) is not None]
            yield Made("named_parameter", open_, {"name": names[:1]})
            open_ = []
        yield child
    yield from open_


def _last_name(node: Node) -> Node | None:
    """The name of a parameter: the last one that it says, inside of `this.x` too."""
    if node.type != "formal_parameter":
        return None
    found = [child for child in node.named_children if child.type in ("identifier", "constructor_param")]
    while found and found[-1].type == "constructor_param":
        found = [child for child in found[-1].named_children if child.type == "identifier"]
    return found[-1] if found else None


def _reads(node: Node, data: bytes) -> Iterator[Union[Node, Made]]:
    if node.type == "optional_formal_parameters" and data[node.start_byte : node.start_byte + 1] == b"{":
        yield from _by_name(node)
        return
    if node.type not in _HOLDERS:
        for child in node.children:
            by_name = (
                child.type == "optional_formal_parameters" and data[child.start_byte : child.start_byte + 1] == b"{"
            )
            yield Made("named_parameters", [child], flat=True) if by_name else child
        return
    top, children = node.type == "program", node.children
    open_: list[Node] = []
    constants: list[Node] = []
    for place, child in enumerate(children):
        following = children[place + 1].type if place + 1 < len(children) else ""
        if child.type == "enum_constant" or (constants and child.type in (",", "comment", "documentation_comment")):
            constants.append(child)
            continue
        if constants:
            yield from _constants(constants)
            constants = []
        if not open_ and (
            child.type in _ALONE or not child.is_named or child.type.endswith(("_definition", "_export"))
        ):
            yield child
            continue
        open_.append(child)
        if child.type in (";", "function_body") or (following != ";" and _whole(child, following)):
            found = _declared(open_, top=top)
            yield from open_ if found is None else [found]
            open_ = []
    yield from open_


def _whole(node: Node, following: str) -> bool:
    """Whether a node is a thing by itself."""
    if node.type in ("method_signature", "declaration") or node.type.endswith("_signature"):
        return following != "function_body"
    return node.type.endswith(("_declaration", "_alias", "_directive", "_name", "ERROR"))


def _constants(nodes: list[Node]) -> Iterator[Union[Node, Made]]:
    """The constants of an enum as a list; comments behind the last comma stay by themselves."""
    last = max(at for at, node in enumerate(nodes) if node.type in ("enum_constant", ","))
    yield Made("enum_constants", nodes[: last + 1])
    yield from nodes[last + 1 :]


LANGUAGE = Language(
    name="dart",
    grammar=("tree_sitter_dart", "language"),
    definitions={
        "class_definition": "class",
        "mixin_declaration": "mixin",
        "extension_declaration": "extension",
        "extension_type_declaration": "type",
        "enum_declaration": "enum",
        "type_alias": "type",
        "function": "function",
        "method": "method",
        "constructor": "constructor",
        "local_function_declaration": "function",
    },
    name_fields=("name", *(f"lambda_expression.function_signature.{part}" for part in ("name", "identifier"))),
    bodies=frozenset({"program", "block", "switch_block"}),
    sets=frozenset({"class_body", "extension_body", "enum_body"}),
    lists=frozenset({"enum_constants", "named_parameters"}),
    sequences=frozenset({"arguments", "set_or_map_literal", "formal_parameter_list"}),
    free=frozenset({"named_argument", "pair"}),
    imports=frozenset({"import_or_export", "part_directive"}),
    comments=frozenset({"comment", "documentation_comment"}),
    leading=frozenset({"annotation"}),
    signature=("parameters",),
    overloads=True,
    keys={
        "field": "name",
        "enum_constant": "name",
        "named_argument": "label",
        "named_parameter": "name",
        "pair": "key",
    },
    comment_line=(b"//", b""),
    unique=frozenset({"named_argument", "named_parameter", "enum_constant"}),
    named={"field": "name", "enum_constant": "name", "pair": "key"},
    needs_table=frozenset({"pair"}),
    locals={
        "local_variable_declaration": "*.name",
        "formal_parameter": "constructor_param|identifier",
        "switch_statement_case": "constant_pattern",
        "switch_expression_case": "constant_pattern",
    },
    reads=_reads,
    read_from=frozenset(
        {
            "function_signature", "getter_signature", "setter_signature", "method_signature", "declaration",
            "external", "type_identifier", "void_type",
        }
    ),
)  # fmt: skip
