"""Imports put in behind the others and taken away, each on its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse.plugins.code.fitting import blank_after, indent, line_end, line_of, newline_of, without
from muse.plugins.code.place import Write
from muse.plugins.code.syntax.outline import Outline
from muse.plugins.code.syntax.parsing import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_HEADS = frozenset({"package_clause", "package_declaration", "package_header", "hash_bang_line", "shebang", "php_tag"})


def import_edit(outline: Outline, wanted: str, text: bytes) -> Write:
    """The edit that adds the import `text`, or takes away the one that is `wanted` where there is no text."""
    data, language = outline.data, outline.language
    kinds = language.imports | language.leading_imports
    found = [node for node in outline.tree.root_node.named_children if node.type in kinds]
    same = next(
        (node for node in found if " ".join(text_of(node, data).decode("utf-8", "replace").split()) == wanted), None
    )
    if not text.strip():
        return Write(0, 0, b"") if same is None else Write(*without(data, same.start_byte, same.end_byte), b"")
    if same is not None:
        return Write(0, 0, b"")  # it is there
    newline = newline_of(data)
    line = newline.join(text.replace(b"\r\n", b"\n").strip().split(b"\n"))
    if found:
        last = found[-1]
        at = line_end(data, last.start_byte + max(len(text_of(last, data).rstrip()) - 1, 0))
        return Write(at, at, newline + indent(data[line_of(data, last.start_byte) : last.start_byte]) + line)
    return _first(outline, line, newline)


def _first(outline: Outline, line: bytes, newline: bytes) -> Write:
    """The first import of a file: below what has to stand on top, a blank line away from it and what follows."""
    data = outline.data
    at, rest = 0, list(outline.tree.root_node.named_children)
    while rest and _is_head(outline, rest[0]):
        node = rest.pop(0)
        at = line_end(data, node.start_byte + max(len(text_of(node, data).rstrip()) - 1, 0))
    gap = 1
    if rest and outline.language.name == "python":
        gap += rest[0].type in (*outline.language.definitions, *outline.language.wrappers)
    if not at:
        start = len(data) - len(data.lstrip())
        return Write(0, start, line + newline + (newline * gap if data.strip() else b""))
    below = newline * max(gap - blank_after(data, at), 0) if rest else b"" if data[at:].strip(b" \t") else newline
    return Write(at, at, newline * 2 + line + below)


def _is_head(outline: Outline, node: Node) -> bool:
    """True for what stands above imports: a package's name, a docstring, a directive, a comment of its own."""
    data = outline.data
    if node.type in _HEADS:
        return True
    if node.type in outline.language.comments:
        text = text_of(node, data)
        return text.startswith(b"#!") or blank_after(data, node.start_byte + len(text.rstrip())) > 0
    return (
        node.type == "expression_statement"
        and node.named_child_count == 1
        and node.named_children[0].type in ("string", "string_literal")
    )


__all__ = ["import_edit"]
