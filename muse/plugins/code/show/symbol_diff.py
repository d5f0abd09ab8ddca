"""What changed between two versions of a file, symbol by symbol.

Every container is a patch whose children are its own changes, so that no operation stands beside an operation on its
ancestor. Existing symbols are addressed by their old names, new ones by their new names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from muse.core.ops import deleted, inserted, replaced
from muse.core.types import blob_digest
from muse.domain import DeleteOp, DomainOp, InsertOp, MoveOp, PatchOp, ReplaceOp
from muse.plugins.code.languages.table import VALUED, Language
from muse.plugins.code.merge.likeness import match_symbols
from muse.plugins.code.syntax.symbols import Symbol, imports_of, symbols_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_CALLABLE = frozenset({"function", "method", "constructor", "macro"})
_IN_A_LINE = 3
_MOST_TOLD = 40  # keys of which an operation on the whole text tells


def diff_symbols(path: str, language: Language, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
    """Child operations of the file's patch and their one-line summary; None when a version cannot be parsed."""
    before, after = symbols_of(language, old), symbols_of(language, new)
    if before is None or after is None:
        return None
    words: list[str] = []
    ops = _scope(_Both(path, before, after), "", "", words)
    ops += _imports(path, imports_of(language, old), imports_of(language, new), words)
    if not ops:
        ops = [_text(path, old, new)]
        words = ["text outside of definitions changed"]
    return ops, in_a_line(words)


def diff_keyed(path: str, language: Language, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
    """The same by key, where the file is one of keys and values; else None."""
    if language.name not in VALUED:
        return None  # most files: reading keys takes a while to load
    from muse.plugins.code.show.key_diff import diff_keys

    found = diff_keys(path, language, old, new)
    if found is None:
        return None
    ops, words = found
    return ops or [_text(path, old, new, words)], in_a_line(words)


def in_a_line(words: list[str]) -> str:
    """The first few changes by name, the rest by number."""
    shown = words[:_IN_A_LINE]
    return ", ".join([*shown, f"{len(words) - len(shown)} more"] if len(words) > len(shown) else shown)


class _Both:
    """The symbols of both versions by the scope they stand in, and which is which."""

    def __init__(self, path: str, before: Sequence[Symbol], after: Sequence[Symbol]) -> None:
        self.path = path
        self.pairs = match_symbols(before, after)
        self.back = {target: source for source, target in self.pairs.items()}
        self.before: dict[str, list[Symbol]] = defaultdict(list)
        self.after: dict[str, list[Symbol]] = defaultdict(list)
        for symbols, scopes in ((before, self.before), (after, self.after)):
            for symbol in symbols:
                scopes[symbol.parent].append(symbol)


def _scope(both: _Both, old_scope: str, new_scope: str, words: list[str]) -> list[DomainOp]:
    """Operations on the symbols directly inside a scope, deletions first, then in the order of the new file."""
    ops: list[DomainOp] = []
    path, pairs = both.path, both.pairs
    ours, theirs = both.before.get(old_scope, []), both.after.get(new_scope, [])
    here = {symbol.address for symbol in theirs}
    for symbol in ours:
        if pairs.get(symbol.address) not in here:
            ops.append(_deleted(path, symbol, pairs.get(symbol.address), words))
    kept = [symbol for symbol in ours if pairs.get(symbol.address) in here]
    moved = _moved(kept, theirs, pairs)
    source_of = {pairs[symbol.address]: symbol for symbol in kept}
    place_of = {symbol.address: place for place, symbol in enumerate(ours)}
    for place, symbol in enumerate(theirs):
        source = source_of.get(symbol.address)
        if source is None:
            ops.append(_inserted(path, symbol, both.back.get(symbol.address), words))
            continue
        if source.address in moved:
            words.append(f"{label(source)} moved")
            ops.append(
                MoveOp(
                    op="move",
                    address=f"{path}::{source.address}",
                    from_position=place_of[source.address],
                    to_position=place,
                    content_id=symbol.content_id,
                )
            )
        changed = _changed(both, source, symbol, words)
        if changed is not None:
            ops.append(changed)
    return ops


def _changed(both: _Both, old: Symbol, new: Symbol, words: list[str]) -> DomainOp | None:
    if old.content_id == new.content_id:
        return None
    verdicts = _verdicts(old, new)
    inner: list[str] = []
    if not (old.leaf and new.leaf):
        children = _scope(both, old.address, new.address, inner)
        if children:
            if old.name != new.name:
                children.insert(0, _replace(both.path, old, new, [f"renamed {new.name}"]))
                words.append(f"{label(old)} renamed {label(new)}")
            words.extend(inner)
            return PatchOp(
                op="patch",
                address=f"{both.path}::{old.address}",
                child_ops=children,
                child_domain="code",
                child_summary=in_a_line(inner),
            )
    renamed = old.name != new.name
    words.append(f"{label(old)} renamed {label(new)}" if renamed else f"{label(old)} {_short(verdicts)}")
    return _replace(both.path, old, new, verdicts)


def _verdicts(old: Symbol, new: Symbol) -> list[str]:
    """What is different, in words: renamed, signature changed, body changed, formatting only."""
    found = [f"renamed {new.name}"] if old.name != new.name else []
    if old.token_id == new.token_id:
        return [*found, "formatting only"]
    if old.signature_id != new.signature_id:
        found.append("signature changed")
    if old.body_id != new.body_id and (old.signature_id == new.signature_id or old.inner_id != new.inner_id):
        found.append("body changed")
    return found or ["changed"]


def _short(verdicts: list[str]) -> str:
    if verdicts == ["formatting only"]:
        return "reformatted"
    return "signature changed" if "signature changed" in verdicts else "changed"


def _replace(path: str, old: Symbol, new: Symbol, verdicts: list[str]) -> ReplaceOp:
    return replaced(
        f"{path}::{old.address}",
        (old.content_id, new.content_id),
        (f"{old.kind} {old.name}", f"{new.kind} {new.name}: {', '.join(verdicts)}"),
        content=new.text.decode("utf-8", "surrogateescape"),
    )


def _inserted(path: str, symbol: Symbol, source: str | None, words: list[str]) -> InsertOp:
    words.append(f"{label(symbol)} moved here" if source else f"{label(symbol)} added")
    how = f"moved from {source}" if source else "added"
    text = symbol.text.decode("utf-8", "surrogateescape")
    address = f"{path}::{symbol.address}"
    return inserted(address, symbol.content_id, f"{how} {symbol.kind} {symbol.name}", content=text)


def _deleted(path: str, symbol: Symbol, target: str | None, words: list[str]) -> DeleteOp:
    if not target:
        words.append(f"{label(symbol)} removed")
    how = f"moved to {target}" if target else "removed"
    return deleted(f"{path}::{symbol.address}", symbol.content_id, f"{how} {symbol.kind} {symbol.name}")


def _imports(path: str, old: Sequence[bytes], new: Sequence[bytes], words: list[str]) -> list[DomainOp]:
    gone = [line for line in dict.fromkeys(old) if line not in new]
    fresh = [line for line in dict.fromkeys(new) if line not in old]
    for lines, verb in ((fresh, "added"), (gone, "removed")):
        if lines:
            words.append(f"{len(lines)} import{'s' if len(lines) > 1 else ''} {verb}")
    ops: list[DomainOp] = [
        deleted(_import_address(path, line), blob_digest(line), "removed " + line.decode("utf-8", "replace"))
        for line in gone
    ]
    ops.extend(
        inserted(
            _import_address(path, line),
            blob_digest(line),
            "added " + line.decode("utf-8", "replace"),
            content=line.decode("utf-8", "surrogateescape"),
        )
        for line in fresh
    )
    return ops


def _import_address(path: str, line: bytes) -> str:
    return f"{path}::import::{' '.join(line.decode('utf-8', 'replace').split())}"


def _text(path: str, old: bytes, new: bytes, words: Sequence[str] = ()) -> ReplaceOp:
    told = [*words[:_MOST_TOLD], *([f"{len(words) - _MOST_TOLD} more"] if len(words) > _MOST_TOLD else ())]
    ids = blob_digest(old), blob_digest(new)
    said = (f"{path}::text", "; ".join(told)) if told else ("text", "text changed")
    return replaced(f"{path}::text", ids, said, content=new.decode("utf-8", "surrogateescape"))


def label(symbol: Symbol) -> str:
    """`load()` for what can be called, `Parser` for the rest, with its class."""
    scope = f"{symbol.parent}." if symbol.parent else ""
    return f"{scope}{symbol.name}{'()' if symbol.kind in _CALLABLE and not symbol.parent else ''}"


def _moved(old: Sequence[Symbol], new: Sequence[Symbol], pairs: Mapping[str, str]) -> set[str]:
    """Old addresses of the symbols that changed places among those that stayed."""
    from muse.core.sequences import edits

    order = [pairs[symbol.address] for symbol in old]
    known = set(order)
    target = [symbol.address for symbol in new if symbol.address in known]
    out: dict[str, int] = defaultdict(int)
    for edit in edits(order, target):
        for index in range(edit.a0, edit.a1):
            out[old[index].address] += 1
    return set(out)
