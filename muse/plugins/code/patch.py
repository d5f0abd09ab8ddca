"""Symbol operations that carry their text, applied to a file: how an op log's edits become bytes again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muse.core.errors import MuseError
from muse.domain import DomainOp
from muse.plugins.code.languages.table import Language
from muse.plugins.code.parsing import parse
from muse.plugins.code.symbols import symbols_of


def patched(path: str, language: Language | None, old: bytes, ops: Sequence[DomainOp]) -> bytes:
    """`old` after the operations, one after the other; MuseError names the one that does not fit."""
    data = old
    for op in _flat(ops):
        place = op["address"].removeprefix(f"{path}::")
        if place.startswith("import::"):
            data = _import(language, data, op)
        elif op["op"] == "insert":
            data = _inserted(language, data, place, _text(op))
        elif op["op"] in ("replace", "delete"):
            start, stop = _span(language, data, place)
            text = _text(op) if op["op"] == "replace" else b""
            if not text:  # the line end goes with it
                stop += len(data[stop : stop + 2]) - len(data[stop : stop + 2].lstrip(b"\r\n"))
            data = data[:start] + text + data[stop:]
    return data


def _flat(ops: Sequence[DomainOp]) -> Iterator[DomainOp]:
    """The operations without their containers; moves change no text."""
    for op in ops:
        if op["op"] == "patch":
            yield from _flat(op["child_ops"])
        elif op["op"] != "move":
            yield op


def _text(op: DomainOp) -> bytes:
    content = op.get("content")
    if not isinstance(content, str):
        raise MuseError(f"the edit of {op['address']} does not carry its text")
    return content.encode("utf-8", "surrogateescape")


def _span(language: Language | None, data: bytes, place: str) -> tuple[int, int]:
    """Where a symbol stands; the whole file for `text`."""
    if place == "text":
        return 0, len(data)
    symbols = symbols_of(language, data) if language is not None else None
    for symbol in symbols or ():
        if symbol.address == place:
            return symbol.start, symbol.end
    raise MuseError(f"an edit of {place}, which is not there")


def _inserted(language: Language | None, data: bytes, place: str, text: bytes) -> bytes:
    """A new symbol goes to the end of its class, or of the file."""
    scope = place.rpartition(".")[0]
    siblings = [] if language is None else [s for s in symbols_of(language, data) or [] if s.parent == scope]
    if scope and siblings:
        end = siblings[-1].end
        return data[:end] + b"\n\n" + text + data[end:]
    body = data if not data or data.endswith(b"\n") else data + b"\n"
    return body + (b"\n\n" if body.strip() else b"") + text + (b"" if text.endswith(b"\n") else b"\n")


def _import(language: Language | None, data: bytes, op: DomainOp) -> bytes:
    """An import after the last one, or one taken away."""
    tree = parse(language, data) if language is not None else None
    found = [node for node in tree.root_node.named_children if node.type in language.imports] \
        if tree is not None and language is not None else []
    if op["op"] == "insert":
        at = data.find(b"\n", found[-1].end_byte) + 1 if found else 0
        return data[:at] + _text(op) + b"\n" + data[at:]
    wanted = op["address"].partition("::import::")[2]
    for node in found:
        if " ".join(data[node.start_byte : node.end_byte].decode("utf-8", "replace").split()) == wanted:
            end = data.find(b"\n", node.end_byte) + 1 or len(data)
            return data[: node.start_byte] + data[end:]
    return data
