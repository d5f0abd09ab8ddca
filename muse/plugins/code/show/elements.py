"""Everything in a source file that an op can name: definitions, imports, keys, and the text as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from muse.core.types import blob_digest, content_hash
from muse.domain import Element
from muse.plugins.code.languages import language_of
from muse.plugins.code.syntax.parsing import MAX_BYTES, available, is_keyed
from muse.plugins.code.syntax.symbols import imports_of, symbols_of


def elements(path: str, data: bytes) -> Iterator[Element]:
    """The elements in the order of the file, the text last; only that for a file that cannot be parsed."""
    language = language_of(path, data)
    if is_keyed(language):
        yield from _keys(path, data)
    if available(language):
        for symbol in symbols_of(language, data) or []:
            lines = data.count(b"\n", 0, symbol.start) + 1, data.count(b"\n", 0, max(symbol.end - 1, symbol.start)) + 1
            words = f"{symbol.kind} {symbol.address}"
            yield Element(f"{path}::{symbol.address}", symbol.kind, words, _text(symbol.text), symbol.content_id, lines)
        for line in imports_of(language, data):
            text = _text(line)
            yield Element(f"{path}::import::{' '.join(text.split())}", "import", text, text, blob_digest(line))
    yield Element(f"{path}::text", "text", "the whole text", _text(data), blob_digest(data), (1, max(_lines(data), 1)))


def _keys(path: str, data: bytes) -> Iterator[Element]:
    from muse.plugins.code.keys import Keys, address_of

    language = language_of(path)
    if language is None or len(data) > MAX_BYTES:
        return
    keys = Keys(language, data)
    for pair in sorted(keys.pairs.values(), key=lambda each: each.start):
        value = keys.value(pair.path)
        lines = data.count(b"\n", 0, pair.start) + 1, data.count(b"\n", 0, max(pair.end - 1, pair.start)) + 1
        words = " ".join(_text(data[slice(*pair.value)] if pair.value else b"").split())
        yield Element(f"{path}::{address_of(pair.path)}", "key", words, value, content_hash(value), lines)


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n"))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
