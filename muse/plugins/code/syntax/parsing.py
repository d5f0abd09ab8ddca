"""Tree-sitter, loaded when first needed and one grammar only, under caps on size and time."""

from __future__ import annotations

import importlib
import os
import re
import time
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from muse.core.late import regex
from muse.core.sequences import common_ends
from muse.plugins.code.languages.table import KEYED, Language

if TYPE_CHECKING:
    from types import ModuleType

    from tree_sitter import Node, Parser, Point, Query, Tree

MAX_BYTES = 3_000_000
_LONGEST_LINE = 1 << 18  # bytes; beyond, it is no source but what a program made of it
_MOST_TAGS = 5_000  # open at once; a parser goes through all of them at each that follows
_TAGGED = ("html", "xml")
_TAG = re.compile(rb"</|/>|<(?=[A-Za-z])")
_STEP = 1 << 13  # bytes between two looks at the clock
_KEEP = 6
_KEEP_BYTES = 3_000_000  # of text; a tree takes up to fifty times as much


class TooSlowError(Exception):
    """The deadline passed while parsing; internal, the merge falls back to an earlier step."""


@cache
def _parser(grammar: tuple[str, str]) -> Parser | None:
    """The parser of a grammar, None when the wheel is missing or does not fit the installed tree-sitter."""
    try:
        import tree_sitter

        module = _binding(grammar[0]) or importlib.import_module(grammar[0])
        return tree_sitter.Parser(tree_sitter.Language(_capsule(getattr(module, grammar[1])())))
    except (ImportError, AttributeError, TypeError, ValueError):
        return None


def _capsule(grammar: object) -> object:
    """What an older wheel hands out as a number, in the form that is asked for today."""
    if not isinstance(grammar, int):
        return grammar
    import ctypes

    made = ctypes.pythonapi.PyCapsule_New
    made.restype, made.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return made(grammar, b"tree_sitter.Language", None)


def _binding(package: str) -> ModuleType | None:
    """A grammar wheel's compiled part alone: its package also imports the resource reader for query files that nobody
    here reads, which takes longer than parsing. None when the wheel is not laid out like that."""
    from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
    from importlib.util import find_spec, module_from_spec, spec_from_file_location

    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        for suffix in EXTENSION_SUFFIXES:
            path = os.path.join(folder, "_binding" + suffix)
            if os.path.exists(path):
                name = f"{package}._binding"
                found = spec_from_file_location(name, path, loader=ExtensionFileLoader(name, path))
                if found is None or found.loader is None:
                    return None
                module = module_from_spec(found)
                found.loader.exec_module(module)
                return module
    return None


def missing_parser(language: Language | None) -> str:
    """What to type where the wheel of a language's parser is not installed; "" where it is, or none is needed.

    Those of few users and many megabytes are in the extra `languages` (`pyproject.toml`).
    """
    from importlib.util import find_spec

    if language is None or language.grammar is None or find_spec(language.grammar[0]) is not None:
        return ""
    wheel = language.grammar[0].replace("_", "-")
    return f"{wheel} is not installed, so not merged by structure: pip install 'muse-on-git[languages]'"


def available(language: Language | None) -> TypeGuard[Language]:
    """True when the language has a grammar that can be loaded here."""
    return language is not None and language.grammar is not None and _parser(language.grammar) is not None


def is_keyed(language: Language | None) -> TypeGuard[Language]:
    """True for a language of keys and values that can be read here."""
    return language is not None and language.name in KEYED and (language.grammar is None or available(language))


_recent: list[tuple[Language, bytes, Tree]] = []


def parse(language: Language, data: bytes, until: float | None = None) -> Tree | None:
    """The syntax tree; None without a grammar, for what is beyond it, or when `until` (monotonic) passes meanwhile.

    The last few trees are kept: the versions of one file are much alike, and parsing one again, or another one with the
    lines in the middle marked as edited, costs a fraction of the first time.
    """
    parser = None if language.grammar is None else _parser(language.grammar)
    if parser is None or _is_beyond(language, data):
        return None
    for known, text, tree in _recent:
        if known is language and text == data:
            return tree
    old = None
    for known, text, tree in [*_recent[:1], *_recent[-1:]]:  # a merge's base, a diff's other side
        if old is None and known is language and not tree.root_node.has_error:
            old = _edited(tree, text, data)
    parsed = _parse(parser, _readable(language, data), old, until)
    made = None if parsed is None else _read(language, data, parsed)
    if made is not None:
        _recent.append((language, data, made))
        if len(_recent) > _KEEP:
            del _recent[0 if _recent[0][0] is not language else 1]
        while sum(len(text) for _, text, _ in _recent) > _KEEP_BYTES:
            del _recent[0]
    return made


def _is_beyond(language: Language, data: bytes) -> bool:
    """True for what would take many seconds or gigabytes: too large, of one line as minifiers make it, or with very
    many tags open."""
    one_line = language.name not in KEYED and len(data) > _LONGEST_LINE < max(map(len, data.split(b"\n")))
    if len(data) > MAX_BYTES or one_line:
        return True
    depth = 0
    for found in _TAG.finditer(data) if language.name in _TAGGED and data.count(b"<") > _MOST_TAGS else ():
        depth += 1 if found[0] == b"<" else -1
        if depth > _MOST_TAGS:
            return True
    return False


def _readable(language: Language, data: bytes) -> bytes:
    """The text with blanks in place of what the grammar takes for something else and means nothing to a merge."""
    return _skipped(language.skipped).sub(_blank, data) if language.skipped else data


@cache
def _skipped(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode(), re.M)


def _blank(found: re.Match[bytes]) -> bytes:
    start, end = (at - found.start() for at in found.span(1))
    return found[0][:start] + _SIGN.sub(b" ", found[1]) + found[0][end:]


_SIGN = regex(rb"[^\r\n]")


def keep_only(language: Language, data: bytes) -> None:
    """Drop the trees of all other texts; those of a large file take a hundred megabytes each."""
    _recent[:] = [kept for kept in _recent if kept[0] is language and kept[1] == data]


def _edited(tree: Tree, before: bytes, after: bytes) -> Tree | None:
    """A copy of `tree` told which lines in the middle changed; None when that is most of the file."""
    a, b = before.splitlines(True), after.splitlines(True)
    head, tail = common_ends(a, b)
    if b"\r" in before + after or 2 * (head + tail) < len(a):
        return None
    start = sum(map(len, a[:head]))
    rest = sum(map(len, a[len(a) - tail :]))
    copy = tree.copy()
    copy.edit(start, len(before) - rest, len(after) - rest, (head, 0), (len(a) - tail, 0), (len(b) - tail, 0))
    return copy


class Edit(NamedTuple):
    """Bytes from `start` to `old_end` became those from `start` to `new_end`."""

    start: int
    old_end: int
    new_end: int

    def then(self, later: Edit) -> Edit:
        """Both as one; `later` counts in what this one made."""
        end = max(self.new_end, later.old_end)
        return Edit(
            min(self.start, later.start), end + self.old_end - self.new_end, end + later.new_end - later.old_end
        )


def reparse(
    language: Language, tree: Tree, before: bytes, edit: Edit, after: bytes
) -> tuple[Tree, list[tuple[int, int]]] | None:
    """The tree of an edited text, and where it may be another one than before; None where that is not certain: for a
    text with syntax errors, about which the parser may say something else when it comes from another text."""
    parser = None if language.grammar is None else _parser(language.grammar)
    if parser is None or len(after) > MAX_BYTES or tree.root_node.has_error:
        return None
    copy = tree.copy()
    copy.edit(
        edit.start, edit.old_end, edit.new_end,
        _point(before, edit.start), _point(before, edit.old_end), _point(after, edit.new_end),
    )  # fmt: skip
    made = parser.parse(_readable(language, after), copy)
    if made.root_node.has_error:
        return None
    return _read(language, after, made), [(found.start_byte, found.end_byte) for found in copy.changed_ranges(made)]


def _point(data: bytes, offset: int) -> tuple[int, int]:
    return data.count(b"\n", 0, offset), offset - data.rfind(b"\n", 0, offset) - 1


def parse_anew(language: Language, data: bytes) -> Tree | None:
    """The syntax tree of a text, whatever was parsed before; None without a grammar or for what is beyond it."""
    parser = None if language.grammar is None else _parser(language.grammar)
    if parser is None or _is_beyond(language, data):
        return None
    return _read(language, data, parser.parse(_readable(language, data)))


def _read(language: Language, data: bytes, tree: Tree) -> Tree:
    """The tree as the table reads it; most tables take it as it is."""
    if language.reads is None:
        return tree
    from muse.plugins.code.syntax.reading import read

    return read(language, data, tree)


def _parse(parser: Parser, data: bytes, old: Tree | None, until: float | None) -> Tree | None:
    if until is None or len(data) < _STEP:
        return parser.parse(data) if old is None else parser.parse(data, old)
    limit, late = until, False

    def read(offset: int, point: Point) -> bytes:
        nonlocal late  # an exception from here would be raised in the middle of C
        late = late or time.monotonic() > limit
        return b"" if late else data[offset : offset + _STEP]

    made = parser.parse(read) if old is None else parser.parse(read, old)
    return None if late else made


def stumbles(language: Language, node: Node) -> bool:
    """True for an ERROR or MISSING node; not for what the grammar makes of a separator behind the last item, in a
    language where one may stand."""
    if not (node.is_error or node.is_missing):
        return False
    return not language.trailing or not _is_trailing(language, node)


def _is_trailing(language: Language, node: Node) -> bool:
    sign, before = language.separator.decode(), node.prev_sibling
    if node.is_missing:  # what the grammar wants between the separator and the bracket
        after = node.next_sibling
        last = before.prev_sibling if before is not None and before.type == sign else None
    else:
        if [child.type for child in node.children] != [sign]:
            return False
        after, last = node.next_sibling, before
        while after is not None and after.type in language.comments:
            after = after.next_sibling
    while last is not None and last.type in language.comments:
        last = last.prev_sibling
    return last is not None and last.is_named and not last.is_error and after is not None and not after.is_named


def count_errors(language: Language, root: Node) -> int:
    """How many times the parser stumbled; walks only where errors are."""
    if not root.has_error:
        return 0
    count = 0
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            count += stumbles(language, node)
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
    found = count_errors(language, tree.root_node)
    if not found:
        return True
    allowed = 0
    for side in inputs[1:]:
        other = parse(language, side, until)
        allowed = max(allowed, count_errors(language, other.root_node) if other is not None else 0)
    return found <= allowed


@cache
def _query(grammar: tuple[str, str], kinds: frozenset[str]) -> Query | None:
    """What finds the nodes of some kinds; None when the grammar has none of them."""
    import tree_sitter

    parser = _parser(grammar)
    language = None if parser is None else parser.language
    known = [] if language is None else sorted(kind for kind in kinds if language.id_for_node_kind(kind, True))
    if language is None or not known:
        return None
    return tree_sitter.Query(language, "[" + " ".join(f"({kind})" for kind in known) + "] @found")


def nodes_of(
    language: Language, tree: Tree, kinds: frozenset[str], within: tuple[int, int] | None = None
) -> list[Node]:
    """The nodes of some kinds in a tree, found without walking it here; only those that touch the bytes `within`. Where
    the table reads the tree its own way, the nodes that such may begin with."""
    import tree_sitter

    query = None if language.grammar is None else _query(language.grammar, kinds | language.read_from)
    if query is None:
        return []
    cursor = tree_sitter.QueryCursor(query)
    if within is not None:
        cursor.set_byte_range(*within)
    return cursor.captures(getattr(tree, "tree", tree).root_node).get("found", [])


def text_of(node: Node, data: bytes) -> bytes:
    """The node's bytes in the file it was parsed from. (`Node.text` reads through the parser's callback again, and
    crashes the process when that is gone.)"""
    return data[node.start_byte : node.end_byte]


def flat_text(node: Node, data: bytes) -> str:
    """The same as text, its white space as one blank."""
    return " ".join(text_of(node, data).decode("utf-8", "replace").split())
