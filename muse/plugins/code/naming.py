"""Addresses of conflicts: the symbol a conflict lies in, so that a person can name it and a pick can settle it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from muse.core.markers import Chunk, Conflict, settled
from muse.plugins.code.languages.table import Language


def names_of_conflicts(chunks: Sequence[Chunk], language: Language | None) -> list[tuple[Chunk, str]]:
    """Each chunk with its conflict's address ("" for settled text); notes are filled in.

    The address is the innermost symbol around the conflict, else `text`; `#2`, `#3` follow for further conflicts of the
    same symbol, in file order.
    """
    if not any(isinstance(chunk, Conflict) for chunk in chunks):
        return [(chunk, "") for chunk in chunks]
    places = _places(chunks, language)
    seen: Counter[str] = Counter()
    out: list[tuple[Chunk, str]] = []
    for chunk, (kind, symbol) in zip(chunks, places, strict=True):
        if not isinstance(chunk, Conflict):
            out.append((chunk, ""))
            continue
        name = chunk.address or symbol or "text"
        seen[name] += 1
        address = name if seen[name] == 1 else f"{name}#{seen[name]}"
        note = chunk.note or f"{kind} {symbol}: {verdict(chunk)}".strip()
        out.append((chunk._replace(note=note, address=address), address))
    return out


def verdict(conflict: Conflict) -> str:
    """What happened, in a few words."""
    if not conflict.ours:
        return "deleted here, changed there" if conflict.base else "added there"
    if not conflict.theirs:
        return "changed here, deleted there" if conflict.base else "added here"
    return "both changed" if conflict.base.strip() else "both added"


def _places(chunks: Sequence[Chunk], language: Language | None) -> list[tuple[str, str]]:
    """Per chunk the kind and address of the innermost symbol around its beginning, on the side that has text there."""
    nowhere = [("", "")] * len(chunks)
    if language is None or language.grammar is None:
        return nowhere
    from muse.plugins.code.symbols import symbols_of

    found = nowhere[:]
    for side in ("ours", "theirs"):
        wanted = [
            i for i, chunk in enumerate(chunks)
            if isinstance(chunk, Conflict) and (bool(chunk.ours.strip()) if side == "ours" else not chunk.ours.strip())
        ]
        if not wanted:
            continue
        pieces = [settled(chunk, side) if isinstance(chunk, Conflict) else chunk for chunk in chunks]
        symbols = symbols_of(language, b"".join(pieces)) or []
        offset = 0
        for index, piece in enumerate(pieces):
            if index in wanted:
                start = offset + len(piece) - len(piece.lstrip())
                around = [s for s in symbols if s.start <= start < s.end]
                if around:
                    found[index] = (around[-1].kind, around[-1].address)
            offset += len(piece)
    return found
