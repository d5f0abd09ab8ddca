"""Where a new definition goes: behind the last one of its class or file, with as many blank lines as stand there."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import MuseError
from muse.plugins.code.fitting import Style, blank_after, indent, line_end, line_of
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.outline import Outline

if TYPE_CHECKING:
    from tree_sitter import Node

_BODY = re.compile(r"body|block|declaration_list|template_body")
_NO_HOLDER = re.compile("object|class|(?:if|for|while|do|try|with|switch|match)_")
_CLOSING = (b"}", b"end")
_BEHIND = re.compile(rb"[ \t]*[;,]?[ \t]*(?:(?://|#|--)[^\r\n]*|/\*[^\r\n]*?\*/[ \t]*)?\r?(?=\n|\Z)")
_NEIGHBOURS = 24  # how many of the last are asked for their distance
_EMPTY = (b"pass", b"...")


class Write(NamedTuple):
    """An edit: what stands from `start` to `stop` becomes `text`."""

    start: int
    stop: int
    text: bytes


class _Body(NamedTuple):
    """What holds members: its node, the definition it belongs to (None: the file), and where its inside ends."""

    node: Node
    owner: Node | None
    end: int
    members: list[Node]


def insertion(outline: Outline, style: Style, place: str, text: bytes) -> Write:
    """The edit that adds the definition `place`; MuseError when there is nothing it could be put into."""
    data = outline.data
    scope = _scope(outline, place)
    body = _body(outline, scope)
    newline = style.newline
    if body.members:
        last = body.members[-1]
        end = last.start_byte + len(data[last.start_byte : last.end_byte].rstrip())
        lead = indent(data[line_of(data, last.start_byte) : last.start_byte])
        gap = _gap(outline.language, data, body, 1 if scope else _top(outline.language))
        return _behind(data, style, body, end, gap, style.fitted(text, lead), lead)
    inner = [child for child in body.node.named_children if child.end_byte <= body.end]
    if body.owner is None:
        fitted = style.fitted(text, b"")
        stop = len(data.rstrip())
        apart = newline * (1 + _top(outline.language)) if stop else b""
        return Write(stop, len(data), apart + fitted + newline)
    depth = indent(data[line_of(data, body.owner.start_byte) : body.owner.start_byte])
    said = [child for child in inner if child.type not in outline.language.comments]
    if outline.language.indented and len(said) == 1 and data[said[0].start_byte : said[0].end_byte] in _EMPTY:
        lead = depth + style.unit
        start = len(data[: said[0].start_byte].rstrip(b" \t\r\n"))
        return Write(start, said[0].end_byte, newline + style.fitted(text, lead))
    if said and data[line_of(data, said[-1].start_byte) : said[-1].start_byte].strip() == b"":
        lead = indent(data[line_of(data, said[-1].start_byte) : said[-1].start_byte])
        return _behind(data, style, body, said[-1].end_byte, 1, style.fitted(text, lead), lead)
    start = len(data[: body.end].rstrip())
    tail = b"" if outline.language.indented else newline + depth
    return Write(start, body.end, newline + style.fitted(text, depth + style.unit) + tail)


def _behind(data: bytes, style: Style, body: _Body, end: int, gap: int, fitted: bytes, lead: bytes) -> Write:
    """Behind something that ends at `end`: on lines of its own, as far from what follows as from what it follows."""
    newline = style.newline
    found = _BEHIND.match(data, end)
    if found is None:  # something else is on the line: its closing brace, as a rule
        stop = end + len(data[end : body.end]) - len(data[end : body.end].lstrip())
        outer = (
            b"" if body.owner is None else indent(data[line_of(data, body.owner.start_byte) : body.owner.start_byte])
        )
        return Write(end, stop, newline * (gap + 1) + fitted + newline + (outer if stop == body.end else lead))
    at = line_end(data, found.end() - 1 if found.end() > end else end)
    rest = data[at : body.end]
    after = b""
    if not data[at:].strip():
        return Write(at, len(data), newline * (gap + 1) + fitted + newline)
    if rest.strip():
        after = newline * max(gap - blank_after(data, at), 0)
    return Write(at, at, newline * (gap + 1) + fitted + after)


def _top(language: Language) -> int:
    return 2 if language.name == "python" else 1


def _gap(language: Language, data: bytes, body: _Body, otherwise: int) -> int:
    """How many blank lines mostly stand between neighbours that are definitions."""
    found: Counter[int] = Counter()
    for one, other in zip(body.members[-_NEIGHBOURS:], body.members[-_NEIGHBOURS + 1 :]):
        node = one.next_named_sibling
        while node is not None and node.type in language.comments:
            node = node.next_named_sibling
        if node is not None and node.id == other.id:
            found[blank_after(data, len(data[: one.end_byte].rstrip()) if one.type == "section" else one.end_byte)] += 1
    if not found and body.owner is None and language.name == "python" and len(body.members) == 1:
        return otherwise
    return found.most_common(1)[0][0] if found else otherwise


def _scope(outline: Outline, place: str) -> str:
    """The definition a new one is to be in: the longest beginning of its address that is one; "" for the file."""
    parts = place.split(".")
    for count in range(len(parts) - 1, 0, -1):
        scope = ".".join(parts[:count])
        if outline.span(scope) is not None:
            return scope
    if len(parts) > 1 and all(part.isidentifier() for part in parts):
        raise MuseError(f"there is no {'.'.join(parts[:-1])} to put {parts[-1]} into")
    return ""


def _body(outline: Outline, scope: str) -> _Body:
    """What holds the members of a scope; of several definitions of one name the likeliest."""
    root = outline.tree.root_node
    if not scope:
        return _of_file(outline, root)
    found: list[_Body] = []
    number = 1
    while (span := outline.span(scope if number == 1 else f"{scope}#{number}")) is not None:
        owner = _definition(outline.language, root, *span)
        body = None if owner is None else _inside(outline.language, owner, outline.data)
        if body is not None:
            found.append(body)
        number += 1
    if not found:
        raise MuseError(f"{scope} is nothing that a definition could be put into")
    return min(found, key=_unlikely)


def _unlikely(body: _Body) -> tuple[bool, bool, bool]:
    """Not a trait's methods, rather one with members, rather an `impl` than the struct beside it."""
    owner = body.owner
    trait = owner is not None and owner.child_by_field_name("trait") is not None
    return trait, not body.members, owner is None or owner.type != "impl_item"


def _of_file(outline: Outline, root: Node) -> _Body:
    members = _members(outline.language, root)
    if members or outline.end_of("") is None:
        return _Body(root, None, len(outline.data), members)
    holders: Counter[int] = Counter()
    nodes: dict[int, Node] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        inside = _members(outline.language, node)
        if inside:
            holders[node.id] = len(inside)
            nodes[node.id] = node
        stack.extend(
            child
            for child in node.named_children
            if child.type not in outline.language.definitions and not _NO_HOLDER.match(child.type)
        )
    most = nodes[holders.most_common(1)[0][0]] if holders else root
    closed = most.children[-1] if most.children and not most.children[-1].is_named else None
    end = len(outline.data) if most.id == root.id else closed.start_byte if closed is not None else most.end_byte
    return _Body(most, None if most.id == root.id else most, end, _members(outline.language, most))


def _members(language: Language, node: Node) -> list[Node]:
    found = []
    for child in node.named_children:
        if child.type in language.definitions or (
            child.type in language.wrappers and any(one.type in language.definitions for one in child.named_children)
        ):
            found.append(child)
    return found


def _definition(language: Language, root: Node, start: int, end: int) -> Node | None:
    """The outermost definition that lies in a stretch."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.end_byte <= start or node.start_byte >= end:
            continue
        if node.start_byte >= start and node.end_byte <= end and node.type in language.definitions:
            return node
        stack.extend(reversed(node.named_children))
    return None


def _inside(language: Language, owner: Node, data: bytes) -> _Body | None:
    if owner.type == "section":
        return _Body(owner, owner, owner.end_byte, _members(language, owner))
    node = owner.child_by_field_name("body")
    if node is None:
        node = next((child for child in reversed(owner.named_children) if _BODY.search(child.type)), None)
    holder = owner if node is None else node
    closing = next((child for child in reversed(holder.children) if not child.is_named), None)
    if closing is None or data[closing.start_byte : closing.end_byte] not in _CLOSING:
        if node is None:
            return None
        end = owner.end_byte if language.indented else node.end_byte
    else:
        end = closing.start_byte
    return _Body(holder, owner, end, _members(language, holder))


def emptied(outline: Outline, start: int, stop: int) -> Write | None:
    """The edit that takes away the only thing in its block, where that leaves nothing: braces, or a `pass`.

    None where something else is left.
    """
    data = outline.data
    node = _definition(outline.language, outline.tree.root_node, start, stop)
    while node is not None and node.parent is not None and node.parent.type in outline.language.wrappers:
        node = node.parent
    around = None if node is None else node.parent
    if node is None or around is None or around.parent is None:
        return None
    if outline.language.name == "python":
        others = [child for child in around.named_children if child.type != "comment" and child.id != node.id]
        if around.type != "block" or others:
            return None
        return Write(start + len(indent(data[start:stop])), len(data[:stop].rstrip()), b"pass")
    first, last = around.children[0], around.children[-1]
    if data[first.start_byte : first.end_byte] != b"{" or data[last.start_byte : last.end_byte] != b"}":
        return None
    if data[first.end_byte : start].strip() or data[stop : last.start_byte].strip(b" \t\r\n;,"):
        return None
    return Write(first.end_byte, last.start_byte, b"")


__all__ = ["Write", "emptied", "insertion"]
