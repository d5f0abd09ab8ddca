"""What each side did to the thing in conflict, in a few words: `ours renamed it read, theirs added parameter mode`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property

from muse.core.markers import Conflict
from muse.plugins.code.languages.table import Language
from muse.plugins.code.merge.likeness import match_symbols
from muse.plugins.code.syntax.parsing import text_of
from muse.plugins.code.syntax.symbols import Symbol, symbols_of

_MAX_BYTES = 300_000
_LONGEST = 40
_BODY = "changed its body"


def verdict(conflict: Conflict) -> str:
    """What happened, told from the texts of a conflict alone."""
    if not conflict.ours:
        return "deleted here, changed there" if conflict.base else "added there"
    if not conflict.theirs:
        return "changed here, deleted there" if conflict.base else "added here"
    if not conflict.base.strip():
        return "both added"
    same = [side.split() == conflict.base.split() for side in (conflict.ours, conflict.theirs)]
    if any(same) and not all(same):
        return "ours reformatted, theirs changed" if same[0] else "ours changed, theirs reformatted"
    return "both changed"


def has_functions(language: Language) -> bool:
    """True for languages of functions: of a section or a rule nothing more can be said than its text shows."""
    return "function" in language.definitions.values() or "method" in language.definitions.values()


class SideChanges:
    """The symbols of the base and of both sides, read when they are asked for."""

    def __init__(self, language: Language, base: bytes, ours: bytes, theirs: bytes, until: float) -> None:
        self.language = language
        self.datas = base, ours, theirs
        self.until = until

    def told(self, conflict: Conflict, address: str) -> str:
        """What both sides did to a symbol, by its address on the side that the conflict was found on."""
        plain = verdict(conflict)
        if not (conflict.ours.strip() and conflict.theirs.strip() and conflict.base.strip()) or self._sides is None:
            return plain
        was = next((pairs_back[address] for _, pairs_back in self._sides if address in pairs_back), None)
        old = None if was is None else self._base.get(was)
        if old is None:
            return plain
        told = []
        for symbols, back in self._sides:
            new = next((symbols[name] for name, source in back.items() if source == was), None)
            told.append("" if new is None else _change(self.language, old, new))
        if not all(told) or told == [_BODY, _BODY]:
            return plain
        if told[0] == told[1]:
            return f"both {told[0]}"
        return f"ours {told[0]}, theirs {told[1]}"

    @cached_property
    def _read(self) -> list[dict[str, Symbol]] | None:
        if max(map(len, self.datas)) > _MAX_BYTES or time.monotonic() > self.until:
            return None
        found = [
            symbols_of(self.language, data, self.until, within)
            for data, within in zip(self.datas, _differing(self.datas), strict=True)
        ]
        return [{one.address: one for one in symbols} for symbols in found if symbols is not None]

    @property
    def _base(self) -> dict[str, Symbol]:
        return self._read[0] if self._read else {}

    @cached_property
    def _sides(self) -> list[tuple[dict[str, Symbol], dict[str, str]]] | None:
        """Per side its symbols, and which of the base each one was; None when a version cannot be read."""
        if self._read is None or len(self._read) != 3:
            return None
        base = list(self._read[0].values())
        return [
            (side, {new: old for old, new in match_symbols(base, list(side.values())).items()})
            for side in self._read[1:]
        ]


def _differing(texts: Sequence[bytes]) -> list[tuple[int, int]]:
    """Of each text the bytes that are not in all of them at its beginning or its end, and one more on either side.

    What lies outside is one and the same thing in all of them, and nobody did anything to it.
    """
    head = _shared_length(texts)
    tail = _shared_length([text[head:][::-1] for text in texts])
    return [(max(0, head - 1), len(text) - tail + 1) for text in texts]


def _shared_length(texts: Sequence[bytes]) -> int:
    """How many bytes all texts begin with."""
    low, high = 0, min(map(len, texts))
    first = texts[0]
    while low < high:
        middle = (low + high + 1) // 2
        if all(text.startswith(first[:middle]) for text in texts):
            low = middle
        else:
            high = middle - 1
    return low


def _change(language: Language, old: Symbol, new: Symbol) -> str:
    """What made the new symbol of the old one."""
    if old.token_id == new.token_id:
        return "changed layout or comments" if old.text != new.text else ""
    told = [f"renamed it {new.name}"] if old.name != new.name else []
    told += _parameters(language, old, new)
    if old.inner_id != new.inner_id or not told:
        told.append("its body" if told else _BODY)
    return " and ".join(told[:3])


def _parameters(language: Language, old: Symbol, new: Symbol) -> list[str]:
    """What happened to the parameters, or to another part of the signature."""
    before, after = (_listed(symbol) for symbol in (old, new))
    come, gone = [one for one in after if one not in before], [one for one in before if one not in after]
    if len(come) == 1 and not gone:
        return [f"added parameter {come[0]}"]
    if len(gone) == 1 and not come:
        return [f"removed parameter {gone[0]}"]
    if come or gone or before != after:
        return ["changed its parameters"]
    return ["changed its signature"] if old.signature_id != new.signature_id else []


def _listed(symbol: Symbol) -> Sequence[str]:
    _, node, data = symbol.of
    found = node.child_by_field_name("parameters")
    children = [] if found is None else [child for child in found.named_children if "comment" not in child.type]
    return [" ".join(text_of(child, data).decode("utf-8", "replace").split())[:_LONGEST] for child in children]
