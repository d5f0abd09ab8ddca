"""A name that one side took out of a file, with every use of it, and that the other side used once more."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from muse.core.late import regex
from muse.core.markers import Chunk, Conflict
from muse.core.sequences import edits
from muse.plugins.code.languages.table import OWN_FILE, VALUED, Language
from muse.plugins.code.syntax.parsing import available, parse
from muse.plugins.code.syntax.window import LARGE

if TYPE_CHECKING:
    from tree_sitter import Node

    from muse.core.law.entries import Entry

Sides = tuple[bytes, bytes, bytes]
_NAME = regex(rb"[^\W\d]\w*")
_KEY = regex(rb"[\w.-]*\w")
_NOTES = regex(rb"^[ \t]*(?:\*|/\*|//|#(?!define))[^\n]*", re.M)
_LONGEST = 1000  # of a longer line, as minifiers make it, nothing is known
_OPENS = regex(
    rb"=>|->|\|[^|]*\||\{[ \t]*$|\b(?:def|fn|func|function|fun|sub|lambda|for|foreach|catch|import|require|use|using"
    rb"|with|except|let|var|const|val|local|define|in|class|struct|enum|type|interface|trait|from|case|global|rescue)\b"
    rb"|^[ \t]*\w[\w \t*&<>\[\]]*,[\w \t*&<>,\[\]]*;[ \t]*$"
)
"""In a line that may bind any of its words."""
_SETS = regex(rb"^.*(?:(?<![=!<>])=(?![=~>])|:=|<-)")
_DECLARED = regex(rb"(?:^|[\w>*&\]?][ \t])[ \t]*[*&]*([^\W\d]\w*)[ \t]*(?=[;,()\[:{<=]|$)")
_LAST = regex(r"(?:--)?[A-Za-z_][\w-]*(?=[^A-Za-z_]*$)")
_QUOTED = regex(rb"\"[^\"\n]*\"|'[^'\n]*'")
_PUT_IN = regex(rb"\$\{[^}]*\}")
_BY_LINE = frozenset(
    {"capnp", "cmake", "dockerfile", "erlang", "gleam", "graphql", "hcl", "lisp", "proto", "sql", "thrift"}
)
"""Languages of lines that define names and use them."""
_DASHED = frozenset({"css", "yaml"})
_TEXT = regex("string|comment|text|content|char")
_MOST_ENTRIES = 20_000
_MOST_NAMES = 200
_WORD = regex(rb"((?:(?:\b(?:self|this|cls)|\$this)(?:\.|->)|@{1,2})?|(?<=[\w)\]])(?:\.|->))([^\W\d]\w*)")
_ALIASED = regex(rb"\b(\w+)[ \t]+as[ \t]")


def uses_what_is_gone(
    language: Language | None, sides: Sides, merged: bytes, until: float | None = None, *, imports: bool = False
) -> dict[str, int]:
    """Names bound in the base that one side (1, 2) has nowhere any more, and the merge uses without binding them.

    Most merges have no word that could be one, and nothing is parsed; nor is a large file, which would take three whole
    trees. `imports`: of what was defined here only what cannot be seen from elsewhere; the rest may have moved to
    another file.
    """
    if language is None or max(map(len, sides)) > LARGE or not (available(language) or language.name in _BY_LINE):
        return {}
    found = dict(_candidates(sides, _KEY if language.name in _DASHED else _NAME))
    if not found:
        return {}
    from muse.plugins.code.syntax.entries import outline

    before = outline(language, sides[0], until)
    if language.name in _BY_LINE:
        bound = _renamed_here(before, sides, found)
    else:
        bound = _bound(before, imports)
        if imports:
            bound |= _renamed_here(before, sides, found) | _seen_here(language, before)
    if not found.keys() & bound.keys():
        return {}
    for name in _bound(outline(language, merged, until), imports=False):
        bound.pop(name, None)
    if language.name in _BY_LINE:
        return {name: side for name, side in found.items() if name in bound and _said(language, sides, name, side)}
    tree = parse(language, merged, until) if found.keys() & bound.keys() else None
    return {
        name: side
        for name, side in found.items()
        if tree is not None and name in bound and _used(tree.root_node, merged, name, bound[name])
    }


def uses_old_name(language: Language | None, sides: Sides, merged: bytes, until: float | None = None) -> dict[str, int]:
    """Names bound in the base that one side (1, 2) has not any more where they are bound, and the merge uses there.

    Most merges have no word that could be one, and nothing is parsed. A word that there is no time to look into counts.
    """
    if language is None or language.grammar is None or language.name in VALUED or not language.definitions:
        return {}
    if max(map(len, sides)) > LARGE:
        return {}
    found: dict[str, int] = {}
    for side, words in _in_doubt(language, sides):
        from muse.plugins.code.checks.old_names import is_used

        for own, word in sorted(words)[:_MOST_NAMES] if available(language) else ():
            used = is_used(language, sides, side, merged, word, until, own=own)
            late = until is not None and time.monotonic() > until
            if used or late:
                found[word.decode("utf-8", "replace")] = side
            if late:
                return found
    return found


def _in_doubt(language: Language, sides: Sides) -> Iterator[tuple[int, set[tuple[bool, bytes]]]]:
    """By side the words in lines that it took out and the other put in, and in no line of its own making, where a line
    taken out may have bound them; True with those that stand behind `self`, `this` or `@`, where they do."""
    for side, *parts in lines_exchanged(sides):
        parts = [_without_comments(language, part) for part in parts]
        gone, new, kept = ({(_own(before), word) for before, word in _WORD.findall(part)} for part in parts)
        anyhow = {word for _, word in gone} & {word for _, word in new}
        kept -= {(False, word) for word in _ALIASED.findall(parts[2])}
        both = [(own, word) for own in (True, False) for word in anyhow if (own, word) not in kept]
        both = [(own, word) for own, word in both if not own or ((own, word) in gone and (own, word) in new)]
        given = _given(parts[0]) if both else ()
        if words := {(own, word) for own, word in both if word in given}:
            yield side, words


def _own(before: bytes) -> bool | None:
    """True for what stands behind `self` or the like, None for what hangs on something else."""
    return bool(before) if before not in (b".", b"->") else None


def _without_comments(language: Language, text: bytes) -> bytes:
    note = language.comment_line[0]
    text = _NOTES.sub(b"", text)
    return re.sub(rb"(?<![\"':])%b[^\n]*" % re.escape(note), b"", text) if note else text


def _given(lines: bytes) -> set[bytes]:
    """Words that one of the lines may give a meaning, as most languages write that: more than are, never less."""
    found: set[bytes] = set()
    for line in lines.split(b"\n"):
        if len(line) > _LONGEST:
            continue
        if _OPENS.search(line):
            found.update(_NAME.findall(line))
        elif (before := _SETS.match(line)) is not None:
            found.update(_NAME.findall(before.group()))
        else:
            found.update(_DECLARED.findall(line))
    return found


def in_doubt(sides: Sides, merged: bytes, gone: dict[str, int], what: str) -> list[Chunk]:
    """A clean text with what put in a name that is gone, or means something else, as conflicts: the other side's lines
    against its own. `what` is wrong with `%s`."""
    name, side = next(iter(gone.items()))
    without, rows = sides[side].splitlines(True), merged.splitlines(True)
    names = b"|".join(re.escape(name.encode()) for name in gone)
    put_in = [edit for edit in edits(without, rows) if edit.b0 < edit.b1]
    for alone in (rb"(?<!\w)(?:%b)(?!\w)", rb"%b"):  # `main_` refers to main in some languages
        uses = re.compile(alone % names)
        chunks: list[Chunk] = []
        at = 0
        for edit in put_in:
            now, was = b"".join(rows[edit.b0 : edit.b1]), b"".join(without[edit.a0 : edit.a1])
            if uses.search(now):
                both = (was, now) if side == 1 else (now, was)
                chunks += [b"".join(rows[at : edit.b0]), Conflict(was, *both, note=what % name)]
                at = edit.b1
        if chunks:
            break
    return [*chunks, b"".join(rows[at:])]


def _candidates(sides: Sides, names: re.Pattern[bytes]) -> Iterator[tuple[str, int]]:
    """Words in lines that one side took out and in lines that the other put in, and nowhere in the one."""
    for side, gone, new, _ in lines_exchanged(sides):
        if both := set(names.findall(gone)) & set(names.findall(new)):
            for word in both.difference(names.findall(sides[side])):
                yield word.decode("utf-8", "replace"), side


@lru_cache(1)
def lines_exchanged(sides: Sides) -> tuple[tuple[int, bytes, bytes, bytes], ...]:
    """By side (1, 2) the lines that it took out, those that the other put in, and those that it put in itself."""
    base, *counts = (Counter(data.splitlines()) for data in sides)
    gone, new = [base - count for count in counts], [count - base for count in counts]
    out, put_in = ([b"\n".join(lines) for lines in both] for both in (gone, new))
    return (1, out[0], put_in[1], put_in[0]), (2, out[1], put_in[0], put_in[1])


def _used(root: Node, data: bytes, name: str, how: str) -> bool:
    """True where the name stands as a name, and not in a comment or a text. Of what is a function `how` says what its
    calls begin with: it is nothing but called, or the name may stand for something else."""
    word = name.encode()
    calls = re.compile(_CALLS[how] % re.escape(word)) if how in _CALLS else None
    found = False
    stands = rb"(?<![\w-])%b(?![\w-])" if how == "key" or name.startswith("-") else rb"\b%b\b"
    for use in re.finditer(stands % re.escape(word), data):
        node = root.descendant_for_byte_range(use.start(), use.end())
        if node is None or data[node.start_byte : node.end_byte].strip(b"\"'") != word:
            continue
        if how == "key":
            found = found or node.type.endswith("scalar")
        elif node.child_count == 0 and not _TEXT.search(node.type):
            if calls is not None and not calls.match(data, max(0, use.start() - _BEFORE[how])):
                return False
            found = True
    return found


_CALLS = {"function": rb"(?<![\w.$>:@])%b\(", "method": rb"(?:self|this)\.%b\("}
_BEFORE = {"function": 0, "method": len("self.")}


def _bound(root: Entry | None, imports: bool) -> dict[str, str]:
    """Every name that an entry of a file binds, or an import, and what it is."""
    names: dict[str, str] = {}
    stack = [root] if root is not None else []
    count = 0
    while stack and count < _MOST_ENTRIES:
        entry = stack.pop()
        count += 1
        for bound in entry.sure_names if entry.kind == "import" or not imports else ():
            if isinstance(bound, tuple) and len(bound) > 1:
                names[_last(bound[1])] = entry.kind if entry.kind == "import" else ""
        stack.extend(entry.children)
    return names


def _renamed_here(root: Entry | None, sides: Sides, gone: dict[str, int]) -> dict[str, str]:
    """Of names that one side has nowhere any more those whose entry has another name there, on the same line."""
    names: dict[str, str] = {}
    stack = [root] if root is not None else []
    while stack:
        entry = stack.pop()
        for name in {_last(entry.name), *(_last(bound[1]) for bound in entry.sure_names if isinstance(bound, tuple))}:
            if name in gone and name not in names and _is_renamed(entry, name, sides[0], sides[gone[name]]):
                names[name] = ""
        stack.extend(entry.children)
    return names


def _is_renamed(entry: Entry, name: str, before: bytes, after: bytes) -> bool:
    from muse.plugins.code.checks.old_names import renamed

    word = name.encode()
    at = re.search(rb"(?<![\w-])%b(?![\w-])" % re.escape(word), before[entry.start : entry.end])
    return at is not None and renamed(before, after, word, entry.start + at.start())


def _last(name: str) -> str:
    """The name alone, without its kind and what it stands in: `Store.load`, `variable "region"`, `FROM a AS build`."""
    found = _LAST.search(name) if not name.startswith("FROM ") or " AS " in name.upper() else None
    return found[0] if found is not None else name


def _said(language: Language, sides: Sides, name: str, side: int) -> bool:
    """True when a line that the other side put in says the name, in no comment and in no text, but for `${name}`."""
    new = next(new for at, _, new, _ in lines_exchanged(sides) if at == side)
    note = language.comment_line[0]
    text = re.sub(rb"%b[^\n]*" % re.escape(note), b"", new) if note else new
    text = _QUOTED.sub(lambda quoted: b" ".join(_PUT_IN.findall(quoted[0])), text)
    before = rb"(?<=\.)" if language.name == "hcl" else rb"(?<![\w-])"
    return re.search(rb"%b%b(?![\w-])" % (before, re.escape(name.encode())), text) is not None


def _seen_here(language: Language, root: Entry | None) -> dict[str, str]:
    """What nothing but its own file binds: in YAML keys that hold others, functions that are called by name alone,
    methods of classes that inherit none."""
    if root is None or not (language.name == "yaml" or language.name in OWN_FILE):
        return {}
    names: dict[str, str] = {}
    stack = [(root, "function")]
    while stack and len(names) < _MOST_ENTRIES:
        around, how = stack.pop()
        for entry in around.children:
            if language.name == "yaml":
                if entry.children and entry.kind != "item":
                    names[entry.name] = "key"
                stack.append((entry, how))
            elif entry.kind in ("function", "method") and how:
                names[entry.name] = how
            elif entry.kind == "class":
                alone = re.search(rb"class%b(?:\(\))?[:{]" % re.escape(entry.name.encode()), entry.whole[:2000])
                stack.append((entry, "method" if alone is not None else ""))
    return names
