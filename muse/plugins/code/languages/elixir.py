"""Elixir, in which everything is a call: what is called tells what it defines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Union

from muse.plugins.code.languages.table import Language, Made

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = frozenset({"def", "defp", "defmacro", "defmacrop", "defguard", "defguardp", "defdelegate"})
_MODULES = frozenset({"defmodule", "defprotocol", "defimpl"})
_IMPORTS = frozenset({"import", "alias", "require"})
_TESTS = {"test": "test_block", "describe": "describe_block"}
_ABOVE = frozenset({"doc", "spec", "impl", "deprecated", "since", "typedoc", "tag", "doc_since"})
_TYPES = frozenset({"type", "typep", "opaque", "callback", "macrocallback"})
_COLLECTED = frozenset(
    {
        "behaviour", "before_compile", "after_compile", "on_load", "on_definition", "compile", "derive", "dialyzer",
        "external_resource", "moduletag", "describetag", "attr", "moduledoc",
    }
)  # fmt: skip
"""Attributes that may be said several times, or that mean what stands below them."""


class _Head(NamedTuple):
    """What a clause is of: the node with the name, and name with number of parameters."""

    name: Node
    known: tuple[bytes, int]


def _text(node: Node | None, data: bytes) -> bytes:
    return b"" if node is None else data[node.start_byte : node.end_byte]


def _called(node: Node, data: bytes) -> str:
    """The name that a call calls; "" for anything else."""
    target = node.child_by_field_name("target") if node.type == "call" else None
    return _text(target, data).decode("utf-8", "replace") if target is not None and target.type == "identifier" else ""


def _arguments(call: Node) -> list[Node]:
    found = next((child for child in call.named_children if child.type == "arguments"), None)
    return found.named_children if found is not None else []


def _head(node: Node, data: bytes) -> _Head | None:
    """Name and parameters of a clause, a type or a callback: `add(a, b) when a > 0`, `a + b`, `name`."""
    while node.type == "binary_operator":
        operator = node.child_by_field_name("operator")
        if _text(operator, data) not in (b"when", b"::"):
            return None if operator is None else _Head(operator, (_text(operator, data), 2))
        left = node.child_by_field_name("left")
        if left is None:
            return None
        node = left
    name = node.child_by_field_name("target") if node.type == "call" else node
    if name is None or name.type != "identifier":
        return None
    return _Head(name, (_text(name, data), len(_arguments(node)) if node.type == "call" else 0))


def _clause(node: Node, data: bytes) -> _Head | None:
    if _called(node, data) not in _FUNCTIONS:
        return None
    arguments = _arguments(node)
    return _head(arguments[0], data) if arguments else None


def _attribute(node: Node) -> Node | None:
    """The call behind the `@` of an attribute."""
    inner = node.child_by_field_name("operand") if node.type == "unary_operator" else None
    is_set = inner is not None and inner.type == "call" and node.children[0].type == "@"
    return inner if is_set else None


def _as_attribute(node: Node, data: bytes) -> Node | Made:
    call = _attribute(node)
    name = _called(call, data) if call is not None else ""
    if call is None or not name or name in _COLLECTED:
        return node
    if name in _ABOVE:
        return Made("attribute_above", [node], flat=True)
    arguments = _arguments(call)
    if name in _TYPES:
        head = _head(arguments[0], data) if arguments else None
        known = {} if head is None else {"name": [head.name]}
        return Made("type_attribute", [node], known, "" if head is None else str(head.known[1]), flat=True)
    target = call.child_by_field_name("target")
    return node if target is None else Made("module_attribute", [node], {"name": [target]}, flat=True)


def _as_call(node: Node, data: bytes) -> Node | Made:
    name = _called(node, data)
    if name in _IMPORTS:
        return Made("import_call", [node], flat=True)
    arguments = _arguments(node)
    body = [child for child in node.named_children if child.type == "do_block"]
    if not arguments or not body:
        return node
    if name in _MODULES:
        named = arguments if name == "defimpl" else arguments[:1]
        return Made("module", [node], {"name": [Made("name", named)], "body": body}, name[3:], flat=True)
    text = next((child for child in arguments[0].named_children if child.type == "quoted_content"), None)
    if name in _TESTS and text is not None:
        return Made(_TESTS[name], [node], {"name": [text], "body": body}, flat=True)
    return node


def _reads(node: Node, data: bytes) -> Iterator[Union[Node, Made]]:
    if node.type not in ("source", "do_block"):
        yield from node.children
        return
    group: list[Node] = []
    waiting: list[Node] = []
    open_: _Head | None = None
    for child in node.children:
        head = _clause(child, data)
        if head is None and open_ is not None and (child.type == "comment" or _stands_above(child, data)):
            waiting.append(child)
            continue
        if head is not None and open_ is not None and head.known == open_.known:
            group += [*waiting, child]
            waiting = []
            continue
        yield from _clauses(group, open_, data)
        yield from (_as_attribute(each, data) for each in waiting)
        group, waiting, open_ = ([child], [], head) if head is not None else ([], [], None)
        if head is None:
            yield _as_call(child, data) if child.type == "call" else _as_attribute(child, data)
    yield from _clauses(group, open_, data)
    yield from (_as_attribute(each, data) for each in waiting)


def _stands_above(node: Node, data: bytes) -> bool:
    call = _attribute(node)
    return call is not None and _called(call, data) in _ABOVE


def _asked(head: Node) -> list[Node]:
    """What a clause is called with, and the guard behind it."""
    guard = head.child_by_field_name("right") if head.type == "binary_operator" else None
    call = head.child_by_field_name("left") if guard is not None else head
    given = [child for child in (call.named_children if call is not None else []) if child.type == "arguments"]
    return given and [*given, *([guard] if guard is not None else [])]


def _clauses(nodes: list[Node], head: _Head | None, data: bytes) -> Iterator[Made]:
    """The clauses of a function, each known by what it is called with, and what stands between them."""
    if head is None:
        return
    asked = [_asked(_arguments(node)[0]) if _clause(node, data) is not None else [] for node in nodes]
    several = sum(bool(one) for one in asked) > 1
    clauses = [
        Made("clause", [node], {"value": [Made("asked", one)]}, flat=True) if several and one else node
        for node, one in zip(nodes, asked)
    ]
    yield Made("clauses", clauses, {"name": [head.name]}, str(head.known[1]))


LANGUAGE = Language(
    name="elixir",
    grammar=("tree_sitter_elixir", "language"),
    definitions={
        "clauses": "function",
        "module": "module",
        "test_block": "test",
        "describe_block": "describe",
        "type_attribute": "type",
    },
    bodies=frozenset({"source", "do_block", "clauses", "body"}),
    imports=frozenset({"import_call"}),
    leading=frozenset({"attribute_above"}),
    overloads=True,
    lists=frozenset({"map_content"}),
    keys={"module_attribute": "name", "pair": "key", "clause": "value"},
    clauses=frozenset({"clause"}),
    comment_line=(b"#", b""),
    cases=(),
    repeatable=frozenset({"_"}),
    named={"module_attribute": "name"},
    spaces={"type": "type", "test": "test", "describe": "describe", "module_attribute": "attribute"},
    locals={"do_block/stab_clause": "0"},
    reads=_reads,
    read_from=frozenset({"call", "unary_operator"}),
)
