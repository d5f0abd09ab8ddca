"""What an edit by address must not do to the rest of its file: that is parsed as before, and nothing else is lost or
defined twice (the law of `muse.core.law`, as far as the names in a file tell).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.law.check import repeated
from muse.plugins.code.syntax.entries import outline as entries_of
from muse.plugins.code.syntax.outline import Outline
from muse.plugins.code.syntax.parsing import available, count_errors, parse, stumbles

if TYPE_CHECKING:
    from tree_sitter import Node

    from muse.plugins.code.languages.table import Language

AGAIN = re.compile(r"#\d+(?=\.|$)")


def refuse_harm(before: Outline, after: Outline, edited: Collection[str]) -> None:
    """MuseError when edits of the addresses `edited` did something else to a file that could be parsed."""
    if count_errors(before.language, before.tree.root_node):
        return
    if count_errors(after.language, after.tree.root_node):
        line = _first_error(after.language, after.tree.root_node)
        raise MuseError(f"the file could not be parsed any more (line {line})")
    was, now = before.addresses(), after.addresses()
    names = {AGAIN.sub("", each) for each in edited}
    lost = {AGAIN.sub("", each) for each in was - now} - {AGAIN.sub("", each) for each in now}
    for address in sorted(lost):
        if not any(address == name or address.startswith(f"{name}.") for name in names):
            raise MuseError(f"it would take {address} away as well")
    if any("#" in each for each in now - was):
        _refuse_twice(before, after)


def _refuse_twice(before: Outline, after: Outline) -> None:
    was, now = entries_of(before.language, before.data), entries_of(after.language, after.data)
    twice = repeated(was, now) if was is not None and now is not None else []
    if twice:
        raise MuseError(f"{twice[0]} would be defined twice")


def unparsed(language: Language | None, data: bytes) -> str:
    """Where the parser stumbles over a file, in words; "" where it does not, or there is none."""
    tree = parse(language, data) if available(language) else None
    if language is None or tree is None or not count_errors(language, tree.root_node):
        return ""
    return f"it could not be parsed any more (line {_first_error(language, tree.root_node)})"


def _first_error(language: Language, root: Node) -> int:
    stack = [root]
    while stack:
        node = stack.pop()
        if stumbles(language, node):
            return int(node.start_point[0]) + 1
        stack.extend(child for child in reversed(node.children) if child.has_error)
    return 1


__all__ = ["AGAIN", "refuse_harm", "unparsed"]
