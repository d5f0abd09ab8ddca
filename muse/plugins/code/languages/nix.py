"""Nix: an attribute is known by its path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Union

from muse.plugins.code.languages.table import Language, Made

if TYPE_CHECKING:
    from tree_sitter import Node

_SETS = frozenset(
    {
        "imports", "buildInputs", "nativeBuildInputs", "propagatedBuildInputs", "checkInputs", "nativeCheckInputs",
        "systemPackages", "packages", "maintainers", "platforms", "outputs", "extraGroups", "availableKernelModules",
        "allowedTCPPorts", "allowedUDPPorts", "systems",
    }
)  # fmt: skip
"""Attributes whose value is a list that nobody reads in order."""
_AROUND = frozenset({"with_expression", "binary_expression", "parenthesized_expression", "let_expression"})


def _is_set(node: Node, data: bytes) -> bool:
    at = node.parent
    while at is not None and at.type in _AROUND:
        at = at.parent
    path = at.child_by_field_name("attrpath") if at is not None and at.type == "binding" else None
    return path is not None and data[path.start_byte : path.end_byte].rpartition(b".")[2].decode() in _SETS


def _reads(node: Node, data: bytes) -> Iterator[Union[Node, Made]]:
    for child in node.children:
        yield Made("names", [child], flat=True) if child.type == "list_expression" and _is_set(child, data) else child


LANGUAGE = Language(
    name="nix",
    grammar=("tree_sitter_nix", "language"),
    definitions={"binding": "attribute"},
    name_fields=("attrpath",),
    sets=frozenset({"binding_set"}),
    lists=frozenset({"formals", "inherited_attrs", "names"}),
    separators={"formals": b","},
    spaced=frozenset({"inherited_attrs", "names"}),
    heads=frozenset({"ellipses"}),
    imports=frozenset({"inherit", "inherit_from"}),
    keys={"formal": "name", "identifier": "*", "path_expression": "*", "variable_expression": "*",
          "select_expression": "*", "integer_expression": "*", "string_expression": "*"},
    comment_line=(b"#", b""),
    cases=(),
    unique=frozenset({"formal"}),
    locals={"formals/formal": "name"},
    reads=_reads,
)  # fmt: skip
