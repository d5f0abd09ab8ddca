"""One symbol found in a file: which lines it has, and what it was before."""

from __future__ import annotations

from typing import NamedTuple

from muse.plugins.code.languages import language_of
from muse.plugins.code.merge.likeness import match_symbols
from muse.plugins.code.syntax.symbols import Symbol, symbols_of


class Before(NamedTuple):
    """A symbol in the older of two versions: its address there, and whether its text is the same."""

    address: str
    same: bool


def symbol_lines(path: str, data: bytes, address: str) -> tuple[int, int] | None:
    """First and last line (from 1) of a symbol, its comments and decorators included; None when it is not there."""
    symbol = _named(_symbols(path, data), address)
    if symbol is None:
        return None
    return data.count(b"\n", 0, symbol.start) + 1, data.count(b"\n", 0, max(symbol.end - 1, symbol.start)) + 1


def symbol_before(path: str, old: bytes, new: bytes, address: str) -> Before | None:
    """What the symbol of the new version was in the old one; None when it was not there."""
    before, after = _symbols(path, old), _symbols(path, new)
    now = _named(after, address)
    pairs = match_symbols(before, after)
    was = _named(before, next((name for name, other in pairs.items() if other == address), None))
    if now is None or was is None:
        return None
    return Before(was.address, old[was.start : was.end] == new[now.start : now.end])


def _symbols(path: str, data: bytes) -> list[Symbol]:
    language = language_of(path)
    return [] if language is None or language.grammar is None else symbols_of(language, data) or []


def _named(symbols: list[Symbol], address: str | None) -> Symbol | None:
    return next((symbol for symbol in symbols if symbol.address == address), None)
