"""Tree-sitter, loaded when first needed and one grammar only, under caps on size and time."""

from __future__ import annotations

import importlib
import time
from functools import cache
from typing import TYPE_CHECKING, TypeGuard

from muse.plugins.code.languages.table import Language

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Point, Tree

MAX_BYTES = 3_000_000
_STEP = 1 << 16


class TooSlowError(Exception):
    """The deadline passed while parsing; internal, the merge falls back to an earlier step."""


@cache
def _parser(grammar: tuple[str, str]) -> Parser | None:
    """The parser of a grammar, None when the wheel is missing or does not fit the installed tree-sitter."""
    try:
        import tree_sitter

        module = importlib.import_module(grammar[0])
        return tree_sitter.Parser(tree_sitter.Language(getattr(module, grammar[1])()))
    except (ImportError, AttributeError, ValueError):
        return None


def available(language: Language | None) -> TypeGuard[Language]:
    """True when the language has a grammar that can be loaded here."""
    return language is not None and language.grammar is not None and _parser(language.grammar) is not None


def parse(language: Language, data: bytes, until: float | None = None) -> Tree | None:
    """The syntax tree; None without a grammar, over the size cap, or when `until` (monotonic) passes meanwhile."""
    parser = None if language.grammar is None else _parser(language.grammar)
    if parser is None or len(data) > MAX_BYTES:
        return None
    if until is None or len(data) < _STEP:
        return parser.parse(data)
    limit = until

    def read(offset: int, point: Point) -> bytes:
        if time.monotonic() > limit:
            raise TooSlowError
        return data[offset : offset + _STEP]

    try:
        return parser.parse(read)
    except TooSlowError:
        parser.reset()
        return None


def count_errors(root: Node) -> int:
    """How many ERROR and MISSING nodes a tree has; walks only where errors are."""
    if not root.has_error:
        return 0
    count = 0
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            count += 1
        elif node.has_error:
            stack.extend(node.children)
    return count


def parses_as_well(
    language: Language, merged: bytes, inputs: tuple[bytes, bytes, bytes], until: float | None = None
) -> bool:
    """True when `merged` has no syntax error, or no more than the worse of the two sides had."""
    tree = parse(language, merged, until)
    if tree is None:
        return not available(language)
    found = count_errors(tree.root_node)
    if not found:
        return True
    allowed = 0
    for side in inputs[1:]:
        other = parse(language, side, until)
        allowed = max(allowed, count_errors(other.root_node) if other is not None else 0)
    return found <= allowed


def text_of(node: Node) -> bytes:
    """The node's bytes."""
    return node.text or b""
