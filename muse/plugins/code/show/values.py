"""Files of keys and values, read as nested values: what a diff by key compares.

JSON, TOML and YAML are read as `keys.values` reads them, XML by its parser, files of lines (INI, requirements, go.mod)
by the table of their language. Of large files only the tables or blocks around the changed lines are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core.blocks import lines_of
from muse.core.errors import MuseError
from muse.core.sequences import common_ends
from muse.plugins.code.languages.table import Language

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from tree_sitter import Node

_MOST_DEEP = 200
_WHOLE = 50_000
"""A file of more bytes is not read whole where its changed part can be."""


class _Kind(NamedTuple):
    """How a kind of file is read: the most bytes, at which lines it may be cut, and which line around it is kept."""

    read: Callable[[Language, bytes], Any]
    most: int
    cut: re.Pattern[bytes] | None = None
    around: re.Pattern[bytes] | None = None


def both_values(language: Language, old: bytes, new: bytes) -> tuple[Any, Any] | None:
    """The values of two versions of a file, or of their changed parts; None where one cannot be read."""
    kind = _KINDS.get(language.name)
    if kind is None:
        return None
    if kind.cut is not None and max(len(old), len(new)) > _WHOLE:
        parts = _changed_parts(kind, old, new)
        found = _both(kind, language, *parts)
        if found is not None or max(map(len, parts)) == max(len(old), len(new)):
            return found
    return _both(kind, language, old, new)


def _both(kind: _Kind, language: Language, old: bytes, new: bytes) -> tuple[Any, Any] | None:
    if max(len(old), len(new)) > kind.most:
        return None
    try:
        return kind.read(language, old), kind.read(language, new)
    except (MuseError, ValueError, RecursionError):
        return None


def _changed_parts(kind: _Kind, old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """Both versions from the last line before the first change at which they may be cut to the first such line behind
    the last change, under the line around them."""
    assert kind.cut is not None
    a, b = lines_of(old), lines_of(new)
    most = min(len(a), len(b))
    head, tail = common_ends(a, b)
    start = next((at for at in range(min(head, most - 1), -1, -1) if kind.cut.match(a[at]) and a[at] == b[at]), 0)
    while tail and not kind.cut.match(a[len(a) - tail]):
        tail -= 1
    around = kind.around
    above = [] if around is None or around.match(a[start]) else [line for line in a[:start] if around.match(line)][-1:]
    return tuple(b"".join([*above, *lines[start : len(lines) - tail]]) for lines in (a, b))  # type: ignore[return-value]


def _keyed(language: Language, data: bytes) -> Any:
    from muse.plugins.code.keys.values import read
    from muse.plugins.code.syntax.parsing import parse

    tree = None
    if language.name == "yaml":
        tree = parse(language, data)
        if tree is None or tree.root_node.has_error or _has_more(tree.root_node):
            raise ValueError("not one document")
    return read(language.name, data, tree)


def _has_more(root: Node) -> bool:
    """True for a file of several documents."""
    return sum(child.type == "document" for child in root.named_children) > 1


def _xml(language: Language, data: bytes) -> Any:
    from xml.etree.ElementTree import ParseError, fromstring

    if re.search(rb"<!(?:DOCTYPE|ENTITY)", data):
        raise ValueError("entities are not read")
    try:
        root = fromstring(data)
    except (ParseError, LookupError) as error:
        raise ValueError(str(error)) from None
    return {_tag(root): _element(root, 0)}


def _element(element: Element, depth: int) -> Any:
    """An element: its text if that is all, else its attributes (`@name`), text and children by tag."""
    if depth > _MOST_DEEP:
        raise ValueError("too deep")
    text = " ".join((element.text or "").split())
    if not len(element) and not element.attrib:
        return text
    out: dict[str, Any] = {f"@{_local(name)}": value for name, value in element.attrib.items()}
    for child in element:
        if isinstance(child.tag, str):
            value = _element(child, depth + 1)
            known = out.setdefault(_tag(child), [])
            assert isinstance(known, list)
            known.append(value)
        tail = " ".join((child.tail or "").split())
        text = f"{text} {tail}".strip() if tail else text
    single = {name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in out.items()}
    return {**single, "text": text} if text else single


def _tag(element: Element) -> str:
    return _local(element.tag)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _lines(language: Language, data: bytes) -> Any:
    from muse.plugins.code.syntax.keyed_lines import line_spans

    scope = out = dict[str, Any]()
    numbered: _Numbered = {}
    for start, stop, is_header, key in line_spans(language, data):
        text = data[start:stop].decode("utf-8", "replace")
        if is_header:
            inner = out.setdefault(text.strip("[] (\t"), {})
            scope = inner if isinstance(inner, dict) else out
            continue
        name = text if key is None else key[-1].encode("latin-1", "replace").decode("utf-8", "replace")
        name = name.split()[0] if name.startswith("-") and key is not None else name  # an option is told by what it is
        value = " ".join(text.partition(name)[2].split()) if name in text else text
        scope[_free(scope, name, numbered)] = value if value.startswith("==") else value.lstrip("=: \t")
    return out


def _po(language: Language, data: bytes) -> Any:
    """Messages to their translations; the fields of the header by their names."""
    from muse.plugins.code.syntax.keyed_lines import line_spans

    out: dict[str, Any] = {}
    numbered: _Numbered = {}
    for start, stop, _, key in line_spans(language, data):
        if key is None:
            continue
        text = data[start:stop].decode("utf-8", "replace")
        message, _, said = _COMMENT_LINE.sub("", text).partition("msgstr")
        name, value = ("".join(_QUOTED.findall(part)) for part in (message, said))
        if name:
            out[_free(out, name, numbered)] = value
        else:
            out |= {field: rest for field, found, rest in (row.partition(": ") for row in value.split("\\n")) if found}
    return out


_COMMENT_LINE = re.compile(r"^#.*$", re.M)
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")


_Numbered = dict[tuple[int, str], int]


def _free(taken: dict[str, Any], name: str, numbered: _Numbered) -> str:
    """The name, numbered where it is taken; `numbered` is how far that has come with each."""
    count = numbered.get((id(taken), name), 1)
    again = name if count == 1 else f"{name}#{count}"
    while again in taken:
        count += 1
        again = f"{name}#{count}"
    numbered[id(taken), name] = count
    return again


_LINES = _Kind(_lines, 1 << 20, re.compile(rb"[^\s#;]"), re.compile(rb"\["))
_KINDS = {
    **dict.fromkeys(("ini", "requirements", "gomod", "yarn"), _LINES),
    "json": _Kind(_keyed, 16 << 20),
    "toml": _Kind(_keyed, 1 << 20, re.compile(rb"\[\[?[^.\[\]]+\]\]?\s*$")),
    "yaml": _Kind(_keyed, 1 << 19, re.compile(rb" ? ?[^\s#-]"), re.compile(rb"[^\s#-]")),
    "xml": _Kind(_xml, 1 << 20),
    "po": _Kind(_po, 1 << 20),
}
