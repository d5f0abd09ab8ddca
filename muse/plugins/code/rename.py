"""A definition or a key under another name, as ops; those who use it elsewhere are edits of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.ops import deleted, inserted, replaced
from muse.core.types import blob_digest, content_hash
from muse.domain import DomainOp
from muse.plugins.code.languages import language_of
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.parsing import available, count_errors, is_keyed, parse_anew, text_of
from muse.plugins.code.syntax.symbols import Symbol, name_of, symbols_of

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMED_BY_CLASS = ("constructor", "destructor")
_MEMBERS = frozenset({"attribute", "member_expression", "field_expression", "scoped_identifier", "qualified_type",
                      "selector_expression", "scoped_type_identifier"})  # fmt: skip
_FIELDS = frozenset({"field_identifier", "property_identifier"})


def rename(path: str, data: bytes, address: str, to: str) -> list[DomainOp]:
    """The ops that rename what `address` names to `to`, a bare name; MuseError when it cannot be that."""
    inner = address.removeprefix(f"{path}::")
    language = language_of(path, data)
    if is_keyed(language):
        return _key(path, language, data, inner, to)
    if not available(language):
        raise MuseError(f"{path} is of a language whose names are not known")
    symbols = symbols_of(language, data) or []
    found = next((symbol for symbol in symbols if symbol.address == inner), None)
    if found is None:
        raise MuseError(f"{address} is no definition")
    if found.kind in _NAMED_BY_CLASS:
        raise MuseError(f"a {found.kind} has the name of its class; rename {found.parent}")
    text = _renamed(language, data, found, to.encode())
    changed = data[: found.start] + text + data[found.end :]
    scope = f"{found.parent}." if found.parent else ""
    if any(symbol.address == f"{scope}{to}" for symbol in symbols):
        raise MuseError(f"there is a {scope}{to} in {path} already")
    tree, before = parse_anew(language, changed), parse_anew(language, data)
    names = {symbol.address for symbol in symbols_of(language, changed) or []}
    if tree is None or before is None or f"{scope}{to}" not in names:
        raise MuseError(f"{to!r:.80} is no name of a {found.kind} in {language.name}")
    if count_errors(language, tree.root_node) > count_errors(language, before.root_node):
        raise MuseError(f"{to!r:.80} is no name of a {found.kind} in {language.name}")
    return [
        replaced(
            address,
            (found.content_id, blob_digest(text)),
            (f"{found.kind} {found.name}", f"{found.kind} {to}: renamed {to}"),
            content=text.decode("utf-8", "surrogateescape"),
        )
    ]


def _renamed(language: Language, data: bytes, symbol: Symbol, to: bytes) -> bytes:
    """The definition with its own name changed, and where it calls itself."""
    tree = parse_anew(language, data)
    assert tree is not None
    old = symbol.name.encode()
    places: list[tuple[int, int]] = []
    named = False
    stack: list[Node] = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.end_byte <= symbol.start or node.start_byte >= symbol.end:
            continue
        if not named and node.type in language.definitions and node.start_byte >= symbol.start:
            if name_of(language, node, data) == symbol.name and (place := _name_node(language, node)) is not None:
                places.append((place.start_byte, place.end_byte))
                named = True
        elif _calls_itself(node, old, data, symbol):
            places.append((node.start_byte, node.end_byte))
        stack.extend(reversed(node.children))
    if not named:
        raise MuseError(f"the name of {symbol.address} is not written where a name could be changed")
    text, at = b"", symbol.start
    for start, end in sorted(set(places)):
        text += data[at:start] + to
        at = end
    return text + data[at : symbol.end]


def _calls_itself(node: Node, name: bytes, data: bytes, symbol: Symbol) -> bool:
    if node.child_count or not node.type.endswith("identifier") or text_of(node, data) != name:
        return False
    above = node.parent
    if node.type in _FIELDS or (above is not None and _is_key(above, node)):
        return False
    if symbol.parent:
        return above is not None and above.type.startswith(_NAMED_BY_CLASS) and _name_node(symbol.of[0], above) == node
    return above is None or above.type not in _MEMBERS or above.start_byte == node.start_byte


def _is_key(above: Node, node: Node) -> bool:
    """True for the name of an argument, or of a field in a literal of Go."""
    if above.type == "keyword_argument":
        return above.child_by_field_name("name") == node
    around = above.parent if above.type == "literal_element" else None
    return around is not None and around.type == "keyed_element" and around.children[0] == above


def _name_node(language: Language, node: Node) -> Node | None:
    for field in language.name_fields:
        at: Node | None = node
        for part in field.split("."):
            at = at.child_by_field_name(part) if at is not None else None
        if at is not None:
            return at
    return next((child for child in node.named_children if child.type.endswith("identifier")), None)


def _key(path: str, language: Language, data: bytes, inner: str, to: str) -> list[DomainOp]:
    """The key taken out, and put back under its new name with its value: applied together it keeps its place."""
    from muse.plugins.code.keys import Keys, address_of, path_of

    keys, names = Keys(language, data), path_of(inner)
    if not keys.places.at(names):
        raise MuseError(f"there is no key {inner} in {path}")
    new = (*names[:-1], *path_of(to)[-1:])
    if path_of(to) not in (new, new[-1:]):
        raise MuseError(f"a key is renamed where it is: {to:.200} is another place; delete it and insert it there")
    if new in keys.pairs:
        raise MuseError(f"there is a {address_of(new)} in {path} already")
    value = keys.value(names)
    if not keys.is_sayable(names):
        raise MuseError(f"{inner} holds what JSON cannot say; replace the text of {path} instead")
    return [
        deleted(f"{path}::{address_of(names)}", content_hash(value), f"renamed {address_of(new)}"),
        inserted(f"{path}::{address_of(new)}", content_hash(value), f"renamed from {address_of(names)}", content=value),
    ]
