"""Haskell: a function is its type and all of its equations, which the grammar has side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Union

from muse.plugins.code.languages.table import Language, Made, gathered

if TYPE_CHECKING:
    from tree_sitter import Node

_HOLDERS = frozenset({"haskell", "declarations", "class_declarations", "instance_declarations", "local_binds"})
_EQUATIONS = frozenset({"signature", "function", "bind"})
_BETWEEN = frozenset({"comment", "haddock", "pragma"})


def _text(node: Node, data: bytes) -> bytes:
    return data[node.start_byte : node.end_byte]


def _named_by(node: Node) -> Node | None:
    """What a type or an equation is of: a name, a sign between two patterns, several names of one type."""
    infix = next((child for child in node.children if child.type == "infix"), None)
    if infix is not None:
        return infix.child_by_field_name("operator")
    return node.child_by_field_name("name") or node.child_by_field_name("names")


def _names(node: Node, data: bytes) -> set[bytes]:
    found = _named_by(node) if node.type in _EQUATIONS else None
    return {one.strip(b"()` \n") for one in _text(found, data).split(b",")} if found is not None else set()


def _touch(node: Node, following: Node) -> bool:
    """Whether no line is blank between two."""
    return following.start_point[0] - node.end_point[0] + (node.end_point[1] == 0) <= 1


def _functions(children: Sequence[Node], data: bytes) -> Iterator[Union[Node, Made]]:
    """Each function with its type, all its equations, and pragmas and comments among or right behind these."""
    group: list[Node] = []
    waiting: list[Node] = []
    known: set[bytes] = set()
    for child, following in zip(children, [*children[1:], None]):
        names = _names(child, data)
        if group and names & known:
            group += [*waiting, child]
            waiting = []
        elif group and child.type in _BETWEEN:
            waiting.append(child)
            pragma = child.type == "pragma" and known & set(_text(child, data).split())
            if pragma or (_touch(group[-1], waiting[0]) and not (following and _touch(child, following))):
                group, waiting = [*group, *waiting], []
        else:
            yield from _group(group)
            yield from waiting
            group, waiting, known = ([child], [], names) if names else ([], [], set())
            if not names:
                yield child
    yield from _group(group)
    yield from waiting


def _equation(node: Node) -> Node | Made:
    """An equation is known by what it is asked with."""
    infix = next((child for child in node.children if child.type == "infix"), None)
    asked = node.child_by_field_name("patterns") or infix
    return node if asked is None else Made("equation", [node], {"value": [asked]}, flat=True)


def _group(nodes: list[Node]) -> Iterator[Made]:
    if nodes:
        name = _named_by(nodes[0])
        several = sum(node.type == "function" for node in nodes) > 1
        equations = [_equation(node) if several and node.type == "function" else node for node in nodes]
        yield Made("equation_group", equations, {} if name is None else {"name": [name]})


def _instance(node: Node) -> Made:
    """An instance is of a class and of types."""
    parts = [node.child_by_field_name("name"), node.child_by_field_name("patterns")]
    return Made(
        "instance_of", [node], {"name": [Made("name", [part for part in parts if part is not None])]}, flat=True
    )


def _reads(node: Node, data: bytes) -> Iterator[Union[Node, Made]]:
    if node.type == "deriving":
        for child in node.children:
            yield Made("derived", [child], flat=True) if child.type == "tuple" else child
        return
    if node.type not in _HOLDERS:
        yield from gathered(node, "field_update", "updates") if node.type == "record" else node.children
        return
    children: list[Node] = []
    for child in node.children:  # the file's imports and declarations are its own
        children += child.children if child.type in ("imports", "declarations") else [child]
    for each in _functions(children, data):
        if isinstance(each, Made):
            yield each
        elif each.type == "instance":
            yield _instance(each)
        elif each.type == "pragma" and b"LANGUAGE" in _text(each, data)[:15]:
            yield Made("language_pragma", [each], flat=True)
        else:
            yield each


LANGUAGE = Language(
    name="haskell",
    grammar=("tree_sitter_haskell", "language"),
    definitions={
        "equation_group": "function",
        "data_type": "data",
        "newtype": "newtype",
        "type_synonym": "type",
        "class": "class",
        "instance_of": "instance",
        "type_family": "family",
        "data_family": "family",
    },
    bodies=frozenset({"haskell", "equation_group", "local_binds", "do", "alternatives"}),
    sets=frozenset({"class_declarations", "instance_declarations"}),
    lists=frozenset({"exports", "import_list", "fields", "data_constructors", "derived", "updates"}),
    separators={
        "exports": b",", "import_list": b",", "fields": b",", "derived": b",", "updates": b",",
        "data_constructors": b"|", "list": b",",
    },
    imports=frozenset({"import", "language_pragma"}),
    comments=frozenset({"comment", "haddock"}),
    sequences=frozenset({"list"}),
    keys={
        "export": "*",
        "import_name": "*",
        "field": "name",
        "field_update": "field",
        "data_constructor": "constructor.name",
        "name": "*",
        "equation": "value",
    },
    freely={"alternative": "arm"},
    comment_line=(b"--", b""),
    cases=(),
    unique=frozenset({"field", "field_update"}),
    indented=True,
    named={"field": "name", "data_constructor": "constructor.name"},
    clauses=frozenset({"equation"}),
    spaces={"data": "type", "newtype": "type", "type": "type", "class": "type", "family": "type",
            "instance": "instance"},
    locals={
        "alternatives/alternative": "0",
        "exports/export": "*",
        "import_list/import_name": "*",
        "derived/name": "*",
    },
    reads=_reads,
    read_from=frozenset({"signature", "function", "bind", "instance"}),
)  # fmt: skip
