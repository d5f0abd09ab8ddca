"""Names bound twice in scopes that have no name themselves: a table in a call, a block, a class without a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from muse.core.late import regex
from muse.core.law.check import numbers_twice
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.identity import identity_of, names_at, spelled, taken_apart
from muse.plugins.code.syntax.numbers import is_number, numbered
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
    if not (kinds or language.definitions or language.locals or language.freely):
        return Counter()
    found: Counter[tuple[str, Hashable]] = Counter()
    stack = [node]
    seen = 0
    while stack and seen < _MAX_NODES:
        at = stack.pop()
        bound: Counter[tuple[str, Hashable]] = Counter()
        rows = []
        for child in at.named_children:
            seen += 1
            counted = [known for low, high, known in holes if low <= child.start_byte and child.end_byte <= high]
            if not any(counted):
                bound.update(_binds(language, child, data, kinds) or _told(language, child, at, data))
            if not counted:
                stack.append(child)
                rows.append(child)
        bound.update(_in_text(at, data))
        found.update(_one_number(language, rows, data, holes))
        found.update({name: count - 1 for name, count in bound.items() if count > 1})
    return found


_FEWEST = 4  # two of one number, and two that tell that numbers tell things apart


def _one_number(
    language: Language, nodes: Sequence[Node], data: bytes, holes: Sequence[tuple[int, int, bool]]
) -> dict[tuple[str, Hashable], int]:
    """The numbers that two of neighbouring nodes have, where they are told apart by number."""
    if len(nodes) < _FEWEST or language.name == "css":
        return {}
    texts = [text_of(node, data) if node.end_byte - node.start_byte < 200 else b"" for node in nodes]
    kinds = [node.type for node in nodes]
    if all(map(is_number, texts[1::2])) and not any(map(is_number, texts[::2])):  # a key, its value, and so on
        ends = zip(nodes[::2], nodes[1::2], strict=False)
        texts, kinds = [data[key.start_byte : value.end_byte] for key, value in ends], [""] * len(texts)
    given = [one for kind, text in zip(kinds, texts, strict=False) if (one := numbered(kind, text)) is not None]
    counts = numbers_twice(given) if len(given) >= _FEWEST else {}
    if counts and any(node.start_byte <= low < node.end_byte for low, _, _ in holes for node in nodes):
        return {}  # they are entries, or what is around these
    return {(number, ("number", number)): count for number, count in counts.items()}


_KEYED = regex(rb"([A-Za-z_][\w.-]*)[ \t]*[=:](?!=)")
_NOTED = regex(rb"#|//|;|$")


def _in_text(node: Node, data: bytes) -> list[tuple[str, Hashable]]:
    """The keys of a text of several lines that holds keys and values: each line of the outermost has one."""
    if not _TEXTS.search(node.type) or node.end_point[0] - node.start_point[0] < 2:
        return []
    rows = [row for row in text_of(node, data).splitlines()[node.type != "heredoc_body" :] if row.strip()]
    depth = min((len(row) - len(row.lstrip()) for row in rows[:-1]), default=0)
    outer = [row[depth:] for row in rows if len(row) - len(row.lstrip()) == depth]
    keys = [found[1].decode() for row in outer if (found := _KEYED.match(row)) is not None]
    if len(keys) + sum(_NOTED.match(row) is not None for row in outer) < len(outer) - 1:  # the last may close the text
        return []
    return [(key, ("key", key)) for key in keys]


_TEXTS = regex("heredoc_body|block_scalar|string|text_block|template|raw_text")
_DEPENDS = regex(r"\w+\s*\(\s*[\"']([\w.-]+:[\w.-]+):[^\"']*[\"']\s*\)")
_REQUIRED = regex(r"[\"'-]?\s*([A-Za-z][\w.-]*)\s*(?:\[[^\]]*\]\s*)?(?:[<>=!~]=|[<>@])")
_LISTS = frozenset({"array", "list"})
_VALUES = frozenset({
    "array", "array_creation_expression", "array_expression", "array_initializer", "array_literal", "block_sequence",
    "collection_expression", "flow_sequence", "initializer_expression", "initializer_list", "list", "list_expression",
    "list_literal", "literal_value", "set", "table_constructor", "tuple",
})  # fmt: skip
_VALUE = regex(r"(?:-[ ]+)?(?:[A-Za-z]{0,2}([\"'`])(?!-)[^\"'`\n]*[A-Za-z][^\"'`\n]*\1|[:&@]?[A-Za-z_$][\w.$:-]*)")
_MAKES = regex(rb"\b(?:\w*[lL]istOf|\w*[sS]etOf|\w*[aA]rrayOf|List|Set|Seq|Array|Vector|asList|(?:List|Set)\.of)$")
_GUARDS = frozenset({"guard", "when_clause", "if_clause", "if_guard", "unless_guard", "where_keyword"})
_MAKERS = ("__init__", "constructor", "initialize", "__construct")
_FIELDS = ("self.", "this.", "$this->", "@")


def _told(language: Language, node: Node, around: Node, data: bytes) -> list[tuple[str, Hashable]]:
    """What a node binds that is no definition: a package that is asked for, a field set where a thing is made, a row of
    a table."""
    if node.type == "pipe_table_row":
        cells = [text_of(cell, data).decode("utf-8", "replace").strip() for cell in node.named_children]
        return [(cells[0], ("row", cells[0]))] if len(cells) > 1 and any(map(str.isalpha, cells[0])) else []
    text = data[node.start_byte : min(node.end_byte, node.start_byte + 300)].decode("utf-8", "replace")
    if around.type in _VALUES or _makes_list(around, data):
        return _in_list(node, around, text)
    if node.type == "call_expression" and language.name == "kotlin":
        found = _DEPENDS.fullmatch(text)
        return [(found[1], ("package", text.split("(")[0], found[1]))] if found is not None else []
    return _field(node, around, data)


def _makes_list(around: Node, data: bytes) -> bool:
    """True for what is given to a call that makes a list or a set of it."""
    if around.type not in ("arguments", "argument_list", "value_arguments"):
        return False
    return _MAKES.search(data[max(0, around.start_byte - 40) : around.start_byte]) is not None


def _in_list(node: Node, around: Node, text: str) -> list[tuple[str, Hashable]]:
    """A name or a text in a list binds itself, and the package that it asks for. Numbers and options come as often as
    they like, and what stands in a tuple may mean its place."""
    found = _REQUIRED.match(text) if "string" in node.type and around.type in _LISTS else None
    if found is not None:
        package = re.sub(r"[-_.]+", "-", found[1]).lower()
        return [(package, ("package", package))]
    value = _VALUE.fullmatch(text.rstrip())
    if value is None or (around.type == "tuple" and value[1] is None):
        return []
    return [(text, ("item", value[0]))]


def _field(node: Node, around: Node, data: bytes) -> list[tuple[str, Hashable]]:
    """The field that a statement right inside a constructor sets."""
    inner = node.named_children[0] if node.type == "expression_statement" and node.named_children else node
    left = inner.child_by_field_name("left") if inner.type in ("assignment", "assignment_expression") else None
    name = text_of(left, data).decode("utf-8", "replace") if left is not None else ""
    maker = around.parent if name.startswith(_FIELDS) else None
    if maker is None:
        return []
    named = maker.child_by_field_name("name")
    made = maker.type == "constructor_declaration" or (named is not None and text_of(named, data).decode() in _MAKERS)
    return [(name, ("field", name))] if made else []


def _is_guarded(node: Node) -> bool:
    """True for a case with a condition besides its pattern: what is not met may come to the next of that pattern."""
    labels = node.named_children[:1] if node.type == "switch_rule" else []
    return any(child.type in _GUARDS for at in (node, *labels) for child in at.named_children)


_BETWEEN = regex(r"[\"'`]?\s*,\s*[\"'`]?(?![^()]*\))")  # several things that one case is for, without outer quotes
_MATCHED = frozenset({
    "alternative", "case_clause", "in_clause", "match_arm", "match_case", "stab_clause", "switch_entry",
})  # fmt: skip
_BOUND = regex(r"(?<![\w.:^@'\"])(?!(?:true|false|nil|null|none|let|var|ref|mut|when|if|and|or|not|in|is|as)\b)"
               r"[a-z_][\w']*(?![\w'\"]|\s*[(:.=]|::)")  # fmt: skip


def _alternatives(pattern: str) -> list[str]:
    """Each of several things that a case is for."""
    parts, deep, begin, quote = [], 0, 0, ""
    for at, char in enumerate(pattern):
        if quote or char in "\"'`":
            quote = "" if char == quote else quote or char
        elif char in "([{":
            deep += 1
        elif char in ")]}":
            deep -= 1
        elif char == "|" and not deep:
            parts.append(pattern[begin:at].strip())
            begin = at + 1
    parts.append(pattern[begin:].strip())
    return parts if all(parts) else [pattern]


def _without_bound(language: Language, pattern: str) -> str:
    """A pattern without the names that it gives to parts of what it is met by: any such name meets the same."""
    if language.name == "swift":
        return re.sub(r"\(\s*let\s+\w+(?:\s*,\s*let\s+\w+)*\s*\)", "", pattern)
    return _BOUND.sub("_", pattern) if re.search(r"[A-Z:{(\[]", pattern) else pattern


def _binds(language: Language, node: Node, data: bytes, kinds: frozenset[str]) -> list[tuple[str, Hashable]]:
    """What a node binds beside its siblings."""
    path = language.locals.get(node.type, "")
    if not path and node.parent is not None:
        path = language.locals.get(f"{node.parent.type}/{node.type}", "")
    if path and not _is_guarded(node):
        ways = path.removeprefix("*.").split("|")
        parts = node.named_children if path.startswith("*.") else [node]
        names = [name for part in parts for way in ways for name in names_at(part, way.split("."), data)]
        names += [text_of(one, data).decode("utf-8", "replace") for part in parts for at in part.named_children[:1]
                  for one in taken_apart(at)]  # fmt: skip
        if node.type in _MATCHED:
            names = [_without_bound(language, one) for name in names for one in _alternatives(name)]
        elif node.type in ("expression_case", "type_case"):
            names = [one for name in names for one in _BETWEEN.split(name)]
        names = [spelled(language, name) for name in names if name not in language.repeatable]
        return [(name, ("", name, "")) for name in names]
    if node.type in kinds:
        path = language.named.get(node.type) or language.keys.get(node.type, "")
        return [(spelled(language, name), node.type) for name in names_at(node, path.split("."), data)] if path else []
    if core_of(language, node).type in language.definitions:
        found = identity_of(language, node, data, values=False, inside="")
        return [(found.name, name) for name in found.binds] if found is not None else []
    return []
