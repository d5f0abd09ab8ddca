"""One symbol found in a file: which lines it has, and what it was before.

The history of a symbol asks for version after version of one file, so the last answers are kept.
"""

from __future__ import annotations

from typing import NamedTuple

from muse.plugins.code.languages import language_of
from muse.plugins.code.languages.table import Language
from muse.plugins.code.merge.likeness import match_symbols
from muse.plugins.code.show.track import followed
from muse.plugins.code.syntax.symbols import Symbol, symbols_of


class Before(NamedTuple):
    """A symbol in the older of two versions: its address there, and whether its text is the same."""

    address: str
    same: bool


class _Place(NamedTuple):
    path: str
    address: str
    data: bytes
    span: tuple[int, int]


_KEEP = 8
_KEEP_BYTES = 8 << 20
_places: list[_Place] = []
_lists: list[tuple[Language, bytes, list[Symbol]]] = []


def symbol_lines(path: str, data: bytes, address: str) -> tuple[int, int] | None:
    """First and last line (from 1) of a symbol, its comments and decorators included; None when it is not there."""
    span = _span(path, data, address)
    if span is None:
        return None
    start, end = span
    return data.count(b"\n", 0, start) + 1, data.count(b"\n", 0, max(end - 1, start)) + 1


def symbol_before(path: str, old: bytes, new: bytes, address: str) -> Before | None:
    """What the symbol of the new version was in the old one; None when it was not there."""
    now = _span(path, new, address)
    if now is None:
        return None
    found = followed(old, new, now, address)
    if found is not None:
        _keep(_Place(path, address, old, (found.start, found.end)))
        return Before(address, found.same)
    before, after = _symbols(path, old), _symbols(path, new)
    pairs = match_symbols(before, after)
    was = _named(before, next((name for name, other in pairs.items() if other == address), None))
    if was is None:
        return None
    _keep(_Place(path, was.address, old, (was.start, was.end)))
    return Before(was.address, old[was.start : was.end] == new[slice(*now)])


def _span(path: str, data: bytes, address: str) -> tuple[int, int] | None:
    """Where a symbol stands; looked for anew only where it cannot be followed from a version seen before."""
    known = [place for place in reversed(_places) if (place.path, place.address) == (path, address)]
    for place in known:
        if place.data == data:
            return place.span
    for place in known[:1]:
        found = followed(data, place.data, place.span, address)
        if found is not None and found.same:
            _keep(_Place(path, address, data, (found.start, found.end)))
            return found.start, found.end
    symbol = _named(_symbols(path, data), address)
    if symbol is None:
        return None
    _keep(_Place(path, address, data, (symbol.start, symbol.end)))
    return symbol.start, symbol.end


def _keep(place: _Place) -> None:
    _places.append(place)
    del _places[:-_KEEP]
    while len(_places) > 2 and sum(len(each.data) for each in _places) > _KEEP_BYTES:
        del _places[0]


def _symbols(path: str, data: bytes) -> list[Symbol]:
    language = language_of(path, data)
    if language is None or language.grammar is None:
        return []
    for known, text, found in _lists:
        if known is language and text == data:
            return found
    made = symbols_of(language, data) or []
    _lists.append((language, data, made))
    del _lists[:-2]
    return made


def _named(symbols: list[Symbol], address: str | None) -> Symbol | None:
    return next((symbol for symbol in symbols if symbol.address == address), None)
