"""Names bound twice in scopes that have no name themselves: a table in a call, a block, a class without a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.identity import identity_of, names_at, taken_apart
from muse.plugins.code.syntax.parsing import text_of
from muse.plugins.code.syntax.symbols import core_of

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_NODES = 200_000


def bound_twice(
    language: Language, node: Node, data: bytes, holes: Sequence[tuple[int, int, bool]]
) -> Counter[tuple[str, Hashable]]:
    """(name, what makes it one) -> how often it is bound more than once in a scope inside of a node.

    What is in the spans `holes` is asked for itself and left out, but for the names themselves where no scope with a
    name counts them (False): those of a branch.
    """
    kinds = language.unique | language.needs_table
    if not (kinds or language.definitions or language.locals):
        return Counter()
    found: Counter[tuple[str, Hashable]] = Counter()
    stack = [node]
    seen = 0
    while stack and seen < _MAX_NODES:
        at = stack.pop()
        bound: Counter[tuple[str, Hashable]] = Counter()
        for child in at.named_children:
            seen += 1
            counted = [known for low, high, known in holes if low <= child.start_byte and child.end_byte <= high]
            if not any(counted):
                bound.update(_binds(language, child, data, kinds))
            if not counted:
                stack.append(child)
        found.update({name: count - 1 for name, count in bound.items() if count > 1})
    return found


def _binds(language: Language, node: Node, data: bytes, kinds: frozenset[str]) -> list[tuple[str, Hashable]]:
    """What a node binds beside its siblings."""
    path = language.locals.get(node.type, "")
    if not path and node.parent is not None:
        path = language.locals.get(f"{node.parent.type}/{node.type}", "")
    if path:
        steps = path.removeprefix("*.").split(".")
        parts = node.named_children if path.startswith("*.") else [node]
        names = [name for part in parts for name in names_at(part, steps, data)]
        names += [text_of(one, data).decode("utf-8", "replace") for part in parts for at in part.named_children[:1]
                  for one in taken_apart(at)]  # fmt: skip
        return [(name, ("", name, "")) for name in names if name not in language.repeatable]
    if node.type in kinds:
        path = language.named.get(node.type) or language.keys.get(node.type, "")
        return [(name, node.type) for name in names_at(node, path.split("."), data)] if path else []
    if core_of(language, node).type in language.definitions:
        found = identity_of(language, node, data, values=False, inside="")
        return [(found.name, name) for name in found.binds] if found is not None else []
    return []
