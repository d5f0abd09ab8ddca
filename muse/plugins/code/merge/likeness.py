"""Which symbol of one version is which of another: by address, then by body, then by likeness."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from muse.core.late import regex
from muse.plugins.code.syntax.symbols import Symbol

_WORD = regex(rb"[\w\x80-\xff]+")
_ALIKE = 0.6
_MAX_PAIRS = 2000


def match_symbols(old: Sequence[Symbol], new: Sequence[Symbol]) -> dict[str, str]:
    """Old address -> new address. Renamed and moved symbols are found among those whose address is on one side only."""
    there = {symbol.address: symbol for symbol in new}
    pairs = {
        symbol.address: symbol.address
        for symbol in old
        if symbol.address in there and there[symbol.address].kind == symbol.kind
    }
    left = [symbol for symbol in old if symbol.address not in pairs]
    right = [symbol for symbol in new if symbol.address not in pairs]
    _by_body(left, right, pairs)
    taken = set(pairs.values())
    left = [symbol for symbol in left if symbol.address not in pairs]
    right = [symbol for symbol in right if symbol.address not in taken]
    if len(left) * len(right) <= _MAX_PAIRS:
        _by_likeness(left, right, pairs)
    return _with_children(old, new, pairs)


def _by_body(left: Sequence[Symbol], right: Sequence[Symbol], pairs: dict[str, str]) -> None:
    bodies: dict[tuple[str, str], list[Symbol]] = defaultdict(list)
    for symbol in right:
        bodies[symbol.kind, symbol.body_id].append(symbol)
    counts = Counter((symbol.kind, symbol.body_id) for symbol in left)
    for symbol in left:
        key = symbol.kind, symbol.body_id
        if counts[key] == 1 and len(bodies[key]) == 1:
            pairs[symbol.address] = bodies[key][0].address


def _by_likeness(left: Sequence[Symbol], right: Sequence[Symbol], pairs: dict[str, str]) -> None:
    """Best first, only inside one scope (after renames of the scope itself), and only when clearly alike."""
    found = []
    for a in left:
        for b in right:
            if a.kind == b.kind and pairs.get(a.parent, a.parent) == b.parent:
                score = likeness(a.text, b.text)
                if score >= _ALIKE:
                    found.append((score, a.address, b.address))
    done: set[str] = set()
    for _, source, target in sorted(found, key=lambda item: -item[0]):
        if source not in pairs and target not in done:
            pairs[source] = target
            done.add(target)


def likeness(a: bytes, b: bytes) -> float:
    """Shared words of two texts, 0 to 1 (Dice)."""
    return shared(words_of(a), words_of(b))


def words_of(text: bytes) -> Counter[bytes]:
    """The words of a text, each with its number."""
    return Counter(_WORD.findall(text))


def shared(x: Counter[bytes], y: Counter[bytes]) -> float:
    """The same for the words of two texts."""
    total = x.total() + y.total()
    return 2 * (x & y).total() / total if total else 0.0


def _with_children(old: Sequence[Symbol], new: Sequence[Symbol], pairs: dict[str, str]) -> dict[str, str]:
    """Children of a renamed symbol keep their names: pair them through their parent."""
    there = {symbol.address: symbol for symbol in new}
    taken = set(pairs.values())
    for symbol in old:  # parents come first
        parent = pairs.get(symbol.parent)
        if symbol.address in pairs or parent is None:
            continue
        target = f"{parent}.{symbol.name}"
        if target in there and target not in taken and there[target].kind == symbol.kind:
            pairs[symbol.address] = target
            taken.add(target)
    return pairs
