"""A source file as the entries that the law (`muse.core.law`) is about.

A definition is an entry, and so is a key, a field, an enum member, a section, an element with an identity, a rule of a
makefile, and every name that an import binds. What is inside of one is looked for when the law asks: most of a file is
the same in every version, and its entries are compared as text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from muse.core.late import regex
from muse.core.law.entries import Doubles, Entry, Number, Told, Words
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.identity import (
    CODE,
    NAMELESS,
    PATTERNS,
    SHELLS,
    Name,
    Named,
    identity_of,
    inside_of,
    is_data,
    opens,
    taken_apart,
)
from muse.plugins.code.syntax.imports import bound_by
from muse.plugins.code.syntax.keyed_lines import line_spans, listed
from muse.plugins.code.syntax.nested_lines import Line, tree_of
from muse.plugins.code.syntax.numbers import number_behind
from muse.plugins.code.syntax.parsing import parse, text_of
from muse.plugins.code.syntax.scopes import bound_twice
from muse.plugins.code.syntax.subtables import owned
from muse.plugins.code.syntax.symbols import core_of
from muse.plugins.code.syntax.tokens import is_weak_line, tokens
from muse.plugins.code.syntax.tree import Key

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_ENTRIES = 50_000


_SEAM = regex(rb"[,;]+(?=[ \t]*\r?\n)")  # what ends a line may stand beside a child, or would if there were one


def outline(language: Language, data: bytes, until: float | None = None) -> Entry | None:
    """The file as a tree of entries; None when it cannot be parsed."""
    if language.nested is not None:
        return _of_nested(_Reader(language, data), tree_of(language, data), "")
    if language.lines:
        return _of_lines(language, data)
    tree = parse(language, data, until)
    if tree is None:
        return None
    root = tree.root_node
    reader = _Reader(language, data)
    return reader.entry(Named("file", "", (), ""), root, 0, len(data), values=is_data(language, root))


class _Inside(NamedTuple):
    """An entry inside of another, the bytes it takes out of that, the block it stands in, and the names it binds there
    where that is a branch."""

    entry: Entry
    low: int
    high: int
    block: int
    apart: Sequence[Name]


def _scope(node: Node) -> int:
    """The id of the block a node stands in."""
    around = node.parent
    while around is not None and (around.type in SHELLS or around.type == "expression_statement"):
        around = around.parent
    return around.id if around is not None else 0


def _bound_apart(found: Sequence[_Inside]) -> Doubles:
    """What is bound more than once in a block of a branch, and how often more."""
    counts = Counter((child.block, name) for child in found for name in child.apart)
    twice: Doubles = Counter()
    for (_, name), count in counts.items():
        if count > 1:
            twice[name[1], name] += count - 1
    return twice


def _overloaded(binds: Sequence[Name | Told]) -> Sequence[Name]:
    """What a signature that may stand beside others of its name binds for those that may not."""
    return [("", name[1], "") for name in binds if not isinstance(name, Told) and name[0] == "overload"]


def _told_apart(language: Language, found: list[_Inside]) -> list[_Inside]:
    """Without variables that several branches give their values: which is which, their branch tells alone."""
    kinds = {*language.definitions.values(), "import"}
    several = Counter((one.entry.kind, one.entry.name) for one in found if one.apart and one.entry.kind not in kinds)
    if several.total() == len(several):
        return found
    return [one for one in found if not one.apart or several[one.entry.kind, one.entry.name] < 2]


class _Reader:
    """Makes entries of the nodes of one file."""

    def __init__(self, language: Language, data: bytes) -> None:
        self.language = language
        self.data = data
        self.parts: dict[int, list[Node]] = {}  # of a node, what stands below it in the file and is part of it
        self.separators = b",;" + b"".join(language.separators.values())

    def entry(self, named: Named, node: Node, start: int, end: int, *, values: bool) -> Entry:
        """A node with the comments above it as an entry, its inside unread."""
        end = start + len(self.data[start:end].rstrip())  # some grammars give the lines behind to what stands before
        inside: list[_Inside] | None = None

        def found() -> list[_Inside]:
            nonlocal inside
            if inside is None:
                inside = list(self.inner(node, named, values=values))
            return inside

        def told() -> list[_Inside]:
            return _told_apart(self.language, found())

        def children() -> list[Entry]:
            return [child.entry for child in told()]

        def holes() -> list[tuple[int, int]]:
            return [(child.low, child.high) for child in told()]

        def doubles() -> Doubles:
            known = [(child.low, child.high, bool(child.entry.binds or child.apart)) for child in found()]
            return bound_twice(self.language, node, self.data, known) + _bound_apart(found())

        return Entry(
            named.kind,
            named.name,
            squeezed(self.data[start:end]),
            start=start,
            end=end,
            binds=named.binds,
            number=named.number,
            own=lambda: self.own(start, end, holes()),
            children=children,
            words=lambda: self.words(node, holes()),
            text=lambda: self.text(start, end, holes()),
            lines=lambda: self.lines(start, end, holes()),
            overrides=self.language.overrides,
            doubles=doubles,
        )

    def own(self, start: int, end: int, holes: Sequence[tuple[int, int]]) -> bytes:
        """The text between the children, without separators beside them."""
        parts = self.parts_of(start, end, holes)
        return b"".join(squeezed(_SEAM.sub(b"", part)).strip(self.separators) for part in parts)

    def text(self, start: int, end: int, holes: Sequence[tuple[int, int]]) -> bytes:
        """The same as it stands there."""
        return b"".join(self.parts_of(start, end, holes))

    def parts_of(self, start: int, end: int, holes: Sequence[tuple[int, int]]) -> Iterator[bytes]:
        """The pieces of text between the children."""
        at = start
        for low, high in sorted(holes):
            yield self.data[at:low]
            at = max(at, high)
        yield self.data[at:end]

    def lines(self, start: int, end: int, holes: Sequence[tuple[int, int]]) -> Words:
        """The lines with a word in them outside of the children, as far as no child stands on them."""
        found: Words = Counter()
        at = start
        for low, high in [*sorted(holes), (end, end)]:
            rows = self.data[at : max(at, low)].splitlines()
            if rows and at > start:
                del rows[0]
            if rows and low < end and not self.data.endswith(b"\n", at, low):
                del rows[-1]
            found.update(squeezed(row) for row in rows if not is_weak_line(row))
            at = max(at, high)
        return found

    def words(self, node: Node, holes: Sequence[tuple[int, int]]) -> Words:
        """The tokens of the code outside of the children, comments left out."""
        skipped = sorted([*holes, *self.comments(node)])
        found: Words = Counter()
        at = node.start_byte
        for low, high in [*skipped, (node.end_byte, node.end_byte)]:
            if low > at:
                found.update(
                    token for token in tokens(self.data[at:low]) if token.strip() and token not in (b",", b";")
                )
            at = max(at, high)
        return found

    def comments(self, node: Node) -> Iterator[tuple[int, int]]:
        """Where the comments inside of a node stand."""
        stack = [node]
        while stack:
            at = stack.pop()
            if at.type in self.language.comments:
                yield at.start_byte, at.end_byte
            else:
                stack.extend(at.named_children)

    def inner(self, node: Node, named: Named, *, values: bool) -> Iterator[_Inside]:
        """The entries directly inside of a node."""
        language, data = self.language, self.data
        stack = [(child, values, "") for child in reversed(self.children(core_of(language, node)))]
        count = 0
        while stack and count < _MAX_ENTRIES:
            at, in_values, branch = stack.pop()
            if not at.is_named or at.type in language.comments:
                continue
            if _lists_imports(language, at):
                stack.extend((child, in_values, branch) for child in reversed(at.named_children[-1].children))
                continue
            if at.type in language.imports | language.leading_imports and (names := bound_by(language.name, at, data)):
                count += len(names)
                yield from _imported(language, at, names, branch)
                continue
            found = identity_of(language, at, data, values=in_values, inside=named.kind)
            core = at
            if found is None and (core := inside_of(at)).id != at.id:
                found = identity_of(language, core, data, values=in_values, inside=named.kind)
            if found is not None:
                count += 1
                low, high = self.first(at), self.last(at)
                kept = found._replace(binds=(), number="", member=False) if branch else found
                entry = self.entry(kept, core, low, high, values=is_data(language, core))
                entry.member = kept.member
                entry.perhaps = found.binds if branch.startswith("preproc") else _overloaded(found.binds)
                sure_names = [name for name in found.binds if not isinstance(name, Told)] if branch else ()
                yield _Inside(entry, low, high, _scope(at), sure_names)
                continue
            if at.type in PATTERNS and named.kind not in CODE and at.parent is not None:
                yield from self.taken_apart(at, _scope(at.parent), branch)
                continue
            below = opens(language, at, named.kind, values=in_values)
            if below is not None:
                branch = branch or _apart(language, at, named.kind, data)
                stack.extend((child, below, branch) for child in reversed(at.children))

    def children(self, node: Node) -> list[Node]:
        """The nodes right inside of one, those that are part of it further below too."""
        if self.language.name != "toml":
            return node.children
        children, parts = owned(node.children, self.data)
        self.parts.update(parts)
        return [*children, *self.parts.get(node.id, ())]

    def taken_apart(self, node: Node, block: int, branch: str) -> Iterator[_Inside]:
        """The names that a pattern binds, each as an entry."""
        for one in taken_apart(node):
            text = text_of(one, self.data)
            name = text.decode("utf-8", "replace")
            binds = (("", name, ""),)
            start, end = one.start_byte, one.end_byte
            entry = Entry("variable", name, text, start=start, end=end, binds=() if branch else binds)
            yield _Inside(entry, start, end, block, binds if branch else ())

    def first(self, node: Node) -> int:
        """Where the comments and attributes right above a node start."""
        if self.language.name in _COMMENTS_BEFORE:
            return self.above(node.start_byte)
        first = node
        previous = node.prev_sibling
        side = self.language.comments | self.language.leading
        while previous is not None and previous.type in side:
            if self.data.count(b"\n", previous.end_byte - 1, first.start_byte) > 1:
                break
            before = previous.prev_sibling
            if (
                before is not None
                and before.end_point[0] == previous.start_point[0]
                and b"\n" not in self.data[before.end_byte - 1 : previous.start_byte]
            ):
                break  # it stands behind something else on its line
            first, previous = previous, before
        return first.start_byte

    def above(self, start: int) -> int:
        """Where the lines of comments start that stand right above a line, as deep as it."""
        mark, line = self.language.comment_line[0], self.data.rfind(b"\n", 0, start) + 1
        depth = self.data[line:start]
        while not depth.strip() and line:
            before = self.data.rfind(b"\n", 0, line - 1) + 1
            if mark == b"//" and self.data[before:line].endswith(b"*/\n"):
                before = self.data.rfind(b"\n", 0, self.data.rfind(b"/*", 0, line)) + 1
                mark = b"/*"
            if not self.data.startswith(depth + mark, before):
                break
            line, start, mark = before, before + len(depth), self.language.comment_line[0]
        return start

    def last(self, node: Node) -> int:
        """Where a node ends, without comments that stand above what follows it."""
        while node.id in self.parts:
            node = self.parts[node.id][-1]
        end = node.start_byte + len(self.data[node.start_byte : node.end_byte].rstrip())
        if self.language.name not in _COMMENTS_BEFORE:
            return node.end_byte
        below = self.data.find(b"\n", end) + 1
        following = self.data[below : self.data.find(b"\n", below) % (len(self.data) + 1)]
        first = self.above(below + len(following) - len(following.lstrip())) if below and following.strip() else end
        return max(node.start_byte, len(self.data[:first].rstrip())) if first < end else node.end_byte


_COMMENTS_BEFORE = frozenset({"yaml", "toml", "scala"})
"""Grammars in which a comment above an entry is inside of the one before it."""


def _imported(language: Language, node: Node, names: Sequence[tuple[str, str]], branch: str) -> Iterator[_Inside]:
    """The names an import binds, each as an entry; `import x.y` binds x too, as other modules of x may. Where types
    have a name space of their own, a name that begins like one is one."""
    types = "type" in language.spaces.values()
    for name, what in names:
        typed = types and name[:1].isupper() and not name.isupper()
        binds = (("", name, ""), ("type", name, "")) if typed else (("", name, ""),)
        start, end = node.start_byte, node.end_byte
        entry = Entry("import", name, what.encode(), start=start, end=end, binds=() if branch else binds)
        entry.perhaps = (("", name.split(".")[0], ""),) if what == f":{name}" and not branch else ()
        yield _Inside(entry, start, end, _scope(node), binds if branch else ())


def _apart(language: Language, node: Node, inside: str, data: bytes) -> str:
    """The type of a node whose names are counted by themselves: a branch, a function without a name; "" for others."""
    nameless = node.type in NAMELESS and inside != "call"
    return node.type if nameless or (node.type in language.branches and not _guards(node, data)) else ""


def _lists_imports(language: Language, node: Node) -> bool:
    """True for a statement around a list of imports, each of which is one by itself."""
    inner = node.named_children[-1] if node.type in language.imports and node.named_children else None
    return inner is not None and any(child.type in language.imports for child in inner.named_children)


def _guards(node: Node, data: bytes) -> bool:
    """True for the `#ifndef X`, `#define X` around a whole header."""
    name = node.child_by_field_name("name")
    first = next((child for child in node.named_children if child.type == "preproc_def"), None)
    defined = first.child_by_field_name("name") if first is not None else None
    return name is not None and defined is not None and text_of(name, data) == text_of(defined, data)


def squeezed(text: bytes) -> bytes:
    """The text without white space."""
    return b"".join(text.split())


def _of_nested(reader: _Reader, node: Line, name: str) -> Entry:
    """An entry of a file of nested lines, and those inside of it that have a name."""
    named = [child for child in node.inner if child.named or child.twice]
    holes = [(child.start, child.stop) for child in named]
    text = reader.data[node.start : node.stop]
    return Entry(
        "entry" if name else "file", name, squeezed(text), start=node.start, end=node.stop,
        binds=list(_nested_binds(reader.language, node)), own=lambda: reader.own(node.start, node.stop, holes),
        words=_counted(b"" if holes else text),
        number=_given(reader.language, node, text), text=lambda: reader.text(node.start, node.stop, holes),
        children=lambda: [_of_nested(reader, child, child.name) for child in named],
    )  # fmt: skip


def _given(language: Language, node: Line, text: bytes) -> str:
    """The number that an entry gives its name, where no others are told apart by theirs."""
    nested = language.nested
    mere = nested is not None and not (nested.numbers or nested.ids or node.inner)
    return number_behind(text) if mere else ""


def _nested_binds(language: Language, node: Line) -> Iterator[Hashable]:
    """The name and the number of an entry, and what it binds for what is inside."""
    if node.binds:
        made = re.match(language.nested.made, node.name) if language.nested is not None else None
        yield from _line_name(language, node.name[made.end() :] if made is not None else node.name)
    if node.number:
        yield Number(node.number)
    for child in node.inner if node.flat else ():
        yield from _nested_binds(language, child)


_VALUED = frozenset({"env", "erlang", "ini"})
"""Languages of lines that give names their values."""
_NORMAL = regex(r"[-_.]+")


def _of_lines(language: Language, data: bytes) -> Entry:
    """A file of keyed lines: sections, and the lines in them."""
    top: list[Entry] = []
    here, section = top, None
    holes: list[tuple[int, int]] = []
    for start, stop, header, key in line_spans(language, data):
        text = squeezed(data[start:stop])
        if header:
            here = []
            section = _Section(key[-1] if key else "", text, start, stop, here, language)
            top.append(section)
        elif name := key[-1] if key is not None else _unkeyed(language, data[start:stop]):
            binds = _line_name(language, name) if any(map(str.isalnum, name)) else ()
            twice = partial(_items_twice, language, data, start, stop, key)
            number = number_behind(data[start:stop]) if language.name in _VALUED else ""
            words = _counted(data[start:stop])
            here.append(
                Entry("line", name, text, start=start, end=stop, binds=binds, words=words, number=number,
                      doubles=twice, text=partial(_between, data, start, stop))
            )  # fmt: skip
        elif section is not None:
            section.says(text)
        if section is not None:
            section.end = stop
        if section is not None or (here[-1:] and here[-1].end == stop):
            holes.append((start, stop))
    for each in top:
        each.whole += b"".join(child.whole for child in each.children)
    reader = _Reader(language, data)
    return Entry(
        "file", "", squeezed(data), start=0, end=len(data), children=lambda: top,
        own=lambda: reader.own(0, len(data), holes), text=lambda: reader.text(0, len(data), holes),
        overrides=language.overrides,
    )  # fmt: skip


def _between(data: bytes, start: int, stop: int) -> bytes:
    return data[start:stop]


def _items_twice(language: Language, data: bytes, start: int, stop: int, key: Key | None) -> Doubles:
    """The items that stand more than once in a value that is a list by its name."""
    names = Counter(span.key[-1].lower() for span in listed(language, data, start, stop, key) if span.key is not None)
    return Counter({(name, "item"): count - 1 for name, count in names.items() if count > 1})


def _unkeyed(language: Language, text: bytes) -> str:
    """The line itself, as the name of one that the language gives none, where lines take others back; "" elsewhere."""
    last = text.splitlines()[-1] if language.overrides is not None else b""
    return "" if last.lstrip().startswith(language.comment_line[0]) else last.strip().decode("latin-1")


class _Section(Entry):
    """A header and the lines up to the next one; those without a name are what it says itself."""

    def __init__(self, name: str, text: bytes, start: int, stop: int, inner: list[Entry], language: Language) -> None:
        binds = _line_name(language, name)
        super().__init__("section", name, text, start=start, end=stop, binds=binds, children=lambda: inner)

    def says(self, text: bytes) -> None:
        """One more line of its own."""
        self.whole += text
        self._own = self.whole


def _line_name(language: Language, name: str) -> tuple[tuple[str, str, str], ...]:
    if language.name == "plain":
        return ()
    if language.name == "requirements":
        name = _NORMAL.sub("-", name.split("[")[0]).lower()
    elif language.name == "gradle":
        name = name.replace("'", '"')
    return (("", name, ""),)


def _counted(text: bytes):  # type: ignore[no-untyped-def]
    return lambda: Counter(token for token in tokens(text) if token.strip())
